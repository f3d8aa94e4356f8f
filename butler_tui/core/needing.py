"""Why a plan wants a new revision: what failed in it, and what the person said meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from butler_tui.core.calls import CallState, CallStatus, Failed, InstructionState
from butler_tui.core.labels import NO_LABEL, Label, join
from butler_tui.core.reviewing import said_by_reviewer
from butler_tui.core.run import RunState


@dataclass(frozen=True, slots=True)
class Need:
    """What a new revision is for. `label` says who could have brought it about."""

    because: str
    failed: Sequence[CallState] = ()
    instructions: Sequence[InstructionState] = ()
    label: Label = NO_LABEL

    @property
    def signs(self) -> frozenset[tuple[str, str]]:
        """Its failures, each by what was called and how that failed: equal ones lead nowhere."""
        return frozenset(sign(call) for call in self.failed)


def sign(call: CallState) -> tuple[str, str]:
    """A failure as it compares with another: the tool with its arguments, and the code."""
    return (f"{call.tool}({sorted(call.args.items(), key=lambda one: one[0])!r})", call.code)


def instructed(state: RunState) -> Need | None:
    """What the person said that no revision follows yet."""
    open_ones = [one for one in state.instructions.values() if not one.heeded]
    if not open_ones:
        return None
    words = "; ".join(" ".join(one.given.text.split()) for one in open_ones)
    return Need(f"you said: {words}", tuple(_failed(state)), open_ones, _label(state))


def broken(state: RunState) -> Need | None:
    """What failed, or was denied with a reason, so that the goal is not met as planned."""
    failed = list(_failed(state))
    if not failed:
        return None
    first = failed[0]
    more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
    what = "you denied" if first.status is CallStatus.DENIED else "failed:"
    because = f"{what} {first.place}{more}"
    return Need(because, failed, label=_label(state))


def _failed(state: RunState) -> Iterator[CallState]:
    """The calls of the plan as it stands for which another way may be looked for."""
    for one in state.statements.values():
        if not isinstance(one.outcome, Failed) or one.given_up:
            continue
        steps = {call.id for call in one.statement.calls()}
        for call in state.calls.values():
            if call.step not in steps:
                continue
            if call.status is CallStatus.FAILED or _denied_with_reason(state, call):
                yield call


def _denied_with_reason(state: RunState, call: CallState) -> bool:
    """True when the person said why not, which is an instruction of a kind."""
    return call.status is CallStatus.DENIED and any(
        approval.decided is not None
        and approval.decided.by == "person"
        and bool(approval.decided.reason)
        for approval in state.approvals.values()
        if (approval.requested.step, approval.requested.item) == (call.step, call.item)
    )


def _label(state: RunState) -> Label:
    """Whoever could have made a step fail may be behind what is planned because of it.

    So may be whoever the reviewer had read before it wrote what the planner reads now.
    """
    return join(call.failure.marked for call in _failed(state)) | said_by_reviewer(state)
