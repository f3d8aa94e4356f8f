"""What differs between two texts, as a unified diff."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

MOST_LINES = 20_000
"""More lines than this are not compared one by one: it would take minutes."""


@dataclass(frozen=True, slots=True)
class Diff:
    """A unified diff (empty when nothing differs) and how many lines it adds and removes."""

    text: str
    added: int
    removed: int


def comparable(*texts: str) -> bool:
    """True when the texts are short enough to be compared line by line."""
    return all(text.count("\n") < MOST_LINES for text in texts)


def unified(before: str, after: str, old_name: str, new_name: str) -> Diff:
    """The lines to remove from `before` and to add to make it `after`, with three around them."""
    old_name, new_name = (" ".join(name.splitlines()) for name in (old_name, new_name))
    lines: list[str] = []
    added = removed = 0
    for number, line in enumerate(
        difflib.unified_diff(_lines(before), _lines(after), old_name, new_name, lineterm="\n")
    ):
        if number > 1:
            added += line.startswith("+")
            removed += line.startswith("-")
        lines.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    return Diff("".join(lines), added, removed)


def _lines(text: str) -> list[str]:
    """The lines with their ends; only a line feed ends one, as in every other diff."""
    *lines, last = text.split("\n")
    return [line + "\n" for line in lines] + ([last] if last else [])
