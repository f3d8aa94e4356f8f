"""How a run's plan came to be what it is: its revisions, what each took out, and a diff of two.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.core.calls import RevisionState
from butler_tui.core.plan_history import SAME, author, plan_diff, reason
from butler_tui.core.plan_write import write_statement
from butler_tui.core.run import RunState
from butler_tui.tui import words
from butler_tui.tui.parts import Part, View, gathered, heading
from butler_tui.tui.text import lines, shown, shown_diff
from butler_tui.tui.watch import Watch


def revisions(watch: Watch) -> Iterator[Part]:
    """Each revision with why it was made, and what the person said that has none yet."""
    state = watch.state
    if len(state.revisions) > 1:
        said = [shown(_named(one)) for one in state.revisions]
        yield lines([heading("revisions, D shows what changed"), *said])
    open_ones = [one.given.text for one in state.instructions.values() if not one.heeded]
    if open_ones and not state.status.over:
        how = words.ANEW.word if watch.plans_anew else "no revision follows it yet"
        yield lines([heading(f"you said ({how})"), *map(shown, open_ones)])
    if state.planned and state.refusals and state.refusals[-1] and not state.status.over:
        first = state.refusals[-1][0]
        if first.startswith("No new revision"):
            yield lines([heading("the plan stays as it is"), shown(first, "$warning")])


def superseded(state: RunState) -> Iterator[Part]:
    """The statements that later revisions took out, by the revision that did."""
    for number in sorted({one.superseded for one in state.superseded}):
        gone = [one.statement for one in state.superseded if one.superseded == number]
        made = next((one for one in state.revisions if one.revision == number), None)
        because = f", because {reason(made.because)}" if made and made.because else ""
        said = [shown(write_statement(one)) for one in gone]
        yield lines([heading(f"taken out by revision {number}{because}"), *said])


def numbers(state: RunState) -> list[int]:
    """The numbers of the revisions, in order."""
    return [one.revision for one in state.revisions]


def diff_view(state: RunState, old: int, new: int) -> View:
    """What changed from one revision to another, as a diff of the plan's text."""
    texts = {one.revision: one for one in state.revisions}
    before, after = texts[old], texts[new]
    diff = "\n".join(plan_diff(before, after)) or SAME
    parts: list[Part] = [shown(_named(after)), shown(""), shown_diff(diff)]
    return View(f"revision {old} → {new}", gathered(parts))


def _named(one: RevisionState) -> str:
    because = f" · because {reason(one.because)}" if one.because else ""
    return f"revision {one.revision} · by {author(one.by)}{because}"
