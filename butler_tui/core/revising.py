"""A plan that changes while it is carried out: revisions, and calls that may be tried again.

A revision is taken whole or not at all: its statements are drafts until it was read to its end.
What is done or under way stays; what failed and what had not begun makes way, unless the revision
restates it word for word.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    CallState,
    CallStatus,
    Done,
    Failed,
    InstructionState,
    RevisionState,
    StatementState,
)
from butler_tui.core.labels import Label, Labelled, Source
from butler_tui.core.plan import Statement

if TYPE_CHECKING:
    from butler_tui.core.run import RunState

RETRY, DONE, SKIP, STOP = "retry", "mark as done", "skip", "stop"
"""What the person can say of a call that may have happened, and of a run that is stuck."""


def staying(state: RunState) -> list[Statement]:
    """The statements that no revision can take out: what is done, and what is under way."""
    return [one.statement for one in state.statements.values() if _stays(state, one)]


def waiting(state: RunState) -> list[Statement]:
    """The statements of which nothing has begun: a revision keeps those that it restates."""
    return [
        one.statement
        for one in state.statements.values()
        if not _stays(state, one) and not isinstance(one.outcome, Failed)
    ]


def _stays(state: RunState, one: StatementState) -> bool:
    if isinstance(one.outcome, Done):
        return True
    if isinstance(one.outcome, Failed):
        return False
    steps = {call.id for call in one.statement.calls()}
    return any(
        call.step in steps and call.status.begun and call.status is not CallStatus.SKIPPED
        for call in state.calls.values()
    )


def adopt(state: RunState, event: ev.PlanProposed) -> None:
    """Let the revision take the place of what is left of the plan."""
    drafts, state.drafts = state.drafts, {}
    if event.steps:
        state.front()
        known = {**state.statements, **drafts}
        # What began while the revision was written stays, though it knows nothing of it.
        begun = [one.id for one in staying(state) if one.id not in event.steps]
        order = [*begun, *(step for step in event.steps if step in known)]
        gone = [one for step, one in state.statements.items() if step not in order]
        for one in gone:
            one.superseded = event.revision
        state.superseded.extend(gone)
        state.statements = {step: known[step] for step in order}
        reopen(state)
    state.revisions.append(
        RevisionState(event.revision, event.text, event.because, event.by, bool(event.heeds))
    )
    for identity in event.heeds:
        if identity in state.instructions:
            state.instructions[identity].heeded = event.revision


def reopen(state: RunState) -> None:
    """Work out anew what is not done: what was skipped for another's sake may now happen."""
    state.frontier.anew()
    for one in state.statements.values():
        if isinstance(one.outcome, Done):
            continue
        one.outcome = None
        for call in one.statement.calls():
            for address in [key for key in state.calls if key[0] == call.id]:
                if _skipped_by_plan(state.calls[address]):
                    del state.calls[address]


def _skipped_by_plan(call: CallState) -> bool:
    return call.status is CallStatus.SKIPPED and not call.by


def retry(state: RunState, call: CallState) -> None:
    """Let the call be tried once more, if it failed or may have happened, or was skipped."""
    if call.status is CallStatus.SKIPPED and call.by:
        _forget(state, call)
        reopen(state)
    elif call.status in (CallStatus.FAILED, CallStatus.UNKNOWN):
        call.status = CallStatus.RETRYING
        reopen(state)


def _forget(state: RunState, call: CallState) -> None:
    """The call has not begun, and what was asked about it is asked anew."""
    del state.calls[call.step, call.item]
    for identity, one in list(state.approvals.items()):
        if one.decided is None and (one.requested.step, one.requested.item) == (
            call.step,
            call.item,
        ):
            del state.approvals[identity]


def answered(state: RunState, asked: ev.QuestionAsked, answer: str, at: datetime) -> None:
    """What the person said of a call that may have happened, or of a run that is stuck."""
    state.front()
    state.frontier.anew()
    call = state.calls.get((asked.step, asked.item))
    said = answer.strip()
    match said.lower():
        case "retry":
            for one in _concerned(state, asked, call):
                retry(state, one)
        case "mark as done" if asked.about == "unknown":
            if call is not None and call.status is CallStatus.UNKNOWN:
                _mark_as_done(call)
        case "skip":
            _give_up(state, asked, call)
        case "stop":
            state.stopped = f"you stopped it: {asked.question.splitlines()[0]}"
        case _:
            given = ev.InstructionGiven(id=asked.id, text=said)
            state.instructions[asked.id] = InstructionState(given, at)


def _concerned(state: RunState, asked: ev.QuestionAsked, call: CallState | None) -> list[CallState]:
    if asked.about == "unknown":
        return [call] if call is not None else []
    return [one for one in state.failures() if one.status is CallStatus.FAILED]


def _mark_as_done(call: CallState) -> None:
    """It happened, by the person's word; what it returned is not known."""
    call.status, call.by, call.error = CallStatus.DONE, "person", ""
    call.output = Labelled.with_label(None, Label.of(Source("person")))


def _give_up(state: RunState, asked: ev.QuestionAsked, call: CallState | None) -> None:
    if call is not None and call.status is CallStatus.UNKNOWN:
        call.status, call.by = CallStatus.SKIPPED, "person"
        return
    failed = {one.step for one in state.failures()} | {asked.step}
    for one in state.statements.values():
        if failed & {part.id for part in one.statement.calls()}:
            one.given_up = True
