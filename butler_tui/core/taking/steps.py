"""What the events of steps do to the state of a run: attempts, results, receipts, sends."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    CallStatus,
    Checking,
    Done,
)
from butler_tui.core.errors import LEADS_NOWHERE
from butler_tui.core.labels import Labelled, Labels, text_of
from butler_tui.core.revising import reopen, retry
from butler_tui.core.taking.taken import Takes

if TYPE_CHECKING:
    from butler_tui.core.run import RunState


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


TAKES: Takes = {
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
}
"""Each event of this kind, and what takes it in."""
