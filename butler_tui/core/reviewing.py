"""When a run is reviewed, what the reviewer reads of it, and its verdict in words. Pure."""

from __future__ import annotations

from typing import Literal

from butler_tui.core.calls import CallStatus, Done, ReviewState
from butler_tui.core.labels import Label, join
from butler_tui.core.run import RunState

Reviewed = Literal["effects", "all"]
"""Which runs are reviewed: those that looked at or did something, or those that only wrote too."""

SETTING = "review"
"""Where a run's settings hold which runs are reviewed; nothing there: this one is not."""

_MODELS = ("planner", "reviewer")
_SAID = {"approve": "approved", "revise": "wants more", "none": "not reviewed"}


def review_due(state: RunState) -> bool:
    """True when a model's plan was carried out and nobody has reviewed that revision yet."""
    how = state.settings.get(SETTING)
    if not how or state.rehearses or state.status.over or not state.settled:
        return False
    if any(one.revision == state.revision for one in state.reviews) or state.failures():
        return False
    if not any(one.by in _MODELS for one in state.statements.values()):
        return False
    return how == "all" or any(call.effect is not None for call in state.calls.values())


def read_by_reviewer(state: RunState) -> Label:
    """The marks of what a reviewer of the run reads: its answers, and tainted statements."""
    answers = (
        call.output.labels.overall()
        for call in state.calls.values()
        if call.tool == "answer" and call.status is CallStatus.DONE and call.output is not None
    )
    # What decided which answer was given is a source of what it says.
    outcomes = (
        one.outcome.output.labels.overall()
        for one in state.statements.values()
        if isinstance(one.outcome, Done)
        and any(part.tool == "answer" for part in one.statement.calls())
    )
    written = (one.read for one in [*state.statements.values(), *state.superseded])
    return join([*answers, *outcomes, *written]).marked


def said_by_reviewer(state: RunState) -> Label:
    """The marks of what the reviewer had read before it wrote statements of the plan.

    Whoever reads the plan afterwards reads what the reviewer may have been told to write.
    """
    every = [*state.statements.values(), *state.superseded]
    return join(one.read for one in every if one.by == "reviewer").marked


def in_words(review: ReviewState) -> str:
    """The verdict with its comment: `revision 1 approved: all is there`, `not reviewed: why`."""
    said = _SAID[review.verdict]
    if review.verdict != "none":
        said = f"revision {review.revision} {said}"
    return f"{said}: {review.comment}" if review.comment else said
