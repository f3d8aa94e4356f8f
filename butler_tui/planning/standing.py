"""How a plan stands, as a model may read it: its text, and what became of each statement.

Nothing that a stranger could have written is in it: of an output only its shape is told, unless
all of it is the person's own word or Butler's; of a failure only its code; and of a statement whose
author had read a stranger's text only its tools.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from butler_tui.core.calls import CallState, CallStatus, Done, Failed, StatementState
from butler_tui.core.labels import Json, Labelled
from butler_tui.core.plan_write import write_statement
from butler_tui.core.run import RunState

LONGEST_VALUE = 200
MOST_KEYS = 12
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,30}")


def standing(state: RunState, *, whole: bool = False) -> str:
    """Every statement with what became of it, one a line; superseded ones that failed first.

    With `whole` also what the reviewer wrote after it had read a stranger's text.
    """
    lines = [
        f"{_text(one, whole)}  # superseded: {_became(state, one, whole)}"
        for one in state.superseded
    ]
    lines += [
        f"{_text(one, whole)}  # {_became(state, one, whole)}" for one in state.statements.values()
    ]
    return "\n".join(lines)


def shape(value: Json) -> str:
    """A value's type, size and keys; nothing of what it says."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return f"text of {len(value)} characters"
        case list():
            return f"a list of {len(value)}" + (f", the first {shape(value[0])}" if value else "")
        case dict():
            keys = [key for key in value if _KEY.fullmatch(key)][:MOST_KEYS]
            sizes = [
                f"{key} ({len(part)})" if isinstance(part := value[key], list) else key
                for key in keys
            ]
            more = ", ..." if len(keys) < len(value) else ""
            return "{" + ", ".join(sizes) + more + "}"


def _text(one: StatementState, whole: bool) -> str:
    if whole or not _strange(one):
        return write_statement(one.statement, title=False)
    return f"# the reviewer's own: {', '.join(call.tool for call in one.statement.calls())}"


def _strange(one: StatementState) -> bool:
    """True when the statement's very words may be a stranger's: even its name is theirs."""
    return one.by == "reviewer" and one.read.untrusted


def _became(state: RunState, one: StatementState, whole: bool) -> str:
    if not whole and _strange(one):
        return "done" if isinstance(one.outcome, Done) else "not done"
    match one.outcome:
        case Done(output):
            return f"done: {_output(output)}"
        case Failed():
            return "; ".join(_failures(state, one)) or "not done, for want of what it needs"
        case _:
            begun = any(
                call.status.begun and call.status is not CallStatus.SKIPPED
                for call in _calls(state, one)
            )
            return "under way" if begun else "not begun"


def _output(output: Labelled) -> str:
    label = output.labels.overall()
    if label.untrusted or label.private or label.secret:
        return shape(output.value)
    words = json.dumps(output.value, ensure_ascii=False)
    return words if len(words) <= LONGEST_VALUE else shape(output.value)


def _failures(state: RunState, one: StatementState) -> Iterator[str]:
    for call in _calls(state, one):
        match call.status:
            case CallStatus.DENIED:
                yield f"{call.place} was denied{_reason(state, call)}"
            case CallStatus.TAKEN_BACK:
                yield f"{call.place} was taken back by the person"
            case CallStatus.FAILED:
                yield f"{call.place} failed: {call.code}"
            case _:
                continue


def _reason(state: RunState, call: CallState) -> str:
    """Why the person denied it, in their own words."""
    for approval in state.approvals.values():
        asked, decided = approval.requested, approval.decided
        if (asked.step, asked.item) != (call.step, call.item) or decided is None:
            continue
        if decided.by == "person" and decided.reason:
            return f", and the person says: {' '.join(decided.reason.split())}"
    return ""


def _calls(state: RunState, one: StatementState) -> list[CallState]:
    steps = {call.id for call in one.statement.calls()}
    return [call for call in state.calls.values() if call.step in steps]
