"""Calls, plans and runs in words, the same for prompts, lists and `butler show`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from butler_tui.core.calls import CallState, QuestionState
from butler_tui.core.concerns import Concern
from butler_tui.core.ending import standing
from butler_tui.core.estimating import Estimate
from butler_tui.core.events import ApprovalRequested, PlanOffered
from butler_tui.core.labels import Json, Labels, text_of
from butler_tui.core.lookalike_lines import warnings
from butler_tui.core.report import Report, report_of
from butler_tui.core.report_ahead import place
from butler_tui.core.reviewing import in_words
from butler_tui.core.revising import DONE, RETRY, SKIP, STOP
from butler_tui.core.rules import Rule
from butler_tui.core.run import RunState
from butler_tui.core.tool_context import said_of_effect

MARKS = {
    "held": "needs you",
    "allowed": "allowed",
    "running": "running",
    "retrying": "trying again",
    "asking": "needs you",
    "done": "done",
    "failed": "failed",
    "denied": "denied",
    "skipped": "skipped",
    "unknown": "unknown: it may have happened",
    "outbox": "waits to be sent",
    "taken back": "taken back",
    "rehearsed": "rehearsed",
}
OVER = {
    "held": "not begun",
    "allowed": "not begun",
    "outbox": "not sent",
    "running": "cut off when the run ended",
    "asking": "cut off when the run ended",
    "retrying": "cut off when the run ended",
}
"""How a call stands that was not over when its run was."""


def arguments(args: Mapping[str, Json], labels: Mapping[str, Any]) -> Iterator[str]:
    """A line per argument, in full, each with where it came from; warnings of disguised letters."""
    for name, value in args.items():
        sources = sorted(
            source.describe() for source in Labels.load(labels.get(name, {})).overall().sources
        )
        text = text_of(value)
        origin = f"   ({'; '.join(sources)})" if sources else ""
        if "\n" in text or len(text) > 100:
            yield f"  {name}{origin}:"
            yield from (f"    | {line}" for line in text.split("\n"))
        else:
            yield f"  {name} = {text}{origin}"
        yield from (f"  ! {line}" for line in warnings(name, value))


def card(approval: ApprovalRequested) -> Iterator[str]:
    """An approval, in full: the call, its arguments and sources, its preview, why it is asked."""
    effect = said_of_effect(approval.effect, approval.undoable)
    yield f"{approval.tool} at {place(approval.step, approval.item)} ({effect})"
    yield from arguments(approval.args, approval.labels)
    if approval.preview:
        yield "  preview:"
        yield from (f"    {line}" for line in approval.preview.split("\n"))
    yield f"  asked because {approval.because}"


def sheet(offered: PlanOffered) -> Iterator[str]:
    """A plan's sheet: what accepting it allows, and what is asked later."""
    count = len(offered.approvals)
    yield f"the plan, revision {offered.revision}: accepting it allows {count} calls"
    yield f"    {', '.join(offered.approvals)}"
    for one in offered.later:
        yield f"    {one['step']}: {one['tool']} ({one['effect']}) is asked when it is all known"


def sheet_card(offered: PlanOffered, held: Sequence[ApprovalRequested]) -> Iterator[str]:
    """A plan's sheet as one card: each of its calls in full, what is asked later, the estimate."""
    count = len(held)
    yield f"The plan, revision {offered.revision}, has {count} calls that you can accept at once:"
    for number, one in enumerate(held, 1):
        yield ""
        first, *rest = card(one)
        yield f"{number} of {count}  {first}"
        yield from rest
    if offered.later:
        yield ""
        yield "Asked later, when their arguments are known:"
    for one in offered.later:
        yield f"  {one['step']}: {one['tool']} ({one['effect']})"
    if (estimate := Estimate.load(offered.estimate)) is not None:
        yield ""
        yield f"Estimate: {estimate.describe()}"


def why(approval: ApprovalRequested, run_rule: Rule | None) -> Iterator[str]:
    """Why a call is asked, from where each reason comes, and what an answer would cover."""
    yield f"asked because {approval.because}"
    for one in (Concern.load(concern) for concern in approval.concerns):
        yield f"  {one.describe()}"
        yield from (f"    from {origin}" for origin in one.origins)
    if approval.concerns:
        yield "  Neither the mode nor --yes allows it; you can, or a rule that says even_if."
    yield f"  effect: {said_of_effect(approval.effect, approval.undoable)}"
    if run_rule is not None:
        yield f"  r would, for the rest of this run, {run_rule.describe()}."


_MEANS: Mapping[tuple[str, str], str] = {
    ("unknown", RETRY): "it did not happen: call it again",
    ("unknown", DONE): "it happened: go on from there",
    ("unknown", SKIP): "do without it, whatever happened",
    ("unknown", STOP): "end the run",
    ("stuck", RETRY): "try what failed once more",
    ("stuck", SKIP): "do without what failed",
    ("stuck", STOP): "end the run",
}
"""What each choice means in a question of the run itself."""


