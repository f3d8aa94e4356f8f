"""A list of rows as the bytes of a CSV, TSV or Excel file."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json, text_of
from butler_tui.tools.cell_edits import (
    MOST_COLUMNS,
    MOST_TABLE_ROWS,
    CellValue,
    column_letters,
)
from butler_tui.tools.csv_text import PLAIN
from butler_tui.tools.workbook_edit import put_value

WIDEST = 60


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells by row; `headed` when the first row holds the names of the columns."""

    rows: Sequence[Sequence[CellValue]]
    headed: bool

    @property
    def width(self) -> int:
        """The number of columns."""
        return max(len(row) for row in self.rows)


def grid_of(rows: Sequence[Any]) -> Grid:
    """Objects (their keys become the header) or lists; ToolError `no_rows`, `bad_rows`."""
    if not rows:
        raise ToolError("no_rows", "There are no rows to write.")
    if all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(str(name) for row in rows for name in row))
        if not names:
            raise ToolError("no_rows", "The rows have no fields to write.")
        body = [[_cell(row.get(name)) for name in names] for row in rows]
        return Grid([names, *body], headed=True)
    if all(isinstance(row, list | tuple) for row in rows):
        if not any(rows):
            raise ToolError("no_rows", "The rows are all empty.")
        return Grid([[_cell(value) for value in row] for row in rows], headed=False)
    raise ToolError("bad_rows", "rows must be a list of objects or a list of lists, not both.")


def _cell(value: Json) -> CellValue:
    return text_of(value) if isinstance(value, list | dict) else value


def csv_bytes(grid: Grid, suffix: str, shown: str) -> bytes:
    """The grid as CSV in UTF-8, with tabs in a .tsv file."""
    style = replace(PLAIN, delimiter="\t") if suffix in (".tsv", ".tab") else PLAIN
    text = "".join(style.write([style.cell(value) for value in row]) for row in grid.rows)
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ToolError(
            "bad_arguments", f"A cell for {shown} holds half a character; leave it out."
        ) from error


def workbook_bytes(grid: Grid, shown: str) -> bytes:
    """The grid as the only sheet of a new workbook; text that looks like a formula stays text."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    if len(grid.rows) > MOST_TABLE_ROWS or grid.width > MOST_COLUMNS:
        raise ToolError("too_big", f"{shown} has no room for so many rows; write a .csv file.")
    book = Workbook()
    page: Any = book.active
    page.title = "Table"
    for number, row in enumerate(grid.rows, 1):
        for column, value in enumerate(row, 1):
            if value is not None:
                put_value(page.cell(number, column), value)
    if grid.headed:
        for cell in page[1]:
            cell.font = Font(bold=True)
        page.freeze_panes = "A2"
    for column in range(1, grid.width + 1):
        page.column_dimensions[column_letters(column)].width = _width(grid, column)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _width(grid: Grid, column: int) -> float:
    """Wide enough for most of what stands in the column."""
    texts = (text_of(row[column - 1]) for row in grid.rows[:200] if len(row) >= column)
    longest = max((len(line) for text in texts for line in text.split("\n")), default=0)
    return min(max(longest + 2, 8), WIDEST)
