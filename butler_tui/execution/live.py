"""A run's state kept in step with its journal, while this and other processes append to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from butler_tui.core.calls import Address
from butler_tui.core.errors import HistoryError
from butler_tui.core.events import (
    ApprovalRequested,
    Event,
    Recorded,
    StepFailed,
    StepFinished,
    StepIntended,
    StepStarted,
)
from butler_tui.core.ports import Journal
from butler_tui.core.run import RunState, fold


@dataclass(slots=True)
class _Append:
    """Events that somebody wants written, and the future that is set when they are."""

    events: tuple[Event, ...]
    flush: bool
    done: asyncio.Future[None]

    @property
    def addresses(self) -> Iterator[Address]:
        """The calls that the events are of."""
        for event in self.events:
            if isinstance(
                event, ApprovalRequested | StepStarted | StepIntended | StepFinished | StepFailed
            ):
                yield event.step, event.item


@dataclass(slots=True)
class LiveRun:
    """The state of one run, and the only way in which its engine writes events.

    Events are applied in the journal's order, whoever wrote them. What is written in the same turn
    of the loop is one append.
    """

    run: str
    journal: Journal
    state: RunState
    _change: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: list[_Append] = field(default_factory=list[_Append])
    _writing: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _lost: dict[Address, HistoryError] = field(default_factory=dict[Address, HistoryError])

    @classmethod
    async def open(cls, run: str, journal: Journal) -> LiveRun:
        """The run as its journal tells it now."""
        return cls(run, journal, fold(await journal.read(run)))

    async def record(self, *events: Event, flush: bool = False) -> None:
        """Append the events and apply them; returns when both are done. Raises HistoryError."""
        if events:
            await self.note(*events, flush=flush)

    def note(self, *events: Event, flush: bool = False) -> asyncio.Future[None]:
        """Hand the events over; the future tells what came of it.

        Whatever is handed over later is written after them, and of the same call not without them.
        They are written even if whoever waits for the future is cancelled.
        """
        one = _Append(events, flush, asyncio.get_running_loop().create_future())
        one.done.add_done_callback(_looked_at)
        self._waiting.append(one)
        if len(self._waiting) == 1:
            task = asyncio.create_task(self._write_waiting(), name="append to the journal")
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return one.done

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

    async def _write_waiting(self) -> None:
        appends, self._waiting = self._waiting, []
        try:
            if self._lost:
                await self._write_one_by_one(appends)
            else:
                await self._write(appends)
        except HistoryError:
            await self._write_one_by_one(appends)
        except Exception as error:  # noqa: BLE001  (it goes to whoever waits)
            for one in appends:
                _fail(one, error)

    async def _write_one_by_one(self, appends: Sequence[_Append]) -> None:
        """Write what can be written: what cannot is one call's own business, not the others'."""
        for one in appends:
            lost = next((self._lost[at] for at in one.addresses if at in self._lost), None)
            try:
                if lost is not None:
                    raise lost
                await self._write([one])
            except HistoryError as error:
                self._lost.update(dict.fromkeys(one.addresses, error))
                _fail(one, error)

    async def _write(self, appends: Sequence[_Append]) -> None:
        events = [event for one in appends for event in one.events]
        flush = any(one.flush for one in appends)
        for recorded in await self.journal.append(self.run, events, flush=flush):
            if recorded.seq == self.state.seq + 1:
                self.state.apply(recorded)
            elif recorded.seq > self.state.seq:
                await self._catch_up()
        for one in appends:
            if not one.done.done():
                one.done.set_result(None)
        self.tell()

    async def _catch_up(self) -> None:
        for recorded in await self.journal.read(self.run, self.state.seq):
            if recorded.seq == self.state.seq + 1:
                self.state.apply(recorded)


def _fail(one: _Append, error: BaseException) -> None:
    if not one.done.done():
        one.done.set_exception(error)


def _looked_at(done: asyncio.Future[None]) -> None:
    """Whoever wrote may have been cancelled; then nobody else looks at what went wrong."""
    if not done.cancelled():
        done.exception()
