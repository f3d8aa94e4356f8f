"""Text in the cells of a terminal: how many it takes, and how it is laid into a column. Pure."""

from __future__ import annotations

import unicodedata

from butler_tui.core.clean import visible


def cells(text: str) -> int:
    """How many cells of the terminal the text takes."""
    return sum(cells_of(char) for char in text)


def cells_of(char: str) -> int:
    """The cells of one character: none, one or two."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def wrapped(text: str, room: int) -> list[tuple[str, int]]:
    """The text in lines of at most so many cells, cleaned, each with how many it takes."""
    made: list[tuple[str, int]] = []
    for line in visible(text).expandtabs(4).split("\n"):
        kept, used = "", 0
        for char in line:
            taken = cells_of(char)
            if used + taken > room:
                made.append((kept, used))
                kept, used = "", 0
            kept, used = kept + char, used + taken
        made.append((kept, used))
    return made
