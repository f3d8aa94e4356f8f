"""Whether the planner works at another revision: worked out, since no event says when it begins.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.core import events as ev
from butler_tui.core.calls import CallStatus, RunStatus
from butler_tui.core.needing import broken, instructed
from butler_tui.core.run import RunState

_CALLS_FOR_IT = (
    ev.InstructionGiven,
    ev.QuestionAnswered,
    ev.StepFailed,
    ev.ApprovalDecided,
    ev.StepRetried,
    ev.RunResumed,
)
"""What a new revision may be made for."""

_UNDER_WAY = (
    CallStatus.RUNNING,
    CallStatus.RETRYING,
    CallStatus.OUTBOX,
    CallStatus.ALLOWED,
    CallStatus.HELD,
    CallStatus.ASKING,
)


@dataclass(slots=True)
class Anew:
    """Remembers when a revision was last called for, and when one was last made or given up."""

    _called_for: int = 0
    _in_vain: int = 0

    def take(self, seq: int, event: ev.Event) -> None:
        """Take in one event."""
        spent = isinstance(event, ev.BudgetNoted) and event.budget == "revisions" and event.spent
        if isinstance(event, ev.PlanRefused) and event.answer == 0:
            spent = True  # the planner has no further answer
        if spent:
            self._in_vain = seq
        elif isinstance(event, _CALLS_FOR_IT):
            self._called_for = seq

    def planning(self, state: RunState) -> bool:
        """True while another revision is being made."""
        if not state.planned or state.status is not RunStatus.RUNNING:
            return False
        if state.drafts:
            return True
        if self._called_for < self._in_vain or any(state.waiting_questions()):
            return False
        if instructed(state) is not None:
            return True
        return broken(state) is not None and not _busy(state)


def _busy(state: RunState) -> bool:
    gone = state.superseded_steps
    return any(call.status in _UNDER_WAY for call in state.calls.values() if call.step not in gone)
