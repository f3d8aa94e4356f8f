"""One process carries a run on; a dead one's run is free at once, and goes to one taker."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from butler_tui.core.errors import UsageError
from butler_tui.history import History, leases
from butler_tui.history.processes import mark_of
from butler_tui.settings import Places


async def test_a_lease_is_held_and_let_go(history: History, run: str) -> None:
    assert await history.leases.owner(run) is None
    async with history.leases.held(run):
        owner = await history.leases.owner(run)
        assert owner is not None
        assert str(owner) == f"process {os.getpid()}"
        with pytest.raises(UsageError, match=f"is being carried on by process {os.getpid()}"):
            async with history.leases.held(run):
                pytest.fail("held twice")
        async with history.leases.held("another run"):
            pass
    assert await history.leases.owner(run) is None
    async with history.leases.held(run):
        pass


async def test_a_lease_is_let_go_when_the_work_fails_or_is_cancelled(
    history: History, run: str
) -> None:
    with pytest.raises(ZeroDivisionError):
        async with history.leases.held(run):
            raise ZeroDivisionError
    begun = asyncio.Event()

    async def work() -> None:
        async with history.leases.held(run):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await history.leases.owner(run) is None


async def test_a_living_process_keeps_its_run_and_a_dead_one_does_not(
    history: History, run: str, another: Any
) -> None:
    other = await another("hold", run)
    await other.expect("held")
    owner = await history.leases.owner(run)
    assert owner is not None
    assert owner.pid == other.process.pid
    with pytest.raises(UsageError, match=f"carried on by process {owner.pid}"):
        async with history.leases.held(run):
            pytest.fail("taken from the living")
    other.process.kill()
    await other.process.wait()
    assert await history.leases.owner(run) is None
    async with history.leases.held(run):
        owner = await history.leases.owner(run)
        assert owner is not None
        assert owner.pid == os.getpid()


async def test_of_two_takers_one_gets_the_run(history: History, run: str, another: Any) -> None:
    dead = await another("hold", run)
    await dead.expect("held")
    dead.process.kill()
    await dead.process.wait()
    takers = [await another("hold", run) for _ in range(2)]
    said = await asyncio.gather(*[taker.line() for taker in takers])
    assert sorted(line == "held" for line in said) == [False, True]
    holder = takers[said.index("held")]
    holder.tell()
    await holder.expect("let go")


def edit(places: Places, assignment: str, *values: object) -> None:
    with closing(sqlite3.connect(places.db)) as db, db:
        db.execute(f"UPDATE leases SET {assignment}", values)


async def test_a_number_given_again_is_not_the_owner(
    history: History, places: Places, run: str
) -> None:
    async with history.leases.held(run):
        edit(places, "mark = 'an earlier process'")
        assert await history.leases.owner(run) is None


async def test_a_heartbeat_counts_for_owners_elsewhere_only(
    history: History, places: Places, run: str
) -> None:
    long_ago = "2020-01-01T00:00:00.000Z"
    async with history.leases.held(run):
        edit(places, "beat = ?", long_ago)
        assert await history.leases.owner(run) is not None
        edit(places, "host = 'elsewhere'")
        assert await history.leases.owner(run) is None
        edit(places, "beat = '2999-01-01T00:00:00.000Z'")
        owner = await history.leases.owner(run)
        assert str(owner) == f"process {os.getpid()} on elsewhere"


async def test_a_lease_that_is_lost_stops_the_work(
    history: History, places: Places, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "BEAT", 0.01)
    with pytest.raises(UsageError, match="was taken over by another machine"):
        async with history.leases.held(run):
            edit(places, "token = 'somebody else', host = 'elsewhere'")
            await asyncio.Event().wait()
    with closing(sqlite3.connect(places.db)) as db:
        assert db.execute("SELECT token FROM leases").fetchall() == [("somebody else",)]


async def test_the_mark_of_a_process_is_its_own() -> None:
    sleepers = [
        await asyncio.create_subprocess_exec("sleep", "60", stdin=asyncio.subprocess.DEVNULL)
        for _ in range(2)
    ]
    first = sleepers[0]
    mark = mark_of(first.pid)
    assert mark == mark_of(first.pid)
    assert mark is not None
    for one in sleepers:
        one.kill()
        await one.wait()
    assert mark_of(first.pid) is None
    assert mark_of(2**22 + 1) is None
