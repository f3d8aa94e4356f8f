"""A plan that was read, as the events that propose it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from butler_tui.core.events import Event, PlanProposed, StepProposed
from butler_tui.core.labels import Labels
from butler_tui.core.plan import GIVEN, Plan, Statement
from butler_tui.core.plan_check import Shape
from butler_tui.core.plan_text import PlanReader, signatures_of
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.ports import PlanRequest
from butler_tui.core.revising import staying, waiting


def reader_for(
    request: PlanRequest,
    given: Mapping[str, Shape] | None = None,
    before: Plan | None = None,
) -> PlanReader:
    """A reader that knows what of the run stays, whatever the answer says, as it stands now.

    `before` is what an answer that broke off had proposed; it counts.
    """
    state, continues, before = request.state, before is not None, before or Plan()
    stays = staying(state) if state.planned else state.started()
    known = {one.id for one in stays}
    kept = [*stays, *(one for one in before.statements if one.id not in known)]
    return PlanReader(
        request.tools,
        {**GIVEN, **(given or {})},
        kept=kept,
        waiting=[one for one in waiting(state) if one not in kept] if state.planned else (),
        taken=state.ids if state.planned else (),
        most_steps=state.most_steps,
        title=before.title,
        continues=continues,
    )


def step_proposed(statement: Statement, request: PlanRequest, by: str) -> StepProposed:
    """The event of one statement; whoever made a run fail may have a say in what comes then."""
    return StepProposed(
        step=statement.id,
        text=write_statement(statement),
        signatures=signatures_of(statement, request.tools),
        by=by,
        labels=_read_before(request, by),
    )


def _read_before(request: PlanRequest, by: str) -> dict[str, Any]:
    """Who could have had a say in what the author was told of this run, or of an earlier one."""
    if request.need is not None:
        return Labels(request.need.label).dump()
    earlier = request.state.earlier if by == "planner" else None
    return earlier.labels if earlier is not None else {}


def plan_proposed(
    reader: PlanReader, request: PlanRequest, by: str, title: str = ""
) -> PlanProposed:
    """The event of the whole plan: what was started, then the rest."""
    return proposed(reader.so_far, request, by, title)


def proposed(plan: Plan, request: PlanRequest, by: str, title: str = "") -> PlanProposed:
    """The event of a plan whose statements are all there."""
    plan = replace(plan, title=plan.title or request.state.title or title)
    need = request.need
    return PlanProposed(
        revision=request.state.revision + 1,
        title=plan.title,
        text=write_plan(plan),
        because=need.because if need is not None else "",
        by=by,
        steps=[one.id for one in plan.statements] if request.state.planned else [],
        heeds=[one.given.id for one in need.instructions] if need is not None else [],
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
    yield plan_proposed(reader, request, by, title)
