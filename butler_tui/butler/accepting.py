"""Taking a goal on: which model or recipe plans it, and what its run goes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from butler_tui.butler.goals import GoalRequest
from butler_tui.butler.models import Models
from butler_tui.core.errors import UsageError
from butler_tui.core.events import RunAccepted
from butler_tui.core.policy import Mode
from butler_tui.core.reviewing import SETTING, Reviewed
from butler_tui.core.tool import Tool
from butler_tui.planning.recipes import Recipes
from butler_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Accepting:
    """Words a goal as the first event of its run."""

    settings: Settings
    tools: Mapping[str, Tool]
    recipes: Recipes
    models: Models
    reviewed: Callable[[str | None], Reviewed | None]

    def event(self, request: GoalRequest) -> RunAccepted:
        """A run's first event. Raises UsageError when nothing can plan the goal."""
        now = datetime.now().astimezone()
        mode = Mode(request.mode or self.settings.approvals.mode)
        recipe, parameters = request.recipe, dict(request.parameters or {})
        model = self.models.of(request.model).name("planner")
        review = self.reviewed(model)
        if recipe is not None:
            parameters = self.recipes.get(recipe).filled(parameters)
        elif request.plan is None and model is None:
            match = self.recipes.match(request.goal, model=False)
            if match is None:
                raise UsageError(self.recipes.no_fit(request.goal))
            recipe, parameters = match.recipe.name, {**match.parameters}
        if recipe is not None and (missing := self.recipes.get(recipe).lacks(self.tools)):
            raise UsageError(f"Recipe {recipe} cannot be used yet: {missing}")
        return RunAccepted(
            goal=request.goal,
            mode=mode,
            folder=str(request.folder.resolve()),
            model=model,
            recipe=recipe,
            parameters=parameters,
            plan=request.plan,
            date=now.date().isoformat(),
            time=now.strftime("%H:%M"),
            settings={
                "steps": self.settings.limits.steps,
                **({SETTING: review} if review is not None else {}),
                **({"rehearse": True} if request.rehearse else {}),
            },
        )
