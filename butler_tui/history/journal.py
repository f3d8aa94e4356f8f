"""The journal in SQLite: events appended by any process, seen by every process that follows."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import cast

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import EVENT, Event, Recorded, StepProgressed
from butler_tui.history.outputs import Outputs
from butler_tui.history.projection import project
from butler_tui.history.reader import Reader
from butler_tui.history.writer import Writer

POLL_SECONDS = 0.2
"""How often another process's writes are looked for, while somebody waits for them."""

Followed = Recorded | StepProgressed


class SqliteJournal:
    """The Journal port over one database file."""

    def __init__(self, writer: Writer, reader: Reader, outputs: Outputs) -> None:
        self._writer = writer
        self._reader = reader
        self._outputs = outputs
        self._followers: dict[str, set[asyncio.Queue[Followed | None]]] = {}
        self._polling: asyncio.Task[None] | None = None

    async def append(
        self, run: str, events: Sequence[Event], *, flush: bool = False
    ) -> Sequence[Recorded]:
        """Write the events, in order, and return them as recorded once they are committed."""

        def work(db: sqlite3.Connection) -> list[Recorded]:
            return self.insert(db, run, events)

        recorded = await self._writer.write(work, flush=flush)
        self.publish(recorded)
        return recorded

    def insert(self, db: sqlite3.Connection, run: str, events: Sequence[Event]) -> list[Recorded]:
        """Within a transaction of the writer: the events' rows and what is made from them."""
        row = db.execute("SELECT max(seq) FROM events WHERE run = ?", (run,)).fetchone()
        seq = cast(int, row[0] or 0)
        made: list[Recorded] = []
        for event in events:
            seq += 1
            kept = self._outputs.put_aside(event)
            recorded = Recorded(run=run, seq=seq, at=datetime.now(UTC), event=kept)
            left_out = {"output"} if getattr(kept, "output_hash", None) else None
            body = kept.model_dump_json(exclude_none=True, exclude=left_out)
            db.execute(
                "INSERT INTO events (run, seq, at, type, body) VALUES (?, ?, ?, ?, ?)",
                (run, seq, recorded.at.isoformat(), event.type, body),
            )
            project(db, recorded)
            made.append(recorded)
        return made

    def publish(self, recorded: Sequence[Recorded]) -> None:
        """Tell this process's followers what was committed."""
        for one in recorded:
            for follower in self._followers.get(one.run, ()):
                follower.put_nowait(one)

    async def read(self, run: str, after: int = 0) -> Sequence[Recorded]:
        """Every event of the run with a number above `after`, large outputs included."""

        def work(db: sqlite3.Connection) -> list[Recorded]:
            rows = db.execute(
                "SELECT seq, at, body FROM events WHERE run = ? AND seq > ? ORDER BY seq",
                (run, after),
            )
            return [self._recorded(run, seq, at, body) for seq, at, body in rows]

        return await self._reader.read(work)

    def _recorded(self, run: str, seq: int, at: str, body: str) -> Recorded:
        try:
            event = EVENT.validate_json(body)
        except ValueError as error:
            raise HistoryError(
                f"Event {seq} of run {run} cannot be read; it was written by a newer Butler, "
                "or the database is damaged (`butler doctor` checks it)."
            ) from error
        fetched = self._outputs.fetch(event)
        return Recorded(run=run, seq=seq, at=datetime.fromisoformat(at), event=fetched)

    async def follow(self, run: str, after: int = 0) -> AsyncGenerator[Followed, None]:
        """Every event above `after`, then each as it comes, with progress between; never ends."""
        arrived: asyncio.Queue[Followed | None] = asyncio.Queue()
        self._followers.setdefault(run, set()).add(arrived)
        self._poll()
        try:
            arrived.put_nowait(None)
            while True:
                one = await arrived.get()
                if isinstance(one, StepProgressed):
                    yield one
                elif one is not None and one.seq == after + 1:
                    after = one.seq
                    yield one
                elif one is None or one.seq > after:
                    for missed in await self.read(run, after):
                        after = missed.seq
                        yield missed
        finally:
            self._followers[run].discard(arrived)

    def show(self, run: str, progress: StepProgressed) -> None:
        """Pass progress to whoever follows the run in this process; it is not kept."""
        for follower in self._followers.get(run, ()):
            follower.put_nowait(progress)

    async def close(self) -> None:
        """Stop looking for other processes' writes."""
        if self._polling is not None:
            self._polling.cancel()
            with suppress(asyncio.CancelledError):
                await self._polling

    def _poll(self) -> None:
        if self._polling is None or self._polling.done():
            self._polling = asyncio.create_task(self._look(), name="look for other processes")

    async def _look(self) -> None:
        """Have followers look when another connection has written (PRAGMA data_version)."""
        version = -1
        while any(self._followers.values()):
            await asyncio.sleep(POLL_SECONDS)
            newer = await self._data_version()
            if newer != version:
                version = newer
                for follower in [one for every in self._followers.values() for one in every]:
                    follower.put_nowait(None)

    async def _data_version(self) -> int:
        def work(db: sqlite3.Connection) -> int:
            return cast(int, db.execute("PRAGMA data_version").fetchone()[0])

        return await self._reader.read(work)
