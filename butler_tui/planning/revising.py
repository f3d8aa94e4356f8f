"""Who plans a run first, and who writes its later revisions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from butler_tui.core.errors import UsageError
from butler_tui.core.events import Event
from butler_tui.core.ports import Planner, PlanRequest
from butler_tui.planning.proposing import propose_text
from butler_tui.planning.recipes import Recipes

RECIPE = "recipe"


@dataclass(frozen=True, slots=True)
class Planners:
    """The Planner of a run: `first` makes its first revision.

    Later ones come from the recipe's own `on_failure`, once, then from `later`, a model's; without
    either there is no other way.
    """

    first: Planner
    recipes: Recipes
    later: Planner | None = None

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Plan the goal, or what takes the place of what is left of its plan."""
        if request.need is None:
            async with aclosing(self.first.plan(request)) as events:
                async for event in events:
                    yield event
        elif self._on_failure(request):
            for event in self._by_recipe(request):
                yield event
        elif self.later is not None:
            async with aclosing(self.later.plan(request)) as events:
                async for event in events:
                    yield event
        elif request.need.instructions:
            raise UsageError(
                "an instruction becomes a plan by a model, and none is set up; run `butler setup`, "
                "or edit the plan itself."
            )

    def _on_failure(self, request: PlanRequest) -> str:
        """What the run's recipe says is to be done when its plan fails; empty once it was."""
        need, state = request.need, request.state
        used = any(one.by == RECIPE for one in state.revisions[1:])
        if request.recipe is None or used or need is None or need.instructions:
            return ""
        return self.recipes.get(request.recipe).on_failure

    def _by_recipe(self, request: PlanRequest) -> list[Event]:
        recipe = self.recipes.get(request.recipe or "")
        return list(propose_text(recipe.on_failure, request, RECIPE, recipe.shapes))
