"""What a run did, from its receipts and what code found when it looked again.

Never from the model's word: a line is verified, unverified or failed by its receipt's check, and
what was denied, taken back or may have happened is a line of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from butler_tui.core.calls import CallState, CallStatus, ReviewState, RunStatus, Spent
from butler_tui.core.clean import visible_line
from butler_tui.core.ending import standing
from butler_tui.core.events import Item, StepRehearsed
from butler_tui.core.plan_history import plan_history
from butler_tui.core.report_ahead import Ahead, ahead_of, call_in_words
from butler_tui.core.run import RunState
from butler_tui.core.tool import Effect

Mark = Literal[
    "verified",
    "unverified",
    "failed",
    "undone",
    "denied",
    "taken back",
    "skipped",
    "unknown",
    "waiting",
    "would",
]
"""What became of one thing; `would` is a rehearsal's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done, or was not. `files` are absolute paths."""

    step: str
    item: Item
    mark: Mark
    summary: str
    detail: str = ""
    tool: str = ""
    effect: Effect | None = None
    files: Sequence[str] = ()
    preview: str = ""

    def describe(self) -> str:
        """The line in words: `verified: Wrote a.md (3 bytes). (1 file was read again)`."""
        detail = f" ({self.detail})" if self.detail else ""
        mark = "" if self.mark == "would" else f"{self.mark}: "
        return f"{mark}{self.summary}{detail}"

    def dump(self) -> dict[str, Any]:
        """JSON for the journal."""
        return {
            "step": self.step,
            "item": list(self.item),
            "mark": self.mark,
            "summary": self.summary,
            "detail": self.detail,
            "files": list(self.files),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A run in its results; `history` says how its plan came to be what it is."""

    run: str
    goal: str
    status: RunStatus
    standing: str
    because: str
    rehearsed: bool
    folder: str
    begun: datetime | None
    ended: datetime | None
    model: str | None
    spent: Spent
    lines: Sequence[Line]
    ahead: Ahead
    answer: str
    error: str
    reviews: Sequence[ReviewState] = ()
    history: Sequence[str] = ()

    @property
    def sums(self) -> Counter[Mark]:
        """How many lines of each mark."""
        return Counter(one.mark for one in self.lines)

    @property
    def cost(self) -> str:
        """What the run's models cost, in words; empty when none was called."""
        spent = self.spent
        if not spent.calls:
            return ""
        calls = f"{spent.calls} model call{'' if spent.calls == 1 else 's'}"
        price = f"{spent.cost * 100:.2f} ct" if spent.priced else "at a price that is not known"
        return f"{calls}, {spent.tokens_in + spent.tokens_out} tokens, {price}"


def report_of(state: RunState) -> Report:
    """The report of a run as it stands."""
    return Report(
        run=state.id,
        goal=state.goal,
        status=state.status,
        standing=standing(state),
        because=state.because,
        rehearsed=state.rehearses,
        folder=state.folder,
        begun=state.begun,
        ended=state.ended,
        model=state.model,
        spent=state.spent,
        lines=lines_of(state),
        ahead=ahead_of(state),
        answer=state.answer,
        error=state.error,
        reviews=tuple(state.reviews),
        history=plan_history(state),
    )


def lines_of(state: RunState) -> tuple[Line, ...]:
    """A line per call that has something to report, the steps in the order in which they began."""
    return tuple(_lines(state))


def _lines(state: RunState) -> Iterator[Line]:
    tools = {
        call.id: call.tool for one in state.statements.values() for call in one.statement.calls()
    }
    for call in state.calls_in_order():
        line = _line(call, call.tool or tools.get(call.step, call.step), state.status.over)
        if line is not None:
            yield line


def _line(call: CallState, tool: str, over: bool) -> Line | None:
    if call.taken:
        return None  # another run did it, and its report says so
    named = call_in_words(tool, call.args)
    match call.status:
        case CallStatus.DONE:
            return _done(call, named) if _bounds(call) else None
        case CallStatus.REHEARSED if call.rehearsal is not None:
            return _rehearsed(call, call.rehearsal)
        case CallStatus.FAILED:
            return _made(call, "failed", named, call.error)
        case CallStatus.DENIED:
            return _made(call, "denied", named, call.error)
        case CallStatus.TAKEN_BACK:
            return _made(call, "taken back", named, call.error)
        case CallStatus.SKIPPED:
            return _made(call, "skipped", named, call.error)
        case CallStatus.UNKNOWN:
            return _made(call, "unknown", named, call.error)
        case CallStatus.RUNNING | CallStatus.RETRYING if over and _bounds(call):
            why = "it had started when the run ended: it may have happened"
            return _made(call, "unknown", named, why)
        case CallStatus.HELD | CallStatus.OUTBOX if not over:
            return _made(call, "waiting", named, "")
        case _:
            return None


def _bounds(call: CallState) -> bool:
    return call.effect is not None and call.effect.bounds_the_world


def _done(call: CallState, named: str) -> Line:
    receipt = call.receipt
    if receipt is None:
        return _made(call, "unverified", named, "it was carried out and gave no receipt")
    summary = visible_line(str(receipt.get("summary") or named))
    if call.undone:
        left = f"; left alone: {', '.join(call.left)}" if call.left else ""
        return _made(call, "undone", summary, f"put back by run {call.undone}{left}")
    found = call.checking
    if found is None:
        return _made(call, "unverified", summary, "nobody has looked again")
    return _made(call, found.verdict, summary, found.detail)


def _rehearsed(call: CallState, rehearsal: StepRehearsed) -> Line:
    verb = {Effect.SEND: "send", Effect.EXECUTE: "run"}.get(call.effect or Effect.CHANGE, "change")
    becomes = {"ask": "asked", "deny": "denied"}.get(rehearsal.decision, "allowed")
    detail = f"it would be {becomes}: {rehearsal.because}"
    named = f"would {verb}: {call_in_words(rehearsal.tool, rehearsal.args)}"
    return _made(call, "would", named, detail, rehearsal.preview.rstrip("\n"))


def _made(call: CallState, mark: Mark, summary: str, detail: str, preview: str = "") -> Line:
    return Line(
        call.step,
        call.item,
        mark,
        summary,
        detail,
        call.tool,
        call.effect,
        tuple(_files(call.receipt or {})),
        preview,
    )


def _files(receipt: Mapping[str, Any]) -> Iterator[str]:
    """The files that are there by the receipt."""
    facts = cast("Mapping[str, Any]", receipt.get("facts") or {})
    for one in cast("Sequence[Mapping[str, Any]]", facts.get("files") or []):
        if one.get("sha256") and isinstance(one.get("path"), str):
            yield one["path"]
    if isinstance(facts.get("folder"), str):
        yield facts["folder"]
