"""The runs that this app follows, and those it drives; no screen owns their tasks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from butler_tui.core.errors import UsageError
from butler_tui.tui.watch import Watch

if TYPE_CHECKING:
    from butler_tui.butler import Butler, GoalRequest
    from butler_tui.core.comparing import Comparison
    from butler_tui.core.run import RunStatus
    from butler_tui.history import Hit, RunRow


@dataclass(frozen=True, slots=True)
class Left:
    """A run that is not over and that this app does not drive: waiting, interrupted or paused."""

    run: str
    status: str
    title: str
    created: datetime


LOOKED_AT = 200
"""The newest runs, among which those are looked for that are not over."""


class Runs:
    """Starts, follows and resumes runs. `changed` hears of every event, `failed` of faults.

    `rested` hears of how a run that was driven here stands when nobody drives it any more.
    """

    def __init__(
        self,
        butler: Butler,
        changed: Callable[[Watch], None],
        failed: Callable[[BaseException], None],
        rested: Callable[[RunStatus], None] = lambda _status: None,
    ) -> None:
        self.butler = butler
        self.watches: dict[str, Watch] = {}
        self._changed = changed
        self._failed = failed
        self._rested = rested
        self._following: dict[str, asyncio.Task[None]] = {}
        self._driving: dict[str, asyncio.Task[None]] = {}

    async def start(self, request: GoalRequest) -> Watch:
        """Take on a goal and drive its run. Raises ButlerError when it is not taken."""
        return self.carry_on(await self.butler.accept(request))

    def open(self, run: str) -> Watch:
        """Follow a run; one that is followed already is the same watch."""
        if run not in self.watches:
            watch = self.watches[run] = Watch(run, self._changed)
            self._following[run] = self._own(watch.follow(self.butler), f"follow {run}")
        return self.watches[run]

    async def resume(self, run: str) -> None:
        """Go on with a run that nobody drives. Raises UsageError when it is driven or over."""
        if run in self.driven():
            raise UsageError(f"Run {run} is going on here already.")
        await self.butler.resume(run)
        self._drive(run)

    def carry_on(self, run: str) -> Watch:
        """Follow and drive a run that was just made of another: its undoing, say."""
        watch = self.open(run)
        self._drive(run)
        return watch

    def driven(self) -> list[str]:
        """The runs that this app drives now."""
        return [run for run, task in self._driving.items() if not task.done()]

    def alive(self) -> list[str]:
        """The driven runs that are not over."""
        return [run for run in self.driven() if not self.watches[run].state.status.over]

    async def settled(self, run: str) -> None:
        """Go on with a run after a decision, if nobody drives it."""
        if run in self.driven():
            return
        try:
            await self.resume(run)
        except UsageError:
            # Another process drives it, and hears of the decision by itself.
            return

    async def request_of(self, run: str) -> GoalRequest:
        """What would run a past goal again, the same way. Raises UsageError."""
        from butler_tui.butler import GoalRequest

        state = await self.butler.state(run)
        return GoalRequest(
            goal=state.goal,
            folder=Path(state.folder or "."),
            mode=state.mode,
            recipe=state.recipe,
            parameters=state.parameters or None,
            plan=state.brought,
            rehearse=state.rehearses,
        )

    async def waiting(self) -> set[str]:
        """The runs in which something waits for the person."""
        return {one.run for one in await self.butler.waiting()}

    async def goals(self) -> list[str]:
        """Past goals, the newest first."""
        return await self.butler.goals()

    async def rows(self, offset: int, limit: int) -> list[RunRow]:
        """Past runs, the newest first."""
        return await self.butler.runs(limit=limit, offset=offset)

    async def compared(self, left: str, right: str) -> Comparison:
        """Two runs side by side. Raises UsageError when there is no such run."""
        return await self.butler.compare(left, right)

    async def unfinished(self) -> list[Left]:
        """The runs that wait for the person or that no process carries on, the newest first."""
        found: list[Left] = []
        for row in await self.butler.runs(limit=LOOKED_AT):
            status = await self._left_as(row)
            if status and row.id not in self.driven():
                found.append(Left(row.id, status, row.title or row.goal, row.created))
        return found

    async def _left_as(self, row: RunRow) -> str:
        """How the run was left; empty when it is over, or goes on."""
        if row.status in ("done", "failed", "cancelled"):
            return ""
        if row.waiting or row.status == "waiting":
            return "waiting"
        if not await self.stopped(row.id):
            return ""
        return "paused" if row.status == "paused" else "interrupted"

    async def go_on(self, run: str) -> None:
        """Go on with a run unless somebody does, once whoever drove it here has let go of it."""
        driving = self._driving.get(run)
        if driving is not None and not driving.done() and run not in self.alive():
            await asyncio.wait([driving])
        await self.settled(run)

    async def stopped(self, run: str) -> bool:
        """True when no living process carries the run on."""
        return run not in self.driven() and await self.butler.history.leases.owner(run) is None

    async def found(self, text: str) -> list[Hit]:
        """The runs in which all the words occur, the newest first."""
        return await self.butler.search(text)

    async def close(self) -> None:
        """Interrupt what is driven, so that it can be resumed, and stop following."""
        tasks = [*self._driving.values(), *self._following.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _drive(self, run: str) -> None:
        self._driving[run] = self._own(self._to_its_end(run), f"drive {run}")

    async def _to_its_end(self, run: str) -> None:
        self._rested(await self.butler.drive(run, stays=True, outbox=True))

    def _own(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            self._failed(fault)
