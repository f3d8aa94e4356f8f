"""How a plan came to be what it is: its revisions, what the person said, what changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import unified_diff

from butler_tui.core.calls import RevisionState
from butler_tui.core.clean import visible_line
from butler_tui.core.run import RunState

AROUND = 1_000
"""Unchanged lines that are shown around a change: a plan is short, so all of them."""

SAME = "Their text is the same."
_BY = {"person": "you", "planner": "the planner", "reviewer": "the reviewer", "recipe": "a recipe"}


def author(by: str) -> str:
    """Who wrote a revision, in words."""
    return _BY.get(by, by)


def reason(because: str) -> str:
    """Why a revision was made, as it stands behind *because*: `pick failed`."""
    failed = because.removeprefix("failed: ")
    return because if failed == because else f"{failed} failed"


def revision_in_words(one: RevisionState) -> str:
    """A revision in a line: `revision 2 by the planner, because pick failed`."""
    because = f", because {reason(one.because)}" if one.because else ""
    return f"revision {one.revision} by {author(one.by)}{because}"


def plan_history(state: RunState) -> Sequence[str]:
    """A line per revision, behind what the person had said before it; none while there is but one.

    What no revision follows comes last, and says so.
    """
    return tuple(_history(state)) if len(state.revisions) > 1 or state.instructions else ()


def plan_diff(before: RevisionState, after: RevisionState) -> list[str]:
    """What changed from one revision to another, as the lines of a unified diff; none if equal."""
    made = unified_diff(
        before.text.splitlines(),
        after.text.splitlines(),
        f"revision {before.revision}",
        f"revision {after.revision}",
        lineterm="",
        n=AROUND,
    )
    return [visible_line(line) for line in made]


def _history(state: RunState) -> Iterator[str]:
    for revision in state.revisions:
        yield from (f"you said: {said}" for said in _said(state, revision.revision))
        yield revision_in_words(revision)
    yield from (f"you said: {said} (no revision followed)" for said in _said(state, 0))


def _said(state: RunState, revision: int) -> Iterator[str]:
    """What the person said that this revision follows; with 0, what none follows."""
    for one in state.instructions.values():
        if one.heeded == revision:
            yield visible_line(one.given.text)
