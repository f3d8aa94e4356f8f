"""The rows of the plan tree: what each statement and call says in one line. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from butler_tui.core.calls import Address, CallState, CallStatus
from butler_tui.core.clean import visible_line
from butler_tui.core.labels import text_of
from butler_tui.core.plan import Each, Statement, calls_in
from butler_tui.core.plan_write import write_doing
from butler_tui.core.ready import Done, Failed
from butler_tui.core.reviewing import review_due
from butler_tui.core.run import RunState
from butler_tui.tui import words
from butler_tui.tui.watch import Watch
from butler_tui.tui.words import Mark

LONGEST = 200
"""Characters of a title that are looked at; the row is cut to its width on the screen."""

RowKey = tuple[str, Address | None]
"""Which row: a statement's id and None, or the id and one of its calls; `OVERVIEW` is the run."""

OVERVIEW: RowKey = ("", None)

SUPERSEDED: RowKey = ("superseded statements", None)
"""The row below which the statements lie that are no longer part of the plan; no id is so."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: the sign and tone of its state, its name, what it does, and how far it is."""

    mark: Mark
    name: str
    title: str
    state: str

    @property
    def plain(self) -> str:
        """The row as one reads it aloud."""
        return "  ".join(
            part for part in (self.mark.sign, self.name, self.title, self.state) if part
        )


def overview_row(watch: Watch) -> Row:
    """The whole run's row."""
    state = watch.state
    mark = words.mark_of_run("reviewing" if review_due(state) else state.status)
    waits = any(state.waiting_approvals()) or any(state.waiting_questions())
    if waits and not state.status.over:
        mark = words.NEEDS
    elif watch.plans_anew:
        mark = words.ANEW
    title = state.name or state.title or state.goal
    return Row(mark, "", visible_line(title[:LONGEST]), mark.word)


def superseded_row(state: RunState) -> Row:
    """How many statements were taken out by later revisions."""
    return Row(words.NO_MARK, f"{len(state.superseded)} superseded", "", "")


def statement_row(watch: Watch, statement: str, now: datetime) -> Row:
    """A statement's row; a comprehension says how many of its elements are done."""
    one = watch.statement(statement)
    if one is None:
        return Row(words.NO_MARK, "", "", "")
    calls = [watch.state.calls[at] for at in watch.index.get(statement, ())]
    if watch.state.status.over and (left := _left(calls)) is not None:
        return Row(left, visible_line(statement), _title(one.statement), left.word)
    mark = _mark(calls, one.outcome)
    if one.superseded:
        mark = replace(mark, tone="quiet")
        if mark.sign == words.NEEDS.sign:
            mark = words.NO_MARK
        word = f"until revision {one.superseded - 1}" if mark.word == "" else mark.word
        return Row(mark, visible_line(statement), _title(one.statement), word)
    state = _state(watch, one.statement, calls, mark, now)
    return Row(mark, visible_line(statement), _title(one.statement), state)


def _title(statement: Statement) -> str:
    title = statement.title or _worded(statement)
    return visible_line(title[:LONGEST])


def _left(calls: Sequence[CallState]) -> Mark | None:
    """How calls stand that were not settled when their run ended; None when all were."""
    cut = [call for call in calls if call.status in _CUT_OFF]
    if cut:
        may_have = (call.effect is not None and call.effect.bounds_the_world for call in cut)
        return words.MAY_HAVE if any(may_have) else words.CUT_OFF
    if any(call.status in _ASKED for call in calls):
        return words.UNDECIDED
    return words.PENDING if any(call.status is CallStatus.ALLOWED for call in calls) else None


def call_row(watch: Watch, address: Address, statement: Statement, now: datetime) -> Row:
    """The row of one call of a statement that has several."""
    call = watch.state.calls[address]
    step, item = address
    mark = words.mark_of_call(call.status)
    if call.status is CallStatus.DONE:
        mark = _mark_done([call])
    left = _left([call]) if watch.state.status.over else None
    place = "".join(f"[{number}]" for number in item)
    several = sum(1 for _ in statement.calls()) > 1
    name = f"{step if several or not item else ''}{place}"
    title = _about(call) or call.tool or _tool_of(statement, step)
    said = _call_state(call, mark, now) if left is None else left.word
    return Row(left or mark, visible_line(name), visible_line(title[:LONGEST]), said)


