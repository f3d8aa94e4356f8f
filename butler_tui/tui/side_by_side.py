"""Two runs side by side, as wide as the screen; where that is narrow, one below the other. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from butler_tui.core.columns import wrapped
from butler_tui.core.comparing import Comparison, Row
from butler_tui.tui.parts import Part, Rows, View, heading
from butler_tui.tui.text import joined, lines, shown, shown_diff

_WHAT = 14
_GAP = 3
_NARROW = 72
"""Cells below which two columns are too narrow to be read."""

_LEFT, _RIGHT = "$error", "$success"


def comparison_view(found: Comparison, room: int) -> View:
    """What differs has a `|` between its sides, and colours."""
    said = lines(line for row in found.rows() for line in _row(row, room))
    part: Part = said if room < _NARROW else Rows(said)
    return View(f"run {found.left.run} | run {found.right.run}", (part,))


def _row(row: Row, room: int) -> Iterator[Content]:
    if row.title:
        yield Content("")
        yield heading(row.what)
    elif row.lines:
        if row.what.strip():
            yield shown(row.what)
        yield shown_diff("\n".join(row.lines))
    elif room < _NARROW:
        yield from _below(row)
    else:
        yield from _beside(row, (room - _WHAT - _GAP) // 2)


def _below(row: Row) -> Iterator[Content]:
    if not row.differs:
        yield shown(f"{row.what}  {row.left}")
        return
    yield shown(row.what)
    yield shown(f"- {row.left}", _LEFT)
    yield shown(f"+ {row.right}", _RIGHT)


def _beside(row: Row, room: int) -> Iterator[Content]:
    left, right = wrapped(row.left, room), wrapped(row.right, room)
    whats = wrapped(row.what, _WHAT - 1)
    sign = " | " if row.differs else "   "
    styles = (_LEFT, _RIGHT) if row.differs else ("", "")
    for at in range(max(len(left), len(right), len(whats))):
        what, used = whats[at] if at < len(whats) else ("", 0)
        one, taken = left[at] if at < len(left) else ("", 0)
        other, _ = right[at] if at < len(right) else ("", 0)
        yield joined(
            (what + " " * (_WHAT - used), "$quiet"),
            (one + " " * (room - taken), styles[0]),
            (sign, "$quiet"),
            (other, styles[1]),
        )
