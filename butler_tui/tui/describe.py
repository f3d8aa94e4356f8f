"""What is said of a run, a statement or a call beside the plan, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from textual.content import Content

from butler_tui.core.calls import Address, ApprovalState, CallState, CallStatus
from butler_tui.core.ending import without
from butler_tui.core.plan import Statement
from butler_tui.core.plan_write import write_statement
from butler_tui.core.run import RunState
from butler_tui.tui import words
from butler_tui.tui.actions import GIVE_OUTPUT
from butler_tui.tui.parts import TONES, Part, Prose, View, gathered, heading
from butler_tui.tui.report import checked, rehearsed, report_of, reviews, undone
from butler_tui.tui.revisions import revisions, superseded
from butler_tui.tui.rows import OVERVIEW, SUPERSEDED, RowKey
from butler_tui.tui.text import (
    joined,
    lines,
    pages,
    shown,
    shown_line,
)
from butler_tui.tui.values import arguments, preview, source_of, written
from butler_tui.tui.watch import Watch

TAIL = 1200
"""Characters of a stream that are shown while it goes on; all of it is there once it has ended."""

_REASONS = {
    CallStatus.SKIPPED: "skipped because",
    CallStatus.DENIED: "not done",
    CallStatus.TAKEN_BACK: "not done",
    CallStatus.RUNNING: "the attempt before",
    CallStatus.RETRYING: "the attempt before",
    CallStatus.UNKNOWN: "what is known",
}
_PROSE = frozenset({"answer", "write_text", "summarise_text", "read_page", "read_document"})


def view_of(watch: Watch, key: RowKey, now: datetime) -> View:
    """The row in full."""
    statement, address = key
    one = watch.statement(statement)
    if key == SUPERSEDED:
        return View("superseded", gathered(superseded(watch.state)))
    if key == OVERVIEW or one is None:
        return View("run", gathered(_run(watch)))
    if address is None:
        calls = list(watch.index.get(statement, ()))
        if len(calls) == 1 and calls[0][1] == ():
            address = calls[0]
    if address is None:
        return View(statement, gathered(_statement(watch, one.statement)))
    call = watch.state.calls[address]
    approval = approval_of(watch.state, address)
    title = f"{_place(address)} · {call.tool}" if call.tool else _place(address)
    streams = bool(call.progress) and not call.status.settled
    parts = [*_call(one.statement, call, approval, now), *_unseen(watch.state, call)]
    return View(title, gathered(parts), streams)


def _place(address: Address) -> str:
    step, item = address
    return step + "".join(f"[{number}]" for number in item)


def _run(watch: Watch) -> Iterator[Part]:
    state = watch.state
    yield joined(shown(state.goal, "bold"))
    if state.error:
        yield lines([heading("why it failed"), shown(state.error, "$error")])
    elif left_out := without(state) if state.status.over else "":
        yield shown(f"{state.status}, {left_out}", "$warning")
    elif state.because and not state.status.over:
        yield lines([heading("why it waits"), shown(state.because, "$warning")])
    if state.in_flight:
        yield lines([heading("in flight when it was cancelled"), *map(shown, state.in_flight)])
    if state.refusals and not state.planned:
        problems = [shown(f"- {problem}") for problem in state.refusals[-1]]
        yield lines([heading("the plan did not fit and is asked for again"), *problems])
    if state.answer:
        yield heading("would say, though nothing was done" if state.rehearses else "answer")
        yield Prose(state.answer)
    yield from report_of(state)
    yield from reviews(state)
    yield from revisions(watch)
    if signed := _signed(state):
        yield lines([heading("signed"), *(shown(one) for one in signed)])
    yield lines([heading("how"), *(_fact(name, value) for name, value in _facts(state))])


def _signed(state: RunState) -> list[str]:
    """The bounds that the person signed for this run, in words."""
    cost = state.cost_bound
    said = [bound.describe() for bound in state.bounds]
    return said + ([f"models cost at most ${cost:.2f}"] if cost is not None else [])


def _facts(state: RunState) -> Iterator[tuple[str, str]]:
    yield "folder", state.folder
    yield "mode", state.mode
    yield "planned", f"recipe {state.recipe}" if state.recipe else state.model or "by hand"
    if state.estimate is not None:
        yield "estimate", state.estimate.describe()
    for name, value in state.parameters.items():
        yield name, written(value)
    yield "run", state.id


def _statement(watch: Watch, statement: Statement) -> Iterator[Part]:
    yield shown(statement.title or statement.id, "bold")
    yield lines([heading("in the plan"), shown(write_statement(statement, title=False))])
    calls = [watch.state.calls[at] for at in watch.index.get(statement.id, ())]
    if not calls:
        needs = sorted(statement.needs() & watch.state.statements.keys())
        waits = f"waits for {', '.join(needs)}" if needs else "has not started"
        yield shown(waits, "$quiet")
        return
    for call in calls:
        if call.error:
            yield lines([heading(_place((call.step, call.item))), shown(call.error, _tone(call))])


def approval_of(state: RunState, address: Address) -> ApprovalState | None:
    """The newest approval of a call, if it was ever held."""
    found: ApprovalState | None = None
    for one in state.approvals.values():
        if (one.requested.step, one.requested.item) == address:
            found = one
    return found


def _approval(approval: ApprovalState) -> Iterator[Part]:
    asked, decided = approval.requested, approval.decided
    said = f"asked because {asked.because}" if asked.because else "asked"
    yield joined("\n", shown(said, "$quiet"))
    if decided is not None:
        scope = {"run": ", for this run", "always": ", always"}.get(decided.scope, "")
        reason = f": {decided.reason}" if decided.reason else ""
        verb = "allowed" if decided.decision == "allow" else "denied"
        yield shown(f"{verb} by {decided.by}{scope}{reason}")
    if asked.preview:
        yield heading("what it would do" if decided is None else "what was shown")
        yield from preview(asked.preview, asked.preview_kind)


def _call(
    statement: Statement, call: CallState, approval: ApprovalState | None, now: datetime
) -> Iterator[Part]:
    yield lines([shown(statement.title or statement.id, "bold"), _standing(call, now)])
    if call.args:
        yield Content("")
        yield from arguments(call.args, call.arg_labels)
    if call.error:
        reason = _REASONS.get(call.status, "error")
        yield lines([heading(reason), shown(call.error, _tone(call))])
    if call.progress and not call.status.settled:
        yield lines([heading("so far"), shown(_tail(call.progress))])
    if call.output is not None:
        yield from _output(call)
    if call.receipt is not None:
        yield lines([heading("receipt"), *_receipt(call.receipt)])
    if call.checking is not None:
        yield checked(call.checking)
    if call.undone:
        yield from undone(call)
    if call.rehearsal is not None:
        yield from rehearsed(call.rehearsal)
    if approval is not None:
        yield from _approval(approval)


def _unseen(state: RunState, call: CallState) -> Iterator[Part]:
    """Says how an output can be given that nobody saw, where a call wants it."""
    if call.unseen and call.output is not None and call.output.value is None:
        yield shown(f"Nobody saw its output; {GIVE_OUTPUT.keys[0]} gives it, in a new run.")
    elif call.status is CallStatus.FAILED and (lacks := state.unseen_by(call)) is not None:
        key = GIVE_OUTPUT.keys[0]
        yield shown(f"Nobody saw what {lacks.place} returned; {key} on {lacks.step} gives it.")


def _tail(text: str) -> str:
    """The end of what streams: what is new is what one watches."""
    tail = text[-TAIL:]
    return tail if len(text) <= TAIL else f"…{tail.partition(' ')[2] or tail}"


def _standing(call: CallState, now: datetime) -> Content:
    mark = words.mark_of_call(call.status)
    said = [mark.word]
    if call.status.settled and call.seconds:
        said.append(words.seconds(call.seconds))
    elif call.status is CallStatus.RUNNING and (gone := words.gone(call.since, now)):
        said.append(gone)
    if call.effect is not None:
        said.append(call.effect.value)
    if call.attempt > 1:
        said.append(f"attempt {call.attempt}")
    if call.edited:
        said.append("arguments changed by you")
    return joined((f"{mark.sign} ", TONES[mark.tone]), (" · ".join(said), "$quiet"))


def _tone(call: CallState) -> str:
    return TONES[words.mark_of_call(call.status).tone]


def _output(call: CallState) -> Iterator[Part]:
    assert call.output is not None  # noqa: S101  (the caller looked)
    value, labels = call.output.value, call.output.labels
    yield joined(heading("output"), "   ", source_of(labels))
    text = value.get("text") if isinstance(value, dict) else value
    if isinstance(text, str) and call.tool in _PROSE:
        yield Prose(text)
        value = (
            {name: one for name, one in value.items() if name != "text"}
            if isinstance(value, dict)
            else {}
        )
        if not any(value.values()):
            return
    if isinstance(text, str) and isinstance(value, dict) and set(value) == {"text"}:
        value = text
    yield from (shown(page) for page in pages(written(value)))


def _receipt(receipt: Mapping[str, Any]) -> Iterator[Content]:
    yield shown(str(receipt.get("summary", "")))
    for name, value in dict(receipt.get("facts") or {}).items():
        yield _fact(name, written(value))


def _fact(name: str, value: str) -> Content:
    return joined(shown_line(f"{name:<8} ", "$quiet"), shown(value))