def question(asked: QuestionState, call: CallState | None = None) -> Iterator[str]:
    """A question, with its choices; one of the run itself with the call that it is about."""
    one = asked.asked
    match one.about:
        case "unknown":
            yield f"{place(one.step, one.item)} may have happened, and nobody saw it finish."
            yield from (f"  {line}" for line in one.question.split("\n"))
        case "stuck":
            yield f"The run does not get further by itself, at {place(one.step, one.item)}."
            yield f"  {one.question}"
        case _:
            yield f"{place(one.step, one.item)} asks: {one.question}"
    if call is not None and one.about != "step":
        yield from _of_call(call)
    for number, choice in enumerate(one.choices or (), 1):
        means = _MEANS.get((one.about, choice), "")
        yield f"  {number}. {choice}{f': {means}' if means else ''}"
    if one.about == "stuck":
        yield "  Or say, in some words of your own, how it shall go on."


def _of_call(call: CallState) -> Iterator[str]:
    """What the call was, and when it began."""
    if call.tool:
        since = f", begun {call.since.astimezone():%Y-%m-%d %H:%M:%S}" if call.since else ""
        yield f"  the call: {call.tool}, attempt {max(call.attempt, 1)}{since}"
        yield from (f"  {line}" for line in arguments(call.args, call.arg_labels))


def call_line(call: CallState, *, over: bool = False) -> str:
    """A call in a line: what became of it and how long it took, in a run that is `over` or not."""
    seconds = f" in {call.seconds:.1f} s" if call.seconds >= 0.05 else ""
    why = f": {call.error}" if call.error and call.status.value != "done" else ""
    taken = f", taken over from run {call.taken}" if call.taken else ""
    own = ", by you" if call.by == "person" and not call.taken else ""
    undone = f", undone by run {call.undone}" if call.undone else ""
    left = f", but for {', '.join(call.left)}" if call.left else ""
    marks = {**MARKS, **OVER} if over else MARKS
    mark = f"{marks[call.status.value]}{taken}{own}"
    return f"{place(call.step, call.item)} {mark}{seconds}{why}{undone}{left}"


def run_lines(state: RunState, *, goes_on: bool = True) -> Iterator[str]:
    """A whole run: its goal, its plan with what became of each step, its answer or error.

    Not `goes_on`: it was left in its midst, and no process carries it on.
    """
    yield f"run      {state.id}"
    yield f"goal     {state.goal}"
    if state.earlier is not None:
        since = f", from {state.earlier.step} on" if state.earlier.step else ""
        yield f"from     run {state.earlier.run}, {state.earlier.how}{since}"
    stands = standing(state) if goes_on else f"interrupted (go on: butler resume {state.id})"
    yield f"status   {stands}" + (f" ({state.because})" if state.because else "")
    spent = state.spent
    if spent.calls:
        cost = f"{spent.cost * 100:.2f} ct" if spent.priced else "cost not known"
        tokens = spent.tokens_in + spent.tokens_out
        calls = f"{spent.calls} call{'' if spent.calls == 1 else 's'}"
        yield f"model    {state.model}: {calls}, {tokens} tokens, {cost}"
    elif state.recipe:
        yield f"recipe   {state.recipe}"
    yield "plan"
    for one in state.statements.values():
        yield from (f"  {line}" for line in _statement(state, one.statement.id))
    report = report_of(state)
    if report.history:
        yield f"changes  (butler diff {state.id} shows them)"
        yield from (f"  {line}" for line in report.history)
    if report.lines:
        yield "report"
        yield from (f"  {line}" for line in report_lines(report))
    yield from (f"review   {in_words(one)}" for one in state.reviews)
    if state.error:
        yield f"error    {state.error}"
    if state.answer:
        yield "answer"
        yield from (f"  {line}" for line in state.answer.split("\n"))


def report_lines(report: Report) -> Iterator[str]:
    """What was done, a line each; then, for a rehearsal, that nothing of it happened."""
    for one in report.lines:
        yield f"{place(one.step, one.item)} {one.describe()}"
        if one.mark == "would" and one.preview:
            yield from (f"    {line}" for line in one.preview.split("\n"))
    if report.rehearsed:
        count = report.sums["would"]
        yield f"This was a rehearsal: {count} call{'' if count == 1 else 's'} only previewed."
    if report.cost:
        yield f"cost: {report.cost}"


def _statement(state: RunState, step: str) -> Iterator[str]:
    from butler_tui.core.plan_write import write_statement

    statement = state.statements[step].statement
    yield write_statement(statement)
    over = state.status.over
    for call in statement.calls():
        yield from (f"    {call_line(one, over=over)}" for one in state.items_of(call.id))
