"""What is appended is read back as it was, in order, and reaches whoever follows."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.core import events as ev
from butler_tui.core.errors import HistoryError
from butler_tui.core.events import Event, ModelCalled, Recorded, RunAccepted, StepFinished
from butler_tui.core.run import fold
from butler_tui.core.run_events import Earlier
from butler_tui.history import History, open_history
from butler_tui.settings import Places

TEXT = st.text(
    st.characters(exclude_categories=[]), max_size=30
)  # any code points: also NUL and lone surrogates
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=3)
ITEMS = st.lists(st.integers(0, 99), max_size=3).map(tuple)

SECONDS = st.floats(0, 1000)
BY_NAME = {
    "item": st.lists(st.integers(0, 99), max_size=3).map(tuple),
    "bounds": st.lists(OBJECTS, max_size=2),
    "later": st.lists(OBJECTS, max_size=2),
    "concerns": st.lists(OBJECTS, max_size=2),
    "cost_usd": st.none() | SECONDS,
    "until": st.datetimes(timezones=st.just(UTC)),
    "report": st.lists(OBJECTS, max_size=2),
    "receipt": st.none() | OBJECTS,
    "cost": st.none() | SECONDS,
    "limit": SECONDS,
    "used": SECONDS,
    "marks": st.lists(OBJECTS, max_size=2),
    "earlier": st.none() | st.builds(Earlier, run=TEXT, goal=TEXT, standing=TEXT, labels=OBJECTS),
    "seconds": SECONDS,
}
BY_TYPE: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    dict[str, Any]: OBJECTS,
    dict[str, Any] | None: st.none() | OBJECTS,
    str: TEXT,
    str | None: st.none() | TEXT,
}


def field_of(name: str, annotation: Any) -> st.SearchStrategy[Any]:
    if name in BY_NAME:
        return BY_NAME[name]
    return BY_TYPE[annotation] if annotation in BY_TYPE else st.from_type(annotation)


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    fields = {
        name: field_of(name, field.annotation)
        for name, field in kind.model_fields.items()
        if name not in ("type", "output_hash")
    }
    return st.builds(kind, **fields)


KINDS = [kind for kind in get_args(get_args(Event)[0]) if kind is not ev.StepProgressed]
ANY_EVENT = st.one_of([events_of(kind) for kind in KINDS if kind is not RunAccepted])


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(accepted=events_of(RunAccepted), events=st.lists(ANY_EVENT, max_size=5))
async def test_whatever_is_appended_is_read_back(
    history: History, accepted: RunAccepted, events: list[Event]
) -> None:
    run = history.runs.new_id()
    told = [*await history.journal.append(run, [accepted])]
    told += await history.journal.append(run, events)
    assert await history.journal.read(run) == told
    assert [one.event for one in told] == [accepted, *events]
    assert [one.seq for one in told] == list(range(1, len(told) + 1))


async def test_events_are_numbered_by_run_and_read_from_where_one_stands(
    history: History,
) -> None:
    for run in ("a", "b"):
        await history.journal.append(run, [RunAccepted(goal=run)])
    recorded = await history.journal.append("a", [ModelCalled(role="x", model=m) for m in "12"])
    assert [(one.run, one.seq) for one in recorded] == [("a", 2), ("a", 3)]
    assert await history.journal.read("a", 1) == recorded
    assert await history.journal.read("b", 1) == []
    assert await history.journal.read("never") == []
    assert await history.journal.append("a", []) == []


async def test_a_line_of_json_is_the_same_before_and_after(history: History, run: str) -> None:
    (recorded,) = await history.journal.append(run, [ModelCalled(role="x", model="y")])
    assert (await history.journal.read(run))[-1].line() == recorded.line()


async def test_the_state_is_the_same_after_reopening(places: Places) -> None:
    async with open_history(places) as history:
        events = [RunAccepted(goal="g"), StepFinished(step="a", output={"x": [1, "y" * 100_000]})]
        state = fold(await history.journal.append("r", events, flush=True))
    async with open_history(places) as history:
        assert fold(await history.journal.read("r")) == state


async def test_a_large_output_is_kept_in_a_file_and_read_back(
    history: History, places: Places, run: str
) -> None:
    output = {"text": "é" * 40_000}
    (small,) = await history.journal.append(run, [StepFinished(step="s", output={"text": "é"})])
    (large,) = await history.journal.append(run, [StepFinished(step="l", output=output)])
    read = (await history.journal.read(run))[1:]
    assert read == [small, large]
    assert [one.event.output for one in read] == [{"text": "é"}, output]
    (file,) = [path for path in (places.data / "outputs").rglob("*") if path.is_file()]
    assert file.name == large.event.output_hash
    assert file.stat().st_mode & 0o077 == 0
    assert "output" not in large.line()


async def test_the_same_output_is_kept_once(history: History, places: Places, run: str) -> None:
    events = [StepFinished(step=s, output="x" * 70_000) for s in "ab"]
    await history.journal.append(run, events)
    assert len([path for path in (places.data / "outputs").rglob("*") if path.is_file()]) == 1


async def test_an_output_file_that_is_gone_or_changed_is_said(
    history: History, places: Places, run: str
) -> None:
    event = StepFinished(step="s", output="x" * 70_000)
    await history.journal.append(run, [event])
    (file,) = [path for path in (places.data / "outputs").rglob("*") if path.is_file()]
    file.write_text('"something else"')
    with pytest.raises(HistoryError, match="has changed; put a copy of it back"):
        await history.journal.read(run)
    await history.journal.append(run, [event])  # the file is mended: its content is there again
    assert (await history.journal.read(run))[1].event.output == event.output
    file.unlink()
    with pytest.raises(HistoryError, match="put a copy of the file back"):
        await history.journal.read(run)
    slim = (await history.journal.read(run, outputs=False))[1].event
    assert (slim.output, slim.output_hash) == (None, file.name)


async def test_what_cannot_be_kept_harms_nothing_else(history: History, run: str) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(HistoryError, match="nested too deeply"):
        await history.journal.append(run, [StepFinished(step="s", output=deep)])
    while deep:  # Python would free it with a recursion of its own
        deep = deep.pop()
    await history.journal.append(run, [StepFinished(step="s", output=[[[["x"]]]])])
    assert len(await history.journal.read(run)) == 2


async def test_a_deep_output_is_kept(history: History, run: str) -> None:
    deep: list[Any] = []
    for _ in range(400):
        deep = [deep]
    await history.journal.append(run, [StepFinished(step="s", output=deep)])
    assert (await history.journal.read(run))[1].event.output == deep


async def test_an_event_of_a_newer_butler_is_said(
    history: History, places: Places, run: str
) -> None:
    import sqlite3

    with sqlite3.connect(places.db) as other:
        other.execute(
            "INSERT INTO events (run, seq, at, type, body) VALUES (?, 2, '2026', 'run_dreamt', ?)",
            (run, '{"type": "run_dreamt"}'),
        )
    other.close()
    with pytest.raises(HistoryError, match="may be from a newer Butler"):
        await history.journal.read(run)


async def test_a_run_is_accepted_once(history: History, run: str) -> None:
    with pytest.raises(HistoryError, match=f"There is a run {run} already"):
        await history.journal.append(run, [RunAccepted(goal="another")])
    assert len(await history.journal.read(run)) == 1


async def test_events_of_a_cancelled_caller_are_written_all_the_same(
    history: History, run: str
) -> None:
    task = asyncio.create_task(history.journal.append(run, [ModelCalled(role="x", model="y")]))
    await asyncio.sleep(0)  # it has handed its event over
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await history.journal.append(run, [ModelCalled(role="x", model="z")])
    models = [one.event.model for one in (await history.journal.read(run))[1:]]
    assert models == ["y", "z"]


async def test_closing_writes_what_is_queued(places: Places) -> None:
    async with open_history(places) as history:
        await history.journal.append("r", [RunAccepted(goal="g")])
        many = [
            asyncio.create_task(history.journal.append("r", [ModelCalled(role="x", model=str(n))]))
            for n in range(200)
        ]
        await asyncio.sleep(0)
    assert [one.result()[0].seq for one in many] == list(range(2, 202))
    with pytest.raises(HistoryError, match="is closed"):
        await history.journal.append("r", [ModelCalled(role="x", model="late")])
    with pytest.raises(HistoryError, match="is closed"):
        await history.journal.read("r")


async def test_a_follower_gets_what_was_and_what_comes(history: History, run: str) -> None:
    followed: list[int] = []

    async def follow() -> None:
        async with aclosing(history.journal.follow(run)) as following:
            async for one in following:
                assert isinstance(one, Recorded)
                followed.append(one.seq)
                if one.seq == 30:
                    return

    task = asyncio.create_task(follow())
    for n in range(29):
        await history.journal.append(run, [ModelCalled(role="x", model=str(n))])
    await task
    assert followed == list(range(1, 31))


async def test_progress_comes_between_and_not_after_the_end(history: History, run: str) -> None:
    def progress(text: str) -> ev.StepProgressed:
        return ev.StepProgressed(step="s", text=text)

    async with aclosing(history.journal.follow(run)) as following:
        assert isinstance(await anext(following), Recorded)
        await history.journal.append(run, [ev.StepStarted(step="s")])
        assert isinstance(await anext(following), Recorded)
        for n in range(1000):
            history.journal.show(run, progress(str(n)))
        history.journal.show("another run", progress("not for us"))
        assert await anext(following) == progress("999")  # of one call, the latest
        history.journal.show(run, progress("too late"))
        await history.journal.append(run, [StepFinished(step="s", output=1)])
        await history.journal.append(run, [ev.RunFinished()])
        types = [(await anext(following)).event.type for _ in range(2)]
        assert types == ["step_finished", "run_finished"]
        history.journal.show(run, ev.StepProgressed(step="t", text="next"))
        assert await anext(following) == ev.StepProgressed(step="t", text="next")


async def test_progress_is_not_kept(history: History, run: str) -> None:
    with pytest.raises(TypeError, match="shown, not kept"):
        await history.journal.append(run, [ev.StepProgressed(step="s")])


async def test_many_appends_share_transactions(history: History, places: Places, run: str) -> None:
    """Appends side by side take far fewer commits than there are appends."""
    before = commits(places.db)
    appends = [
        history.journal.append(run, [ModelCalled(role="x", model=str(n))]) for n in range(400)
    ]
    recorded = await asyncio.gather(*appends)
    assert sorted(one[0].seq for one in recorded) == list(range(2, 402))
    assert commits(places.db) - before < 40


def commits(db: Path) -> int:
    """How many commits the write-ahead log holds: a frame's second word is set in each's last."""
    log = db.with_name(db.name + "-wal").read_bytes()
    page = int.from_bytes(log[8:12], "big")
    frames = range(32, len(log) - 24 - page + 1, 24 + page)
    return sum(1 for at in frames if log[at + 4 : at + 8] != b"\0\0\0\0")
