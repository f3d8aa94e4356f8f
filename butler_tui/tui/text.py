"""Pieces of text for the screen: cleaned at the boundary, coloured by us, never read as markup."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content

from butler_tui.core.clean import visible, visible_line
from butler_tui.tui.redacted import redacted

Piece = Content | tuple[str, str] | str
"""Something to show: content, text of ours with its style, or text of ours."""

PAGE_LINES = 800
PAGE_LENGTH = 60_000


def shown(text: str, style: str = "") -> Content:
    """Text from outside, with its newlines."""
    return Content.styled(visible(text).expandtabs(4), style)


def shown_error(error: Exception | str) -> Content:
    """What is wrong, without any known secret."""
    return shown(redacted(str(error)), "$error")


def shown_line(text: str, style: str = "", most: int = 0) -> Content:
    """Text from outside on one line; with `most`, at most so many characters, the last a `…`."""
    line = visible_line(text[: most + 1] if most else text)
    if most and len(line) > most:
        line = line[: most - 1] + "…"
    return Content.styled(line, style)


def joined(*pieces: Piece) -> Content:
    """The pieces, one behind the other."""
    return Content.assemble(*pieces)


def lines(pieces: Iterable[Content]) -> Content:
    """The pieces, one below the other."""
    return Content("\n").join(pieces)


def pages(text: str) -> list[str]:
    """Long text in parts that are quick to lay out; joined with newlines, it is all there."""
    if len(text) <= PAGE_LENGTH and text.count("\n") < PAGE_LINES:
        return [text]
    made: list[str] = []
    held: list[str] = []
    length = 0
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), PAGE_LENGTH):
            part = line[start : start + PAGE_LENGTH]
            if held and (len(held) >= PAGE_LINES or length + len(part) > PAGE_LENGTH):
                made.append("\n".join(held))
                held, length = [], 0
            held.append(part)
            length += len(part)
    return [*made, "\n".join(held)]


_DIFF = (("+++", "bold"), ("---", "bold"), ("@@", "$primary"), ("+", "$success"), ("-", "$error"))


def shown_diff(text: str) -> Content:
    """A unified diff with its lines coloured; the signs say the same without colour."""
    return lines(_diff_line(line) for line in visible(text).expandtabs(4).split("\n"))


def _diff_line(line: str) -> Content:
    style = next((style for sign, style in _DIFF if line.startswith(sign)), "")
    return Content.styled(line, style)
