"""A run's state kept in step with its journal, while this and other processes append to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from butler_tui.core.events import Event, Recorded
from butler_tui.core.ports import Journal
from butler_tui.core.run import RunState, fold


@dataclass(slots=True)
class LiveRun:
    """The state of one run, and the only way in which its engine writes events.

    Events are applied in the journal's order, whoever wrote them.
    """

    run: str
    journal: Journal
    state: RunState
    _change: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def open(cls, run: str, journal: Journal) -> LiveRun:
        """The run as its journal tells it now."""
        return cls(run, journal, fold(await journal.read(run)))

    async def record(self, *events: Event, flush: bool = False) -> None:
        """Append the events and apply them; returns when both are done."""
        for recorded in await self.journal.append(self.run, events, flush=flush):
            if recorded.seq == self.state.seq + 1:
                self.state.apply(recorded)
            elif recorded.seq > self.state.seq:
                await self._catch_up()
        self.tell()

    async def watch(self) -> None:
        """Apply what others append, until cancelled."""
        async with aclosing(self.journal.follow(self.run, self.state.seq)) as following:
            async for one in following:
                if isinstance(one, Recorded) and one.seq == self.state.seq + 1:
                    self.state.apply(one)
                    self.tell()

    async def until(self, test: Callable[[], bool]) -> None:
        """Wait until the test is true of the state."""
        while not test():
            await self.next_change().wait()

    def next_change(self) -> asyncio.Event:
        """Set at the next change of the state; take it before looking, so that none is missed."""
        return self._change

    def tell(self) -> None:
        """Wake everybody who waits for a change."""
        change, self._change = self._change, asyncio.Event()
        change.set()

    async def _catch_up(self) -> None:
        for recorded in await self.journal.read(self.run, self.state.seq):
            if recorded.seq == self.state.seq + 1:
                self.state.apply(recorded)
