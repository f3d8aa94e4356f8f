"""Two runs side by side: where their goals, plans, steps and ends differ. Pure."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from butler_tui.core.calls import Address, CallState
from butler_tui.core.ending import standing
from butler_tui.core.labels import Json
from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_write import write_plan
from butler_tui.core.report import report_of
from butler_tui.core.report_ahead import place
from butler_tui.core.run import RunState

LONG_LINES = 8
"""Lines above which two texts are shown as the lines that differ, not beside each other."""

LONG_TEXT = 600
MOST_LINES = 200
"""Lines of a difference that are shown; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing as it is in both runs, in words; empty where a run has no such thing.

    `lines` are a unified diff instead, where the texts are long. `title` begins a part.
    """

    what: str
    left: str = ""
    right: str = ""
    lines: Sequence[str] = ()
    title: bool = False

    @property
    def differs(self) -> bool:
        """True when the two sides are not the same."""
        return self.left != self.right or bool(self.lines)


@dataclass(frozen=True, slots=True)
class CallSide:
    """A call in one of the runs; `args` is None where another run made it."""

    state: str
    args: dict[str, Json] | None
    output: Json
    seconds: float


@dataclass(frozen=True, slots=True)
class CallDifference:
    """A call that differs: `differs` names what (state, arguments, output)."""

    step: str
    item: tuple[int, ...]
    left: CallSide | None
    right: CallSide | None
    differs: Sequence[str]


@dataclass(frozen=True, slots=True)
class Side:
    """One run as a whole. `cost` is in US dollars; None when some of it is not known."""

    run: str
    goal: str
    state: str
    model: str | None
    folder: str
    began: str
    seconds: float
    cost: float | None
    tokens: int
    spent: str
    answer: str
    error: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs. `plan` is a unified diff of their plans' texts, empty when they are the same."""

    left: Side
    right: Side
    plan: Sequence[str]
    calls: Sequence[CallDifference]

    def dump(self) -> dict[str, Any]:
        """The comparison as JSON."""
        return asdict(self)

    def rows(self) -> Iterator[Row]:
        """The comparison as lines of a table."""
        one, other = self.left, self.right
        yield Row("run", one.run, other.run)
        for what in ("goal", "state", "model", "folder", "began"):
            yield Row(what, str(getattr(one, what) or ""), str(getattr(other, what) or ""))
        yield Row("time", f"{one.seconds:.1f} s", f"{other.seconds:.1f} s")
        yield Row("cost", one.spent, other.spent)
        yield Row("plan", title=True)
        yield Row("", "the same", "the same") if not self.plan else Row("", lines=self.plan)
        yield Row("steps that differ", title=True)
        if not self.calls:
            yield Row("", "none", "none")
        for call in self.calls:
            yield from _rows(call)
        yield Row("end", title=True)
        yield _row("answer", one.answer, other.answer)
        if one.error or other.error:
            yield _row("error", one.error, other.error)


def compare(left: RunState, right: RunState) -> Comparison:
    """Two runs, whose outputs are there, side by side."""
    return Comparison(_side(left), _side(right), _plans(left, right), list(_calls(left, right)))


def _side(state: RunState) -> Side:
    spent = state.spent
    ended = state.ended or state.begun
    seconds = (ended - state.begun).total_seconds() if ended and state.begun else 0.0
    return Side(
        run=state.id,
        goal=state.goal or state.title,
        state=standing(state),
        model=state.model,
        folder=state.folder,
        began=state.begun.astimezone().strftime("%Y-%m-%d %H:%M:%S") if state.begun else "",
        seconds=seconds,
        cost=spent.cost if spent.priced else None,
        tokens=spent.tokens_in + spent.tokens_out,
        spent=report_of(state).cost,
        answer=state.answer,
        error=state.error,
    )


def _plans(left: RunState, right: RunState) -> list[str]:
    texts = (_plan(left), _plan(right))
    return _diff(texts[0], texts[1], left.id, right.id, around=1_000)


def _plan(state: RunState) -> str:
    return write_plan(bind(state.plan, state.parameters)) if state.statements else ""


def _calls(left: RunState, right: RunState) -> Iterator[CallDifference]:
    for address in _addresses(left, right):
        one, other = left.calls.get(address), right.calls.get(address)
        differs = tuple(_differs(one, other))
        if differs:
            yield CallDifference(*address, _call(one), _call(other), differs)


def _addresses(left: RunState, right: RunState) -> list[Address]:
    """Every call of either run, in the order of the plans."""
    order: dict[str, int] = {}
    for state in (left, right):
        for one in (*state.superseded, *state.statements.values()):
            for call in one.statement.calls():
                order.setdefault(call.id, len(order))
    return sorted({*left.calls, *right.calls}, key=lambda one: (order.get(one[0], 0), one))


def _differs(one: CallState | None, other: CallState | None) -> Iterator[str]:
    if one is None or other is None:
        yield "state"
        return
    if one.status is not other.status or one.error != other.error:
        yield "state"
    if not (one.taken or other.taken) and dict(one.args) != dict(other.args):
        yield "arguments"
    if _output(one) != _output(other):
        yield "output"


def _call(call: CallState | None) -> CallSide | None:
    if call is None:
        return None
    words = [call.status.value]
    if call.taken:
        words.append(f"taken over from run {call.taken}")
    if call.by == "person":
        words.append("by you")
    if call.error and call.status.value != "done":
        words.append(call.error)
    args = None if call.taken else dict(call.args)
    return CallSide(", ".join(words), args, _output(call), call.seconds)


def _output(call: CallState) -> Json:
    return call.output.value if call.output is not None else None


def _rows(call: CallDifference) -> Iterator[Row]:
    name = place(call.step, call.item)
    one, other = call.left, call.right
    states = [side.state if side is not None else "not there" for side in (one, other)]
    yield Row(name, states[0], states[1])
    if "arguments" in call.differs and one is not None and other is not None:
        before, after = one.args or {}, other.args or {}
        for argument in {**before, **after}:
            if before.get(argument) != after.get(argument):
                yield _row(f"  {argument}", _text(before.get(argument)), _text(after.get(argument)))
    if "output" in call.differs and one is not None and other is not None:
        yield _row("  output", _text(one.output), _text(other.output))


def _row(what: str, left: str, right: str) -> Row:
    """Short texts beside each other, long ones as the lines that differ."""
    long = max(len(left), len(right)) > LONG_TEXT or max(left.count("\n"), right.count("\n")) >= (
        LONG_LINES
    )
    if long and left != right:
        return Row(what, lines=_diff(left, right, "", "", around=2))
    return Row(what, left, right)


def _diff(left: str, right: str, name: str, other: str, around: int) -> list[str]:
    found = difflib.unified_diff(
        left.splitlines(), right.splitlines(), name, other, n=around, lineterm=""
    )
    lines = list(found)
    lines = lines if name else lines[2:]
    if len(lines) > MOST_LINES:
        more = len(lines) - MOST_LINES
        lines = [*lines[:MOST_LINES], f"@@ and {more} more lines @@"]
    return [line if len(line) <= LONG_TEXT else f"{line[:LONG_TEXT]}…" for line in lines]


def _text(value: Json) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
