"""A plan gets its estimate before anybody accepts it: what past runs tell of its cost and time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from butler_tui.butler.models import Models
from butler_tui.core.calls import Done
from butler_tui.core.estimating import Estimate, estimate, writes_in
from butler_tui.core.events import Event, PlanProposed
from butler_tui.core.plan import Plan
from butler_tui.core.ports import Planner, PlanRequest
from butler_tui.core.run import RunState
from butler_tui.history import Usage


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimates plans from the history and the prices of the models."""

    usage: Usage
    models: Models

    async def estimated(self, state: RunState, event: PlanProposed) -> PlanProposed:
        """The event with the estimate of what is left to do in that revision."""
        known = {**state.statements, **state.drafts}
        steps = event.steps or list(known)
        left = [known[one] for one in steps if one in known]
        plan = Plan(tuple(one.statement for one in left if not isinstance(one.outcome, Done)))
        found = await self._of(state, plan)
        return event.model_copy(update={"estimate": found.dump()})

    async def _of(self, state: RunState, plan: Plan) -> Estimate:
        known, price = await self.usage.known(), None
        if known.tokens_in is not None and known.tokens_out is not None and writes_in(plan):
            model = self.models.of(state.model)
            price = await model.price("writer", known.tokens_in, known.tokens_out)
        return estimate(plan, known, price)


@dataclass(frozen=True, slots=True)
class EstimatedPlanner:
    """The Planner whose plans carry their estimate."""

    planner: Planner
    estimator: Estimator

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Plan the goal as the planner does."""
        async with aclosing(self.planner.plan(request)) as events:
            async for event in events:
                if isinstance(event, PlanProposed):
                    yield await self.estimator.estimated(request.state, event)
                else:
                    yield event
