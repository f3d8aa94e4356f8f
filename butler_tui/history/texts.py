"""The text a run is found by: goals, plans, arguments, outputs, questions, answers, errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from butler_tui.core import events as ev
from butler_tui.core.events import Event

LONGEST = 200_000
"""Characters of one event that can be found; a book is cut there."""

_KINDS: dict[type, str] = {
    ev.RunAccepted: "goal",
    ev.PlanProposed: "title",
    ev.StepProposed: "step",
    ev.StepStarted: "arguments",
    ev.ApprovalRequested: "arguments",
    ev.ApprovalDecided: "reason",
    ev.StepFinished: "output",
    ev.StepFailed: "error",
    ev.QuestionAsked: "question",
    ev.QuestionAnswered: "answer",
    ev.InstructionGiven: "instruction",
    ev.RunRenamed: "title",
    ev.RunFinished: "answer",
    ev.RunFailed: "error",
}

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def kind_of(event: Event) -> str:
    """What the event's text is, in a word: goal, arguments, output, ..."""
    return _KINDS.get(type(event), "")


def searchable(event: Event) -> str:
    """The event's words, one value a line, without control characters; empty if it has none."""
    parts: list[str] = []
    left = LONGEST
    for part in _values(event):
        parts.append(part[:left])
        left -= len(part) + 1
        if left <= 0:
            break
    return _CONTROLS.sub(" ", "\n".join(parts))


def _values(event: Event) -> Iterator[str]:
    match event:
        case ev.RunAccepted():
            yield event.goal
        case ev.PlanProposed():
            yield event.title
        case ev.StepProposed():
            yield event.text
        case ev.StepStarted() | ev.ApprovalRequested():
            yield from _leaves(event.args)
        case ev.ApprovalDecided():
            yield event.reason
            yield from _leaves(event.args)
        case ev.StepFinished():
            yield from _leaves(event.output)
        case ev.StepFailed():
            yield event.error
        case ev.QuestionAsked():
            yield event.question
        case ev.QuestionAnswered():
            yield from _leaves(event.answer)
        case ev.InstructionGiven():
            yield event.text
        case ev.RunRenamed():
            yield event.title
        case ev.RunFinished():
            yield event.answer
        case ev.RunFailed():
            yield event.error
            yield event.answer
        case _:
            return


def _leaves(value: Any) -> Iterator[str]:  # noqa: ANN401  (any JSON)
    """Every text and number of a value, in order; a stack, since a value may be deep."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, float) or _is_plain_number(one):
            yield str(one)
        elif isinstance(one, dict):
            stack.extend(reversed(list(one.values())))
        elif isinstance(one, list | tuple):
            stack.extend(reversed(one))


def _is_plain_number(value: object) -> bool:
    """A whole number that somebody may look for, not a digest (nor one too long to be text)."""
    return isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 256
