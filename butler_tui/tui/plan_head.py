"""What the head of the plan says: its revision, how it stands, and why it was made. Pure."""

from __future__ import annotations

from butler_tui.core.calls import RunStatus
from butler_tui.core.plan_history import reason
from butler_tui.tui import words
from butler_tui.tui.watch import Watch


def plan_head(watch: Watch) -> str:
    """`plan · revision 2 · accepted · because pick failed`; what is urgent comes first."""
    state = watch.state
    if not state.planned:
        return "plan" if state.status.over else "plan · being made"
    said = ["plan", f"revision {state.revision}"]
    if state.status is RunStatus.PAUSED:
        said.append(words.PAUSED.word)
    elif watch.plans_anew:
        said.append(words.ANEW.word)
    if state.rehearses:
        said.append("rehearsal")
    if state.accepted == state.revision:
        said.append("accepted")
    elif state.estimate is not None:
        said.append(state.estimate.brief)
    made = state.revisions[-1] if state.revisions else None
    if made is not None and made.because:
        said.append(f"because {reason(made.because)}")
    return " · ".join(said)
