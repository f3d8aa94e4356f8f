"""What the events of plans do to the state of a run: statements, revisions, the sheet."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    OfferState,
    RunStatus,
    StatementState,
)
from butler_tui.core.estimating import Estimate
from butler_tui.core.labels import Labels, SourceKind
from butler_tui.core.plan_text import read_statement
from butler_tui.core.revising import adopt
from butler_tui.core.rules import Rule
from butler_tui.core.taking.taken import Takes

if TYPE_CHECKING:
    from butler_tui.core.run import RunState

_AUTHORS: dict[str, SourceKind] = {
    "recipe": "recipe",
    "person": "person",
    "reviewer": "reviewer",
}


def _step_proposed(state: RunState, event: ev.StepProposed, _at: datetime) -> None:
    statement = read_statement(event.text, event.step, event.signatures)
    made = StatementState(
        statement,
        _AUTHORS.get(event.by, "planner"),
        Labels.load(event.labels).own,
        since=state.revision + 1,
        taken=event.taken_from,
    )
    if state.planned:
        state.drafts[event.step] = made
        return
    state.statements[event.step] = made
    state.frontier.added(made)


def _plan_refused(state: RunState, event: ev.PlanRefused, _at: datetime) -> None:
    state.refusals.append(list(event.problems))
    state.drafts = {}
    if state.planned:
        return
    kept = {statement.id for statement in state.started()}
    for step in [step for step in state.statements if step not in kept]:
        del state.statements[step]
    state.frontier.anew()


def _plan_proposed(state: RunState, event: ev.PlanProposed, _at: datetime) -> None:
    adopt(state, event)
    state.revision, state.planned = event.revision, True
    state.title = event.title or state.title
    state.estimate = Estimate.load(event.estimate)
    if state.status is RunStatus.PLANNING:
        state.status = RunStatus.RUNNING


def _plan_offered(state: RunState, event: ev.PlanOffered, at: datetime) -> None:
    state.offers[event.id] = OfferState(event, at)


def _plan_accepted(state: RunState, event: ev.PlanAccepted, _at: datetime) -> None:
    state.accepted = event.revision
    if event.bounds:
        state.signed += 1
        state.bounds = [Rule.model_validate(bound) for bound in event.bounds]
    if event.cost_usd is not None:
        state.cost_bound = event.cost_usd
    if event.id in state.offers:
        state.offers[event.id].decided = True


TAKES: Takes = {
    ev.StepProposed: _step_proposed,
    ev.PlanRefused: _plan_refused,
    ev.PlanProposed: _plan_proposed,
    ev.PlanOffered: _plan_offered,
    ev.PlanAccepted: _plan_accepted,
}
"""Each event of this kind, and what takes it in."""
