"""Makes new runs of the one on the screen: again from a step, or with a step's output given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from butler_tui.core.errors import ButlerError, UsageError
from butler_tui.core.labels import Json

if TYPE_CHECKING:
    from textual.screen import Screen

    from butler_tui.butler import Again, Butler
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.rows import RowKey
    from butler_tui.tui.watch import Watch

Forked = Literal["from", "output", "title"]
"""What the person wants of the run on the screen, or of the step under the cursor."""


@dataclass(frozen=True, slots=True)
class Forks:
    """Forks the run that is on the screen; `carry_on` shows and drives what was made of it.

    All of it raises ButlerError. The run itself stays as it is, but for its title.
    """

    app: ButlerApp
    butler: Butler
    watch: Watch
    carry_on: Callable[[str], Awaitable[None]]

    async def out(self, what: Forked, key: RowKey) -> None:
        """Carry the wish out; `key` is the row under the cursor."""
        match what:
            case "from":
                await self._again_from(self._step(key, "run it, and what depends on it, again"))
            case "output":
                await self._give_output(self._step(key, "give its output"))
            case "title":
                self._rename()

    def _step(self, key: RowKey, why: str) -> str:
        step = key[0]
        if step not in self.watch.state.statements:
            raise UsageError(f"Put the cursor on a step of the plan to {why}.")
        return step

    async def _again_from(self, step: str) -> None:
        from butler_tui.butler import Again

        await self._again(Again(step=step))
        self.app.notify(f"A new run: {step} and what depends on it, the rest is taken over.")

    async def _again(self, how: Again) -> None:
        await self.carry_on(await self.butler.forking.again(self.watch.run, how))

    async def _give_output(self, step: str) -> None:
        """Let the person write what the step returned; one that is done has it to be changed."""
        from butler_tui.tui.screens.output import OutputScreen

        before = await self._output(step)

        async def given(kept: tuple[Json]) -> None:
            from butler_tui.butler import Again

            changed = {step: kept[0]}
            await self._again(
                Again(edited=changed) if before is not None else Again(pinned=changed)
            )

        self._ask(OutputScreen(step, before, self.app.clock, self.app.quiet), given)

    async def _output(self, step: str) -> Json:
        """What the step returned, as far as anybody saw it."""
        try:
            return await self.butler.forking.output(self.watch.run, step)
        except UsageError:
            return None

    def _rename(self) -> None:
        from butler_tui.tui.screens.title import TitleScreen

        async def titled(title: str) -> None:
            await self.butler.steering.rename(self.watch.run, title)

        state = self.watch.state
        screen = TitleScreen(
            state.name or state.title or state.goal, self.app.clock, self.app.quiet
        )
        self._ask(screen, titled)

    def _ask(self, screen: Screen[Any], then: Callable[[Any], Awaitable[None]]) -> None:
        """Show a form, and do with what was kept what is to be done with it."""

        async def answered(kept: Any | None) -> None:  # noqa: ANN401  (what the screen keeps)
            if kept is None:
                return
            try:
                await then(kept)
            except ButlerError as error:
                self.app.notify(str(error), severity="error", timeout=10)

        self.app.push_screen(screen, answered)
