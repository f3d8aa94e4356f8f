"""Waking whoever waits for a run: at once inside this process, within a moment from others.

SQLite's `data_version` changes when another connection has committed. It is looked at a few times
a second, and only while somebody waits.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import Event, Item, Recorded, StepProgressed
from butler_tui.history.database import connect, telling

EVERY = 0.15
"""Seconds between two looks at what other processes have written."""


MOST_PENDING = 2_000
"""Events kept for a follower that is slow; beyond, it reads them from the journal."""


class Listener:
    """One who waits for a run: what came for it, and whether the journal may have more."""

    def __init__(self) -> None:
        self.stale = True
        self.events: list[Recorded] = []
        self.progress: dict[tuple[str, Item], StepProgressed] = {}
        self._wake = asyncio.Event()
        self._failure: HistoryError | None = None

    @property
    def fresh(self) -> bool:
        """True when there is, or may be, an event that was not taken."""
        return self.stale or bool(self.events)

    async def wait(self) -> None:
        """Return when there may be something new. Raises HistoryError when looking failed."""
        await self._wake.wait()
        self._wake.clear()
        if self._failure is not None:
            raise self._failure

    def take(self) -> list[Recorded]:
        """The events that came, once."""
        taken, self.events = self.events, []
        return taken

    def bring(self, recorded: Sequence[Recorded]) -> None:
        """Take events in."""
        self.events.extend(recorded)
        if len(self.events) > MOST_PENDING:
            self.events, self.stale = [], True
        self._wake.set()

    def look(self, failure: HistoryError | None = None) -> None:
        """Say that the journal may have more of the run, or that it cannot be read."""
        self.stale, self._failure = True, failure
        self._wake.set()

    def show(self, progress: StepProgressed) -> None:
        """Take progress in; of one call only the latest counts, so that none piles up."""
        self.progress[progress.step, progress.item] = progress
        self._wake.set()

    def forget_progress(self, event: Event) -> None:
        """An event about a call makes what was shown of it before out of date."""
        step = getattr(event, "step", None)
        if step is not None and event.type != "step_started":
            self.progress.pop((step, getattr(event, "item", ())), None)


class Bell:
    """Who waits for which run. Raises HistoryError to them when the database fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._listeners: dict[str, set[Listener]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._connection: sqlite3.Connection | None = None
        self._turn = threading.Lock()

    def ring(self, recorded: Sequence[Recorded]) -> None:
        """Bring committed events of one run to those who wait for it."""
        for listener in self._listeners.get(recorded[0].run, ()):
            listener.bring(recorded)

    def _all_look(self, failure: HistoryError | None = None) -> None:
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.look(failure)

    def show(self, run: str, progress: StepProgressed) -> None:
        """Pass progress to those who wait for the run."""
        for listener in self._listeners.get(run, ()):
            listener.show(progress)

    @contextmanager
    def listen(self, run: str) -> Iterator[Listener]:
        """Be woken for the run inside the block."""
        listener = Listener()
        self._listeners.setdefault(run, set()).add(listener)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield listener
        finally:
            self._listeners[run].discard(listener)
            if not self._listeners[run]:
                del self._listeners[run]

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await asyncio.to_thread(self._close_connection)

    async def _look(self) -> None:
        """Wake everybody when another connection has committed; ends when nobody waits."""
        seen = -1
        while self._listeners:
            try:
                version = await asyncio.to_thread(self._version)
            except HistoryError as error:
                self._all_look(error)
                return
            if version != seen:
                seen = version
                self._all_look()
            await asyncio.sleep(EVERY)

    def _close_connection(self) -> None:
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _version(self) -> int:
        with self._turn, telling(self._path):
            if self._connection is None:
                self._connection = connect(self._path, writes=False)
            return self._connection.execute("PRAGMA data_version").fetchone()[0]