def has_rows(statement: Statement) -> bool:
    """True when a statement's calls have rows of their own."""
    return isinstance(statement.doing, Each) or sum(1 for _ in statement.calls()) > 1


_CUT_OFF = (CallStatus.RUNNING, CallStatus.RETRYING)
_ASKED = (CallStatus.HELD, CallStatus.ASKING)
_GOING_ON = (
    CallStatus.UNKNOWN,
    CallStatus.OUTBOX,
    CallStatus.RETRYING,
    CallStatus.RUNNING,
    CallStatus.ALLOWED,
)


def _mark(calls: list[CallState], outcome: object) -> Mark:
    seen = Counter(call.status for call in calls)
    if seen[CallStatus.HELD] or seen[CallStatus.ASKING]:
        return words.NEEDS
    if isinstance(outcome, Done):
        return _mark_done(calls)
    if isinstance(outcome, Failed):
        if outcome.code in ("skipped", "denied", "unknown", "taken_back"):
            return words.mark_of_call(outcome.code.replace("_", " "))
        return words.FAILED
    for status in _GOING_ON:
        if seen[status]:
            return words.mark_of_call(status)
    if calls and all(call.status.settled for call in calls) and len(calls) == 1:
        return words.mark_of_call(calls[0].status)
    return words.GOING if seen[CallStatus.DONE] else words.PENDING


def _mark_done(calls: list[CallState]) -> Mark:
    """Done, unless it was only rehearsed, or was not found to be so."""
    if calls and all(call.status is CallStatus.REHEARSED for call in calls):
        return words.mark_of_call(CallStatus.REHEARSED)
    if any(call.checking is not None and call.checking.verdict == "failed" for call in calls):
        return words.CHECKED["failed"]
    return words.DONE


def _state(
    watch: Watch, statement: Statement, calls: list[CallState], mark: Mark, now: datetime
) -> str:
    if isinstance(statement.doing, Each) and mark.word != "skipped":
        return _how_many(watch, statement, calls, mark)
    if len(calls) > 1:
        if mark is words.DONE:
            return words.seconds(sum(call.seconds for call in calls))
        going = [call for call in calls if not call.status.settled]
        return _call_state(going[0], mark, now) if going else mark.word
    return _call_state(calls[0], mark, now) if calls else mark.word


def _how_many(watch: Watch, statement: Statement, calls: list[CallState], mark: Mark) -> str:
    first = next(calls_in(statement.doing)).id
    mine = [call for call in calls if call.step == first]
    total = watch.totals.get(first, len(mine))
    seen = Counter(call.status for call in mine)
    said = f"{seen[CallStatus.DONE] + seen[CallStatus.REHEARSED]}/{total}"
    failed = seen[CallStatus.FAILED] + seen[CallStatus.UNKNOWN]
    for count, word in ((failed, "failed"), (seen[CallStatus.DENIED], "denied")):
        if count:
            said += f", {count} {word}"
    if mark is words.NEEDS:
        said += f", {mark.word}"
    return said if mine or total else mark.word


def _call_state(call: CallState, mark: Mark, now: datetime) -> str:
    match call.status:
        case CallStatus.DONE if call.undone:
            return "undone"
        case CallStatus.DONE if call.checking is not None:
            return words.CHECKED[call.checking.verdict].word
        case CallStatus.DONE:
            return words.seconds(call.seconds)
        case CallStatus.OUTBOX:
            return words.countdown(call.until, now)
        case CallStatus.RUNNING if call.done is not None:
            return f"{round(call.done * 100)} %"
        case CallStatus.RUNNING:
            return words.gone(call.since, now) or mark.word
        case _:
            return mark.word


def _about(call: CallState) -> str:
    """What tells this call from its neighbours: its first argument that is text."""
    texts: Iterable[str] = (text_of(value) for value in call.args.values())
    return next((text[:LONGEST] for text in texts if text), "")


def _tool_of(statement: Statement, step: str) -> str:
    call = statement.call(step)
    return call.tool if call is not None else ""


def _worded(statement: Statement) -> str:
    return write_doing(statement.doing)
