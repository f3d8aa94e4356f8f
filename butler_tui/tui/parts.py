"""What a view consists of: parts that are laid out one below the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.content import Content

from butler_tui.tui.text import PAGE_LENGTH, joined, lines

TONES = {
    "quiet": "$quiet",
    "plain": "",
    "going": "$primary",
    "done": "$success",
    "needs": "$warning",
    "bad": "$error",
}


@dataclass(frozen=True, slots=True)
class Prose:
    """Text that is shown as Markdown when it is looked at, or as it was written."""

    text: str


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines that stay lines: what does not fit the width ends in `…`, and is in full elsewhere."""

    content: Content


Part = Content | Prose | Rows


@dataclass(frozen=True, slots=True)
class View:
    """What is said in full: a title for the border, and its parts.

    `streams`: the last part is still growing, and its end is what one watches.
    """

    title: str
    parts: tuple[Part, ...]
    streams: bool = False


def gathered(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The parts, what is short put together: a part is about what a screen lays out at once."""
    made: list[Part] = []
    held: list[Content] = []
    for part in parts:
        if not isinstance(part, Content) or sum(map(len, held)) > PAGE_LENGTH:
            made += [lines(held)] if held else []
            held = []
        if isinstance(part, Content):
            held.append(part)
        else:
            made.append(part)
    return (*made, lines(held)) if held else tuple(made)


def heading(text: str) -> Content:
    """A quiet line above what it speaks of."""
    return joined("\n", (text, "$quiet"))
