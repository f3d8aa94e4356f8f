"""When a run goes in circles: it does not go on by itself then, but asks the person."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.core.calls import CallState, CallStatus, Failed, StatementState
from butler_tui.core.errors import LEADS_NOWHERE
from butler_tui.core.events import Item
from butler_tui.core.needing import sign
from butler_tui.core.plan_write import write_statement
from butler_tui.core.run import RunState


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why the run does not get further, in a sentence, and the step that shows it."""

    step: str
    item: Item
    because: str


def stuck(state: RunState) -> Stuck | None:
    """Why the run does not get further by itself; None while it does.

    Two equal failures, a call that is denied again however it was put, a model that says nothing
    or always the same, or a revision that changes nothing.
    """
    if state.revision <= 1 and not state.led_nowhere:
        return None
    before = [call for one in state.superseded for call in _calls(state, one)]
    failures = {sign(call) for call in before if call.status is CallStatus.FAILED}
    for one in state.statements.values():
        if one.given_up or not isinstance(one.outcome, Failed):
            continue
        for call in _calls(state, one):
            if call.status is CallStatus.FAILED and sign(call) in failures:
                return Stuck(
                    call.step, call.item, f"{call.place} failed again as before: {call.error}"
                )
            if call.status is CallStatus.FAILED and call.code in LEADS_NOWHERE:
                return Stuck(call.step, call.item, f"{call.place} brought nothing: {call.error}")
            if one.since > 1 and _denied_again(state, call):
                again = f"{call.place} was planned again though it was denied: {call.error}"
                return Stuck(call.step, call.item, again)
    return _unchanged(state)


def _unchanged(state: RunState) -> Stuck | None:
    """Whether the newest revision only repeats what failed."""
    new = [one for one in state.statements.values() if one.since == state.revision > 1]
    old = [one for one in state.superseded if one.superseded == state.revision]
    if not new or {_text(one) for one in new} != {_text(one) for one in old}:
        return None
    failed = (
        call for one in old for call in _calls(state, one) if call.status is CallStatus.FAILED
    )
    first = next(failed, None)
    if first is None or any(_calls(state, one) for one in new):
        return None
    because = f"The new revision repeats what failed: {first.place}: {first.error}"
    return Stuck(new[0].statement.id, (), because)


def _denied_again(state: RunState, call: CallState) -> bool:
    """True when the policy denied it because the person had denied such a call before."""
    return call.status is CallStatus.DENIED and any(
        one.decided is not None and one.decided.by == "policy"
        for one in state.approvals.values()
        if (one.requested.step, one.requested.item) == (call.step, call.item)
    )


def _text(one: StatementState) -> str:
    return write_statement(one.statement, title=False)


def _calls(state: RunState, one: StatementState) -> list[CallState]:
    steps = {call.id for call in one.statement.calls()}
    return [call for call in state.calls.values() if call.step in steps]
