"""One owner per run: the process that carries it on holds its lease.

An owner on this machine is dead as soon as its process is (pid and start time, since a pid is
given again); only for an owner elsewhere does the age of its heartbeat count.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from butler_tui.core.errors import HistoryError, UsageError
from butler_tui.history.reader import Reader
from butler_tui.history.writer import Writer

BEAT_SECONDS = 10.0
STALE = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that holds a lease."""

    host: str
    pid: int
    started: float
    beat: datetime

    def __str__(self) -> str:
        where = "" if self.host == socket.gethostname() else f" on {self.host}"
        return f"process {self.pid}{where}"

    def alive(self, now: datetime) -> bool:
        """True unless the owner is known to be gone."""
        if self.host != socket.gethostname():
            return now - self.beat < STALE
        return _started(self.pid) == self.started


class Leases:
    """Who carries which run on."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def owner(self, run: str) -> Owner | None:
        """The living process that carries the run on, this one included."""
        found = await self._reader.read(lambda db: _owner(db, run))
        return found if found is not None and found.alive(datetime.now(UTC)) else None

    @asynccontextmanager
    async def held(self, run: str) -> AsyncIterator[None]:
        """Hold the run's lease meanwhile. Raises UsageError when a living process has it."""
        me = Owner(
            socket.gethostname(), os.getpid(), _started(os.getpid()) or 0.0, datetime.now(UTC)
        )
        await self._writer.write(lambda db: _claim(db, run, me), flush=True)
        beating = asyncio.create_task(self._beat(run, me), name="heartbeat")
        try:
            yield
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError, HistoryError):
                await beating
            await self._writer.write(lambda db: _release(db, run, me))

    async def _beat(self, run: str, me: Owner) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with suppress(HistoryError):  # a beat that is missed is followed by another
                await self._writer.write(lambda db: _touch(db, run, me))


def _owner(db: sqlite3.Connection, run: str) -> Owner | None:
    row = db.execute("SELECT host, pid, started, beat FROM leases WHERE run = ?", (run,)).fetchone()
    return None if row is None else Owner(row[0], row[1], row[2], datetime.fromisoformat(row[3]))


def _claim(db: sqlite3.Connection, run: str, me: Owner) -> None:
    """Within the writer's transaction, so that of two claims one comes first."""
    found = _owner(db, run)
    if found is not None and found.alive(datetime.now(UTC)):
        raise UsageError(
            f"Run {run} is being carried on by {found}; "
            "answer it from here, or stop it there first."
        )
    db.execute(
        "INSERT OR REPLACE INTO leases (run, host, pid, started, beat) VALUES (?, ?, ?, ?, ?)",
        (run, me.host, me.pid, me.started, me.beat.isoformat()),
    )


def _touch(db: sqlite3.Connection, run: str, me: Owner) -> None:
    now = datetime.now(UTC).isoformat()
    db.execute("UPDATE leases SET beat = ? WHERE run = ? AND pid = ?", (now, run, me.pid))


def _release(db: sqlite3.Connection, run: str, me: Owner) -> None:
    db.execute("DELETE FROM leases WHERE run = ? AND host = ? AND pid = ?", (run, me.host, me.pid))


def _started(pid: int) -> float | None:
    """When the process began, by the system's clock; None when there is none (or a dead one)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.Error:
        return None
