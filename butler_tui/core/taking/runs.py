"""What the events of whole runs do to their state: goal, budgets, reviews, pauses, the end."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    BudgetState,
    InstructionState,
    ReviewState,
    RunStatus,
)
from butler_tui.core.labels import Label, Labelled, Labels, Source
from butler_tui.core.taking.taken import Takes

if TYPE_CHECKING:
    from butler_tui.core.run import RunState


def _run_accepted(state: RunState, event: ev.RunAccepted, at: datetime) -> None:
    state.status = RunStatus.PLANNING
    state.goal, state.mode, state.model = event.goal, event.mode, event.model
    state.folder, state.recipe, state.brought = event.folder, event.recipe, event.plan
    state.parameters, state.settings = dict(event.parameters), dict(event.settings)
    state.begun, state.earlier = at, event.earlier
    state.frontier.anew()
    run = {"date": event.date, "time": event.time, "id": state.id}
    state.given_names = {
        "goal": Labelled.with_label(event.goal, Label.of(Source("goal"))),
        "run": Labelled.with_label(dict(run), Label.of(Source("run"))),
        **{
            name: Labelled.with_label(value, Label.of(Source("goal")))
            for name, value in event.parameters.items()
        },
    }


def _model_called(state: RunState, event: ev.ModelCalled, _at: datetime) -> None:
    spent = state.spent
    spent.calls += 1
    spent.tokens_in += event.tokens_in
    spent.tokens_out += event.tokens_out
    spent.cost += event.cost or 0.0
    spent.priced = spent.priced and event.cost is not None


def _instruction_given(state: RunState, event: ev.InstructionGiven, at: datetime) -> None:
    state.instructions[event.id] = InstructionState(event, at)


def _budget_noted(state: RunState, event: ev.BudgetNoted, _at: datetime) -> None:
    noted = BudgetState(event.budget, event.used, event.limit, event.spent)
    state.budgets.pop(event.budget, None)  # so that the newest is the last
    state.budgets[event.budget] = noted


def _review_finished(state: RunState, event: ev.ReviewFinished, _at: datetime) -> None:
    label = Labels.load(event.labels).own
    state.reviews.append(ReviewState(event.revision, event.verdict, event.comment, event.by, label))


def _run_paused(state: RunState, _event: ev.RunPaused, _at: datetime) -> None:
    if not state.status.over:
        state.status = RunStatus.PAUSED


def _run_renamed(state: RunState, event: ev.RunRenamed, _at: datetime) -> None:
    state.name = event.title


def _run_waiting(state: RunState, event: ev.RunWaiting, _at: datetime) -> None:
    if state.status.over:
        return
    state.status, state.because = RunStatus.WAITING, event.because


def _run_resumed(state: RunState, event: ev.RunResumed, _at: datetime) -> None:
    state.status = RunStatus.RUNNING if state.planned else RunStatus.PLANNING
    state.mode, state.model = event.mode or state.mode, event.model or state.model
    state.because = state.error = state.spent_budget = ""
    state.ended = None


def _run_finished(state: RunState, event: ev.RunFinished, at: datetime) -> None:
    if state.status.over:
        return  # a run ends once, in the way that came first
    state.status, state.ended = RunStatus.DONE, at
    state.answer, state.report = event.answer, event.report


def _run_failed(state: RunState, event: ev.RunFailed, at: datetime) -> None:
    if state.status.over:
        return  # a run ends once, in the way that came first
    state.status, state.ended, state.error = RunStatus.FAILED, at, event.error
    state.spent_budget = event.budget
    state.answer, state.report = event.answer, event.report


def _run_cancelled(state: RunState, event: ev.RunCancelled, at: datetime) -> None:
    if state.status.over:
        return  # a run ends once, in the way that came first
    state.status, state.ended, state.in_flight = RunStatus.CANCELLED, at, list(event.in_flight)


TAKES: Takes = {
    ev.RunAccepted: _run_accepted,
    ev.InstructionGiven: _instruction_given,
    ev.ModelCalled: _model_called,
    ev.BudgetNoted: _budget_noted,
    ev.ReviewFinished: _review_finished,
    ev.RunWaiting: _run_waiting,
    ev.RunPaused: _run_paused,
    ev.RunResumed: _run_resumed,
    ev.RunRenamed: _run_renamed,
    ev.RunFinished: _run_finished,
    ev.RunFailed: _run_failed,
    ev.RunCancelled: _run_cancelled,
}
"""Each event of this kind, and what takes it in."""
