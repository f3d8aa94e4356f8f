"""A plan gets its estimate before anybody accepts it: what past runs tell of its cost and time."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from types import MappingProxyType

from butler_tui.butler.models import Models
from butler_tui.core.calls import Done
from butler_tui.core.estimating import Estimate, estimate, writes_in
from butler_tui.core.events import Event, PlanProposed, PlanRefused, StepProposed
from butler_tui.core.plan import Plan, Statement
from butler_tui.core.plan_text import read_statement
from butler_tui.core.ports import Planner, PlanRequest, Reviewer
from butler_tui.core.run import RunState
from butler_tui.history import Usage


@dataclass(frozen=True, slots=True)
class Estimator:
    """Estimates plans from the history and the prices of the models."""

    usage: Usage
    models: Models

    async def estimated(
        self,
        state: RunState,
        event: PlanProposed,
        new: Mapping[str, Statement] = MappingProxyType({}),
    ) -> PlanProposed:
        """The event with the estimate of what is left to do in that revision.

        `new` are those of its statements that the state does not have yet.
        """
        made = {**state.statements, **state.drafts}
        done = {name for name, one in made.items() if isinstance(one.outcome, Done)}
        known = {**{name: one.statement for name, one in made.items()}, **new}
        steps = event.steps or list(known)
        plan = Plan(tuple(known[one] for one in steps if one in known and one not in done))
        found = await self._of(state, plan)
        return event.model_copy(update={"estimate": found.dump()})

    async def within(
        self, state: RunState, events: AsyncGenerator[Event, None]
    ) -> AsyncGenerator[Event, None]:
        """The events, those that propose a plan with its estimate."""
        new = dict[str, Statement]()
        async with aclosing(events):
            async for event in events:
                if isinstance(event, StepProposed):
                    new[event.step] = read_statement(event.text, event.step, event.signatures)
                elif isinstance(event, PlanRefused):
                    new.clear()
                if isinstance(event, PlanProposed):
                    yield await self.estimated(state, event, new)
                else:
                    yield event

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

    def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Plan the goal as the planner does."""
        return self.estimator.within(request.state, self.planner.plan(request))


@dataclass(frozen=True, slots=True)
class EstimatedReviewer:
    """The Reviewer that has what it adds estimated."""

    reviewer: Reviewer
    estimator: Estimator

    def review(self, request: PlanRequest, *, adds: bool) -> AsyncGenerator[Event, None]:
        """Review the run as the reviewer does."""
        return self.estimator.within(request.state, self.reviewer.review(request, adds=adds))
