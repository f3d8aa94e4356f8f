"""The card of a held call and of a question: what is said before anything happens. Pure."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from textual.content import Content

from butler_tui.core.asking_events import HERE
from butler_tui.core.events import ApprovalRequested, QuestionAsked
from butler_tui.core.labels import Labels, text_of
from butler_tui.core.tool_context import said_of_effect
from butler_tui.tui.deck import Asked
from butler_tui.tui.own_questions import asks_itself, own_question
from butler_tui.tui.parts import Part, gathered
from butler_tui.tui.text import joined, lines, shown, shown_line
from butler_tui.tui.values import arguments, preview, source_of

_SHORT = 60


def place_of(asked: ApprovalRequested | QuestionAsked) -> str:
    """The step that asks, with its element."""
    return asked.step + "".join(f"[{number}]" for number in asked.item)


def head_of(asked: ApprovalRequested, count: int = 1) -> Content:
    """Which tool, what it does to the world, whether that can be undone, why it is asked."""
    style = "$quiet" if asked.undoable else "$warning"
    times = f" · {count} calls" if count > 1 else ""
    step = asked.step if count > 1 else place_of(asked)
    first = joined(
        shown_line(asked.tool, "bold"),
        (times, "bold"),
        "  ",
        (effect_of(asked), style),
        "  ",
        shown_line(f"step {step}", "$quiet"),
    )
    return lines([first, shown(f"asked because {asked.because or 'nothing allows it'}", "$quiet")])


def effect_of(asked: ApprovalRequested) -> str:
    """What the call does to the world, and whether that can be undone."""
    return said_of_effect(asked.effect, asked.undoable)


def body_of(asks: Sequence[Asked]) -> tuple[Part, ...]:
    """The head, the exact arguments in full with their sources, and what the tool would do.

    Several calls stand one below the other, each with all of that.
    """
    return gathered(_body(asks))


def _body(asks: Sequence[Asked]) -> Iterator[Part]:
    first = asks[0]
    if isinstance(first, QuestionAsked) and asks_itself(first):
        yield from own_question(first)
        return
    if isinstance(first, QuestionAsked):
        yield shown_line(f"step {place_of(first)} asks", "$quiet")
        yield Content("")
        yield shown(first.question, "bold")
        return
    yield head_of(first, len(asks))
    for one in asks:
        if isinstance(one, ApprovalRequested):
            yield Content("")
            if len(asks) > 1:
                yield shown_line(place_of(one), "bold")
            yield from call_of(one)


def call_of(asked: ApprovalRequested, *, folder: str = "") -> Iterator[Part]:
    """One call: its arguments in full, with their sources, and what its tool says it would do.

    `folder` has been said to be where its paths start.
    """
    short = {name: value for name, value in asked.args.items() if _is_short(text_of(value))}
    long = {name: value for name, value in asked.args.items() if name not in short}
    yield from arguments(short, asked.labels)
    yield from _led_to(asked, folder)
    yield from _decided_by(asked)
    if asked.preview:
        yield joined("\n", ("what it would do", "$quiet"))
        yield from preview(asked.preview, asked.preview_kind)
    if long:
        yield Content("")
        yield from arguments(long, asked.labels)


def starts_in(asked: ApprovalRequested) -> str:
    """The folder in which a path of the call starts that leads nowhere else; empty for none."""
    here = asked.seen.get(HERE, "")
    return here if any(_leads_from(here, place, value) for _, value, place in _led(asked)) else ""


def _led_to(asked: ApprovalRequested, folder: str) -> Iterator[Part]:
    """Where a path really leads, when neither it nor the folder that was said says so."""
    for name, value, place in _led(asked):
        if not _leads_from(folder, place, value):
            yield joined(shown_line(f"{name} is ", "$quiet"), shown(place))


def _led(asked: ApprovalRequested) -> Iterator[tuple[str, str, str]]:
    """Each argument that leads to something that it does not say itself."""
    for name, value in asked.args.items():
        place = asked.seen.get(name)
        if place is not None and isinstance(value, str) and place != value:
            yield name, value, place


def _leads_from(folder: str, place: str, path: str) -> bool:
    """True when the path read from that folder on is that place: no link leads elsewhere."""
    return bool(folder) and place == os.path.normpath(f"{folder}/{path}")


def _decided_by(asked: ApprovalRequested) -> Iterator[Part]:
    """What decided that it runs, when a stranger may have."""
    control = Labels.load(asked.control)
    if control.overall().untrusted:
        yield joined(("that it runs was decided by what is ", "$quiet"), source_of(control))


def _is_short(text: str) -> bool:
    return len(text) <= _SHORT and "\n" not in text
