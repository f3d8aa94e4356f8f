"""What approvals and questions do to the state of a run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    ApprovalState,
    CallStatus,
    QuestionState,
)
from butler_tui.core.labels import text_of
from butler_tui.core.revising import answered
from butler_tui.core.taking.taken import Takes
from butler_tui.core.values import edited, labels_of, with_labels

if TYPE_CHECKING:
    from butler_tui.core.run import RunState


def _approval_requested(state: RunState, event: ev.ApprovalRequested, at: datetime) -> None:
    if (former := state.approvals.get(event.id)) is not None:
        _forget(state, former)
    asked = ApprovalState(event, at)
    state.asked_at.setdefault((event.step, event.item), []).append(asked)
    state.approvals[event.id] = asked
    call = state.call_at(event.step, event.item)
    call.status, call.tool, call.effect, call.since = CallStatus.HELD, event.tool, event.effect, at
    call.args, call.arg_labels = event.args, event.labels


def _forget(state: RunState, former: ApprovalState) -> None:
    """Take away what was allowed under a name that another call is asked by now."""
    at_call = state.asked_at[former.requested.step, former.requested.item]
    at_call[:] = [one for one in at_call if one is not former]
    state.granted[:] = [one for one in state.granted if one is not former]


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


TAKES: Takes = {
    ev.ApprovalRequested: _approval_requested,
    ev.ApprovalDecided: _approval_decided,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
}
"""Each event of this kind, and what takes it in."""
