"""A plan that was read, as the events that propose it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from butler_tui.core.events import Event, PlanProposed, StepProposed
from butler_tui.core.plan import GIVEN, Plan, Statement
from butler_tui.core.plan_check import Shape
from butler_tui.core.plan_text import PlanReader, signatures_of
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.ports import PlanRequest


def reader_for(request: PlanRequest, given: Mapping[str, Shape] | None = None) -> PlanReader:
    """A reader that knows what the run has started, as it stands now."""
    return PlanReader(
        request.tools,
        {**GIVEN, **(given or {})},
        kept=request.state.started(),
        most_steps=request.state.most_steps,
    )


def step_proposed(statement: Statement, request: PlanRequest, by: str) -> StepProposed:
    """The event of one statement."""
    return StepProposed(
        step=statement.id,
        text=write_statement(statement),
        signatures=signatures_of(statement, request.tools),
        by=by,
    )


def plan_proposed(reader: PlanReader, request: PlanRequest, title: str = "") -> PlanProposed:
    """The event of the whole plan: what was started, then the rest."""
    started = {statement.id for statement in reader.kept}
    rest = [one for one in reader.plan.statements if one.id not in started]
    plan = Plan((*reader.kept, *rest), reader.title or title)
    return PlanProposed(
        revision=request.state.revision + 1, title=plan.title, text=write_plan(plan)
    )


def propose_text(
    text: str,
    request: PlanRequest,
    by: str,
    given: Mapping[str, Shape] | None = None,
    title: str = "",
) -> Iterator[Event]:
    """The events of a plan whose whole text is there.

    Raises PlanError before the first event, so that nothing of a plan that does not fit starts.
    """
    reader = reader_for(request, given)
    statements: Sequence[Statement] = [
        *reader.feed(text.removeprefix("\ufeff")),
        *reader.close(),
    ]
    for statement in statements:
        yield step_proposed(statement, request, by)
    yield plan_proposed(reader, request, title)
