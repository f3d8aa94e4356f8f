"""The tasks of one engine: a call each, and what plans, offers or reviews beside them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

from butler_tui.core.calls import Address, CallStatus
from butler_tui.core.run import RunState

Work = Coroutine[None, None, None]


@dataclass(slots=True)
class Tasks:
    """Owns every task it starts; `tell` is called when one has ended, `fault` is the first fault.

    `calls` are the calls under way by their address, each with its tool's name.
    """

    tell: Callable[[], None]
    calls: dict[Address, tuple[str, asyncio.Task[None]]] = field(
        default_factory=dict[Address, "tuple[str, asyncio.Task[None]]"]
    )
    fault: BaseException | None = None
    _watch: asyncio.Task[None] | None = None
    _beside: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def watch(self, work: Work) -> None:
        """Start what follows the journal as long as the engine goes on."""
        self._watch = asyncio.create_task(work, name="watch the journal")
        self._watch.add_done_callback(self._ended)

    def start(self, work: Work, name: str) -> asyncio.Task[None]:
        """Start something beside the calls."""
        task = asyncio.create_task(work, name=name)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        task.add_done_callback(self._ended)
        return task

    def start_call(self, address: Address, tool: str, work: Work) -> None:
        """Start what takes one call further."""
        step, item = address
        task = asyncio.create_task(work, name=f"{step}{list(item) or ''}")
        self.calls[address] = (tool, task)
        task.add_done_callback(lambda _task: self.calls.pop(address, None))
        task.add_done_callback(self._ended)

    def by_tool(self) -> Counter[str]:
        """How many calls of each tool are under way."""
        return Counter(tool for tool, _ in self.calls.values())

    def busy(self, state: RunState) -> int:
        """Calls under way that do not just wait for the person's answer."""
        if not state.questions:
            return len(self.calls)
        asking = sum(
            1
            for address in self.calls
            if (call := state.calls.get(address)) and call.status is CallStatus.ASKING
        )
        return len(self.calls) - asking

    def carrying_out(self, state: RunState) -> set[asyncio.Task[None]]:
        """What carries out an effect that has begun, or is about to."""
        begun = (CallStatus.RUNNING, CallStatus.ALLOWED)
        return {
            task
            for address, (_, task) in self.calls.items()
            if (call := state.calls.get(address)) is not None
            and call.status in begun
            and call.effect is not None
            and call.effect.bounds_the_world
        }

    async def stop_work(self, but: Collection[asyncio.Task[Any] | None]) -> bool:
        """Cancel every task but some and the watch; True when none of them is left."""
        work = [*(task for _, task in self.calls.values()), *self._beside]
        await _cancel(task for task in work if task not in but)
        return all(task.done() for task in work)

    async def stop(self) -> None:
        """Cancel every task, and wait until all have ended."""
        watch = [] if self._watch is None else [self._watch]
        await _cancel([*(task for _, task in self.calls.values()), *self._beside, *watch])

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self.fault = self.fault or fault
        self.tell()


async def _cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    every = list(tasks)
    for task in every:
        task.cancel()
    await asyncio.gather(*every, return_exceptions=True)
