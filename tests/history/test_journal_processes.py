"""Several processes share one history: one numbering, quick news, nothing lost when one dies."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import aclosing
from typing import Any

from butler_tui.core.events import ModelCalled, Recorded, StepFinished
from butler_tui.history import History, open_history
from butler_tui.settings import Places


async def test_two_processes_append_to_one_run_without_a_gap(
    history: History, run: str, another: Any
) -> None:
    other = await another("append", run, "100")
    await other.expect("ready")
    other.tell()
    for number in range(100):
        await history.journal.append(run, [ModelCalled(role="here", model=str(number))])
    await other.end()
    recorded = await history.journal.read(run)
    assert [one.seq for one in recorded] == list(range(1, 202))
    for role in ("here", "other"):
        said = [one.event.model for one in recorded if getattr(one.event, "role", "") == role]
        assert said == [str(number) for number in range(100)]


async def test_what_another_process_appends_wakes_a_follower_within_a_second(
    history: History, run: str, another: Any
) -> None:
    other = await another("append", run, "1")
    await other.expect("ready")
    async with aclosing(history.journal.follow(run)) as following:
        await anext(following)
        waiting = asyncio.ensure_future(anext(following))
        other.tell()
        begun = time.monotonic()
        one = await asyncio.wait_for(waiting, 10)
        assert time.monotonic() - begun < 1
    assert isinstance(one, Recorded)
    assert one.seq == 2
    await other.end()


async def test_a_follower_loses_nothing_when_both_append(
    history: History, run: str, another: Any
) -> None:
    other = await another("append", run, "60")
    await other.expect("ready")

    async def here() -> None:
        other.tell()
        for number in range(60):
            await history.journal.append(run, [ModelCalled(role="here", model=str(number))])

    seen: list[int] = []
    appending = asyncio.create_task(here())
    async with aclosing(history.journal.follow(run)) as following:
        async for one in following:
            assert isinstance(one, Recorded)
            seen.append(one.seq)
            if one.seq == 121:
                break
    assert seen == list(range(1, 122))
    await appending
    await other.end()


async def test_a_process_killed_while_it_appends_loses_nothing_it_promised(
    places: Places, run: str, history: History, another: Any
) -> None:
    other = await another("forever", run)
    promised = 1
    for _ in range(25):
        promised = int(await other.line())
    other.process.kill()
    while line := await other.line():
        promised = int(line)
    await other.process.wait()

    async with open_history(places) as reopened:
        recorded = await reopened.journal.read(run)
        assert [one.seq for one in recorded] == list(range(1, len(recorded) + 1))
        assert len(recorded) >= promised
        texts = [one.event.output["text"] for one in recorded if type(one.event) is StepFinished]
        assert all(set(text) == {"x"} for text in texts)
        await reopened.journal.append(run, [ModelCalled(role="after", model="x")])
    with sqlite3.connect(places.db) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = database.execute("SELECT count(*) FROM search WHERE step <> ''").fetchone()
        assert found == (len(texts),)
    database.close()
