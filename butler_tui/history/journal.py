"""The journal: every run's events, appended to SQLite first and shown second."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Sequence
from functools import partial

from butler_tui.core.events import Event, Recorded, StepProgressed
from butler_tui.history.appending import append
from butler_tui.history.bell import Bell, Listener
from butler_tui.history.outputs import Outputs
from butler_tui.history.readers import Readers
from butler_tui.history.rows import Row, is_large, recorded_of, row_of, with_output_kept
from butler_tui.history.writer import Work, Writer
from butler_tui.settings import KNOWN

_AFTER = "SELECT seq, at, body FROM events WHERE run = ? AND seq > ? ORDER BY seq"


class SqliteJournal:
    """The Journal of the core's ports, shared by every process that opens the same database."""

    def __init__(self, writer: Writer, readers: Readers, bell: Bell, outputs: Outputs) -> None:
        self._writer = writer
        self._readers = readers
        self._bell = bell
        self._outputs = outputs

    async def append(
        self, run: str, events: Sequence[Event], *, flush: bool = False
    ) -> Sequence[Recorded]:
        """Write the events, in order, and return them as recorded once they are committed.

        With `flush` they have also reached the disk. Events that were handed over are written
        even if the caller is cancelled meanwhile. Raises HistoryError; then none is written.
        """
        if not events:
            return []
        rows = [await self._row(event) for event in events]
        return await self.write(partial(append, run=run, rows=rows), flush=flush)

    async def write(self, work: Work[list[Recorded]], *, flush: bool = False) -> list[Recorded]:
        """Carry out work that appends events of one run, and bring them to its followers."""
        recorded = await self._writer.write(work, flush=flush)
        self._bell.ring(recorded)
        return recorded

    async def read(self, run: str, after: int = 0, *, outputs: bool = True) -> Sequence[Recorded]:
        """Every event of the run with a number above `after`, outputs filled in.

        Raises HistoryError, also when the file of a large output is gone; not for that when
        nobody needs the large `outputs`.
        """
        kept = self._outputs if outputs else None
        return await self._readers.read(partial(_read, run=run, after=after, outputs=kept))

    def show(self, run: str, progress: StepProgressed) -> None:
        """Pass progress to whoever follows the run in this process; it is not kept."""
        self._bell.show(run, KNOWN.value(progress))

    async def follow(
        self, run: str, after: int = 0
    ) -> AsyncGenerator[Recorded | StepProgressed, None]:
        """Every event above `after`, then each as it comes, with progress between; never ends.

        Of one call's progress only the latest is given, and none once the call has ended.
        """
        with self._bell.listen(run) as listener:
            while True:
                for recorded in await self._further(listener, run, after):
                    after = recorded.seq
                    listener.forget_progress(recorded.event)
                    yield recorded
                while listener.progress and not listener.fresh:
                    yield listener.progress.pop(next(iter(listener.progress)))
                if not listener.fresh:
                    await listener.wait()

    async def _further(self, listener: Listener, run: str, after: int) -> Sequence[Recorded]:
        """The events above `after`: as they came, or from the database where one is missing."""
        came = [recorded for recorded in listener.take() if recorded.seq > after]
        numbers = [recorded.seq for recorded in came]
        if not listener.stale and numbers == list(range(after + 1, after + 1 + len(came))):
            return came
        listener.stale = False
        return await self.read(run, after)

    async def _row(self, event: Event) -> Row:
        if isinstance(event, StepProgressed):
            raise TypeError("progress is shown, not kept: pass it to show()")
        row = row_of(event)
        if is_large(row):
            return await asyncio.to_thread(with_output_kept, row, self._outputs)
        return row


def _read(
    connection: sqlite3.Connection, run: str, after: int, outputs: Outputs | None
) -> list[Recorded]:
    found = connection.execute(_AFTER, (run, after)).fetchall()
    return [recorded_of(run, row, outputs) for row in found]
