"""Leases: one process carries a run on, and a dead one's run can be taken over, once.

On this machine an owner is dead as soon as its process is, however old its heartbeat; of an owner
elsewhere only the heartbeat tells.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from butler_tui.core.errors import HistoryError, UsageError
from butler_tui.history.processes import mark_of, this_host
from butler_tui.history.readers import Readers
from butler_tui.history.rows import as_stored, now
from butler_tui.history.writer import Writer

BEAT = 10.0
"""Seconds between two heartbeats."""

_DEAD_AFTER = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that carries a run on."""

    host: str
    pid: int
    mark: str
    beat: datetime

    def __str__(self) -> str:
        where = "" if self.host == this_host() else f" on {self.host}"
        return f"process {self.pid}{where}"

    @property
    def alive(self) -> bool:
        """True while the run is its owner's."""
        if self.host == this_host():
            return mark_of(self.pid) == self.mark
        return now() - self.beat < _DEAD_AFTER


class Leases:
    """Who carries which run on."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def owner(self, run: str) -> Owner | None:
        """The living owner of the run, also if it is this process; None without one."""
        owner = await self._readers.read(partial(owner_of, run=run))
        return owner if owner is not None and owner.alive else None

    @asynccontextmanager
    async def held(self, run: str) -> AsyncGenerator[None, None]:
        """Own the run inside the block.

        Raises UsageError when somebody else owns it, and when the lease was lost meanwhile (this
        machine slept, and another one took over): the block is then cancelled.
        """
        token = secrets.token_hex(8)
        await self._writer.write(partial(_claim, run=run, token=token))
        body = asyncio.current_task()
        lost: list[str] = []

        async def beat() -> None:
            await asyncio.sleep(BEAT)
            while await self._still_mine(run, token):  # noqa: ASYNC110  (time is waited for)
                await asyncio.sleep(BEAT)
            lost.append(run)
            if body is not None:
                body.cancel()

        beating = asyncio.create_task(beat())
        try:
            yield
        except asyncio.CancelledError:
            if lost and body is not None and body.uncancel() == 0:
                raise UsageError(f"Run {run} was taken over by another machine.") from None
            raise
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating
            await self._writer.write(partial(_release, run=run, token=token))

    async def _still_mine(self, run: str, token: str) -> bool:
        try:
            return await self._writer.write(partial(_beat, run=run, token=token))
        except HistoryError:  # a beat that is missed is followed by another
            return True


def owner_of(connection: sqlite3.Connection, run: str) -> Owner | None:
    """Who holds the run's lease, dead or alive."""
    row = connection.execute("SELECT * FROM leases WHERE run = ?", (run,)).fetchone()
    if row is None:
        return None
    return Owner(row["host"], row["pid"], row["mark"], datetime.fromisoformat(row["beat"]))


def _claim(connection: sqlite3.Connection, run: str, token: str) -> None:
    owner = owner_of(connection, run)
    if owner is not None and owner.alive:
        raise UsageError(
            f"Run {run} is being carried on by {owner}; "
            "answer it from here, or stop it there first."
        )
    pid = os.getpid()
    at = as_stored(now())
    connection.execute(
        "INSERT OR REPLACE INTO leases (run, host, pid, mark, token, claimed, beat) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run, this_host(), pid, mark_of(pid) or "", token, at, at),
    )


def _beat(connection: sqlite3.Connection, run: str, token: str) -> bool:
    changed = connection.execute(
        "UPDATE leases SET beat = ? WHERE run = ? AND token = ?", (as_stored(now()), run, token)
    )
    return changed.rowcount == 1


def _release(connection: sqlite3.Connection, run: str, token: str) -> None:
    connection.execute("DELETE FROM leases WHERE run = ? AND token = ?", (run, token))
