"""Editing cells of a CSV file: records that are not touched keep their very bytes."""

from __future__ import annotations

from collections.abc import Sequence

from butler_tui.core.errors import ToolError
from butler_tui.tools.cell_edits import CellEdit, Edited, place_of, shown_rows
from butler_tui.tools.confinement import Place
from butler_tui.tools.csv_text import Record, Style, delimiter_of, records, style_of
from butler_tui.tools.plain_text import read_text

MOST_ADDED = 1_000
"""Rows that may be added at once below the last."""


def edit_csv(at: Place, edits: Sequence[CellEdit]) -> Edited:
    """The file's new bytes: its delimiter, quotes, line ends and encoding stay."""
    before = read_text(at)
    delimiter = delimiter_of(before.text, at.real.suffix)
    found = list(records(before.text, delimiter))
    style = style_of(found, delimiter)
    cells = [list(record.cells) for record in found]
    touched: set[int] = set()
    changed = 0
    for edit in edits:
        if edit.formula is not None:
            raise ToolError("no_formulas", f"{at.shown} is CSV, which has no formulas.")
        row, column = place_of(edit, cells[:50], at.shown)
        if row > len(found) + MOST_ADDED:
            raise ToolError(
                "no_such_row", f"{at.shown} has {len(found)} rows; row {row} is far below them."
            )
        _grow(cells, row, column)
        text = style.cell(edit.value)
        if cells[row - 1][column - 1] != text or row > len(found):
            changed += cells[row - 1][column - 1] != text
            cells[row - 1][column - 1] = text
            touched.add(row)
    touched |= set(range(len(found) + 1, len(cells) + 1))
    return Edited(
        before.encoded(_joined(found, cells, touched, style), at.shown),
        changed,
        shown_rows({row: found[row - 1].cells for row in touched if row <= len(found)}),
        shown_rows({row: cells[row - 1] for row in touched}),
    )


def _grow(cells: list[list[str]], row: int, column: int) -> None:
    """Make room; a new row is as wide as the first."""
    width = len(cells[0]) if cells else column
    while len(cells) < row:
        cells.append([""] * width)
    line = cells[row - 1]
    line.extend([""] * (column - len(line)))


def _joined(
    found: Sequence[Record], cells: Sequence[Sequence[str]], touched: set[int], style: Style
) -> str:
    parts = [
        style.write(line) if row in touched else found[row - 1].raw
        for row, line in enumerate(cells, 1)
    ]
    last = found[-1].raw if found else ""
    ended = not found or last.endswith(("\n", "\r"))
    if not ended and len(cells) > len(found) and len(found) not in touched:
        parts[len(found) - 1] += style.line_end
    text = "".join(parts)
    return text if ended else text.removesuffix(style.line_end)
