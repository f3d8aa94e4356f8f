"""What each event does to the state of a run: the only place where events become state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    ApprovalState,
    BudgetState,
    CallStatus,
    Checking,
    Done,
    InstructionState,
    OfferState,
    QuestionState,
    ReviewState,
    RunStatus,
    StatementState,
)
from butler_tui.core.errors import LEADS_NOWHERE
from butler_tui.core.estimating import Estimate
from butler_tui.core.labels import Label, Labelled, Labels, Source, SourceKind, text_of
from butler_tui.core.plan_text import read_statement
from butler_tui.core.revising import adopt, answered, reopen, retry
from butler_tui.core.rules import Rule
from butler_tui.core.values import edited, labels_of, with_labels

if TYPE_CHECKING:
    from butler_tui.core.run import RunState

_AUTHORS: dict[str, SourceKind] = {
    "recipe": "recipe",
    "person": "person",
    "reviewer": "reviewer",
}


def take(state: RunState, event: ev.Event, at: datetime) -> None:
    """Take one event into the state."""
    if (handler := _TAKES.get(type(event))) is not None:
        handler(state, event, at)


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


def _step_started(state: RunState, event: ev.StepStarted, at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    withdrawn = call.status in (CallStatus.TAKEN_BACK, CallStatus.SKIPPED)
    if withdrawn or state.status.over or event.step in state.superseded_steps:
        return  # the person was first; whoever wrote this sees it and does nothing
    call.status, call.attempt, call.tool, call.effect = (
        CallStatus.RUNNING,
        event.attempt,
        event.tool,
        event.effect,
    )
    call.args, call.arg_labels, call.since = event.args, event.labels, at
    call.key, call.intended = event.key, None
    call.progress, call.done, call.taken = "", None, ""
    if any(
        not one.answered and (one.asked.step, one.asked.item) == (event.step, event.item)
        for one in state.questions.values()
    ):
        call.status = CallStatus.ASKING


def _step_intended(state: RunState, event: ev.StepIntended, _at: datetime) -> None:
    state.call_at(event.step, event.item).intended = event


def _step_progressed(state: RunState, event: ev.StepProgressed, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.progress, call.done = event.text, event.done


def _step_finished(state: RunState, event: ev.StepFinished, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    if call.status in (CallStatus.TAKEN_BACK, CallStatus.SKIPPED):
        return  # it was done without before it began
    call.status, call.seconds, call.receipt = CallStatus.DONE, event.seconds, event.receipt
    call.output = Labelled(event.output, Labels.load(event.labels))
    call.taken, call.by = event.taken_from, event.by
    if event.whole and (statement := state.statements.get(event.step)) is not None:
        statement.pinned, statement.outcome = call.output, Done(call.output)
    if call.tool == "answer" and not (event.output is None and event.output_hash):
        said = call.output.value
        state.answer = text_of(said.get("text") if isinstance(said, dict) else said)


def _step_failed(state: RunState, event: ev.StepFailed, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status = CallStatus.RETRYING if event.will_retry else CallStatus.FAILED
    state.led_nowhere |= event.code in LEADS_NOWHERE and not event.will_retry
    call.code, call.error, call.seconds = event.code, event.error, event.seconds
    call.taken = event.taken_from
    call.failure = Labels.load(event.labels).own


def _step_skipped(state: RunState, event: ev.StepSkipped, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    if event.by and call.status.begun and call.status is not CallStatus.FAILED:
        return  # it had begun before anybody could skip it
    call.status, call.error, call.by = CallStatus.SKIPPED, event.because, event.by
    if event.by:
        reopen(state)


def _step_retried(state: RunState, event: ev.StepRetried, _at: datetime) -> None:
    retry(state, state.call_at(event.step, event.item))


def _step_unknown(state: RunState, event: ev.StepUnknown, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.code, call.error = CallStatus.UNKNOWN, "unknown", event.evidence


def _step_rehearsed(state: RunState, event: ev.StepRehearsed, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.tool, call.effect = CallStatus.REHEARSED, event.tool, event.effect
    call.args = event.args
    call.output = Labelled(event.output, Labels.load(event.labels))
    call.rehearsal = event


def _step_undone(state: RunState, event: ev.StepUndone, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.undone, call.left = event.by, list(event.left)


def _receipt_checked(state: RunState, event: ev.ReceiptChecked, _at: datetime) -> None:
    state.call_at(event.step, event.item).checking = Checking(event.verdict, event.detail)


def _send_held(state: RunState, event: ev.SendHeld, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.until = CallStatus.OUTBOX, event.until


def _send_released(state: RunState, event: ev.SendReleased, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    if call.status is CallStatus.OUTBOX:
        call.until = None


def _send_taken_back(state: RunState, event: ev.SendTakenBack, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    if call.status is CallStatus.OUTBOX:
        call.status, call.code = CallStatus.TAKEN_BACK, "taken_back"
        call.error = "you took it back before it was sent"


def _approval_requested(state: RunState, event: ev.ApprovalRequested, at: datetime) -> None:
    asked = ApprovalState(event, at)
    at_call = state.asked_at.setdefault((event.step, event.item), [])
    at_call[:] = [*(one for one in at_call if one.requested.id != event.id), asked]
    state.approvals[event.id] = asked
    call = state.call_at(event.step, event.item)
    call.status, call.tool, call.effect, call.since = CallStatus.HELD, event.tool, event.effect, at
    call.args, call.arg_labels = event.args, event.labels


def _approval_decided(state: RunState, event: ev.ApprovalDecided, _at: datetime) -> None:
    if (offer := state.offers.get(event.id)) is not None:
        offer.decided = True
        return
    approval = state.approvals.get(event.id)
    if approval is None or approval.decided is not None:
        return
    approval.decided = event
    state.wide += event.scope != "once"
    if event.decision == "deny":
        state.denied.append(approval)
    elif event.scope == "run":
        state.granted.append(approval)
    call = state.call_at(approval.requested.step, approval.requested.item)
    if call.status is not CallStatus.HELD:
        return
    if event.decision == "deny":
        call.status, call.code = CallStatus.DENIED, "denied"
        call.error = event.reason or ("" if event.by == "person" else f"denied by {event.by}")
        return
    call.status = CallStatus.ALLOWED
    if event.args is not None:
        before = with_labels(call.args, call.arg_labels)
        call.arg_labels = labels_of(
            {name: edited(before.get(name), value) for name, value in event.args.items()}
        )
        call.args, call.edited = event.args, True


def _question_asked(state: RunState, event: ev.QuestionAsked, at: datetime) -> None:
    state.questions[event.id] = QuestionState(event, at)
    if event.about == "step":
        state.call_at(event.step, event.item).status = CallStatus.ASKING


def _question_answered(state: RunState, event: ev.QuestionAnswered, at: datetime) -> None:
    question = state.questions.get(event.id)
    if question is None or question.answered:
        return
    question.answered, question.answer = True, event.answer
    if question.asked.about != "step":
        answered(state, question.asked, text_of(event.answer), at)
        return
    call = state.call_at(question.asked.step, question.asked.item)
    if call.status is CallStatus.ASKING:
        call.status = CallStatus.RUNNING


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


_TAKES: dict[type, Callable[[RunState, Any, datetime], None]] = {
    ev.RunAccepted: _run_accepted,
    ev.StepProposed: _step_proposed,
    ev.PlanRefused: _plan_refused,
    ev.PlanProposed: _plan_proposed,
    ev.PlanOffered: _plan_offered,
    ev.PlanAccepted: _plan_accepted,
    ev.StepStarted: _step_started,
    ev.StepIntended: _step_intended,
    ev.StepProgressed: _step_progressed,
    ev.StepFinished: _step_finished,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _step_skipped,
    ev.StepRetried: _step_retried,
    ev.StepUnknown: _step_unknown,
    ev.StepRehearsed: _step_rehearsed,
    ev.StepUndone: _step_undone,
    ev.ReceiptChecked: _receipt_checked,
    ev.SendHeld: _send_held,
    ev.SendReleased: _send_released,
    ev.SendTakenBack: _send_taken_back,
    ev.ApprovalRequested: _approval_requested,
    ev.ApprovalDecided: _approval_decided,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
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
