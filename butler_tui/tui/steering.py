"""Carries what the person changes of a run in its midst: its pace, single steps, its plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from butler_tui.core.calls import RunStatus
from butler_tui.core.errors import UsageError
from butler_tui.tui.places import to_retry, to_skip

if TYPE_CHECKING:
    from butler_tui.butler import Butler
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.rows import RowKey
    from butler_tui.tui.runs import Runs
    from butler_tui.tui.watch import Watch

Steered = Literal["pause", "skip", "retry", "edit", "compare"]
"""What the person wants of the run on the screen, or of the step under the cursor."""


@dataclass(frozen=True, slots=True)
class Steering:
    """Steers the run that is on the screen. All of it raises ButlerError."""

    app: ButlerApp
    butler: Butler
    runs: Runs
    watch: Watch

    async def out(self, what: Steered, key: RowKey) -> None:
        """Carry the wish out; `key` is the row under the cursor."""
        match what:
            case "pause":
                await self._pause()
            case "skip":
                await self._skip(to_skip(self.watch, key))
            case "retry":
                await self._retry(to_retry(self.watch, key))
            case "edit":
                await self._edit()
            case "compare":
                self._compare()

    async def _pause(self) -> None:
        """What runs is finished; nothing new starts before the same key is pressed again."""
        if self.watch.state.status is RunStatus.PAUSED:
            await self.butler.steering.unpause(self.watch.run)
            await self.runs.go_on(self.watch.run)
        else:
            await self.butler.steering.pause(self.watch.run)
            self.app.notify("Paused: what runs is finished, nothing new starts. p lets it go on.")

    async def _skip(self, places: Sequence[str]) -> None:
        """Asks nothing: what was skipped can be taken in again."""
        if not places:
            raise UsageError("Put the cursor on a step of the plan to skip it.")
        for place in places:
            await self.butler.steering.skip(self.watch.run, place)
        self.app.notify(f"Skipped {', '.join(places)}; t takes it in again.")
        await self.runs.go_on(self.watch.run)

    async def _retry(self, places: Sequence[str]) -> None:
        """A run that had failed goes on with it."""
        if not places:
            raise UsageError("Put the cursor on a step that failed, or that you skipped.")
        for place in places:
            await self.butler.steering.retry(self.watch.run, place)
        await self.runs.go_on(self.watch.run)

    async def _edit(self) -> None:
        """Let the person change the plan as text; what is done or under way stays."""
        from butler_tui.tui.screens.plan_text import PlanTextScreen

        run, steering, state = self.watch.run, self.butler.steering, self.watch.state
        if state.status.over:
            raise UsageError(f"This run is {state.status}; its plan cannot be changed any more.")
        if not state.planned:
            raise UsageError("The plan is still being made; edit it when it is there.")
        text = await steering.plan_text(run)

        async def take(changed: str) -> None:
            await steering.edit(run, changed)
            await self.runs.go_on(run)

        async def check(changed: str) -> list[str]:
            return await steering.check(run, changed)

        self.app.push_screen(PlanTextScreen(text, self.watch, check, take, self.app.clock))

    def _compare(self) -> None:
        from butler_tui.tui.screens.compare import CompareScreen

        if len(self.watch.state.revisions) < 2:
            raise UsageError("This plan has one revision so far; there is nothing to compare.")
        self.app.push_screen(CompareScreen(self.watch.state))
