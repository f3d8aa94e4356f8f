"""Editing cells of an Excel workbook: formulas and styles stay, and what cannot stay is named."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime, time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from butler_tui.core.errors import ToolError
from butler_tui.tools.cell_edits import CellEdit, CellValue, Edited, place_of, shown_rows
from butler_tui.tools.confinement import Place
from butler_tui.tools.places import open_place
from butler_tui.tools.sheets import header_row, sheet_named, workbook

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

LONGEST_TEXT = 32_767
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_EXACT = 2**53
MOST_TO_EDIT = 60_000_000
"""Bytes of cells, unpacked: about 700,000 rows of two columns, which take a minute."""


def edit_workbook(at: Place, sheet: str | None, edits: Sequence[CellEdit]) -> Edited:
    """The workbook's new bytes, with the edits made on one sheet."""
    check = partial(_check_editable, shown=at.shown)
    with open_place(at) as file, workbook(file, at.shown, check=check) as book:
        lost = losses(file)
        page: Any = book[sheet_named(book, sheet, at.shown)]
        edited = _edit(page, edits, at.shown)
        if edited.changed:
            out = io.BytesIO()
            book.save(out)
            edited.data = out.getvalue()
            edited.notes = [f"{at.shown} will lose {' and '.join(lost)}."] if lost else []
        else:
            file.seek(0)
            edited.data = file.read()
    return edited


def _check_editable(entries: Sequence[zipfile.ZipInfo], *, shown: str) -> None:
    """Raise ToolError for a workbook whose edit would lose something unsaid, or take minutes."""
    macros = any(entry.filename == "xl/vbaProject.bin" for entry in entries)
    if macros and not shown.lower().endswith(".xlsm"):
        raise ToolError(
            "bad_table",
            f"{shown} has macros, which its name hides; rename it to .xlsm first.",
        )
    cells = sum(one.file_size for one in entries if one.filename.startswith("xl/worksheets/"))
    if cells > MOST_TO_EDIT:
        raise ToolError(
            "too_big",
            f"{shown} has {cells // 1_000_000} MB of cells, too many to edit here; "
            "change it in a spreadsheet program, or write what you need to a new table.",
        )


def _edit(page: Worksheet, edits: Sequence[CellEdit], shown: str) -> Edited:
    first_rows = [list(row) for row in islice(page.iter_rows(values_only=True), 50)]
    header = (header_row(first_rows) or 0) + 1
    last = page.max_row
    before: dict[int, Sequence[object]] = {}
    edited = Edited(b"", 0)
    places: list[int] = []
    for edit in edits:
        row, column = place_of(edit, first_rows, shown)
        if row <= last:
            before.setdefault(row, _values(page, row))
        places.append(row)
        edited.changed += _set(page, row, column, edit, styled_from=header if row > last else None)
    edited.before = shown_rows(before)
    edited.after = shown_rows({row: _values(page, row) for row in places})
    return edited


def _values(page: Worksheet, row: int) -> list[object]:
    cells: Any = next(page.iter_rows(min_row=row, max_row=row), ())
    values = [_as_seen(cell) for cell in cells]
    while values and values[-1] is None:
        values.pop()
    return values


def _as_seen(cell: Any) -> object:  # noqa: ANN401  (openpyxl has no types)
    """A cell's value or formula; text that could be taken for a formula has a mark before it."""
    value = cell.value
    if cell.data_type == "s" and str(value).startswith("="):
        return f"'{value}"
    return getattr(value, "text", value) if cell.data_type == "f" else value


def _set(page: Worksheet, row: int, column: int, edit: CellEdit, styled_from: int | None) -> bool:
    """Set one cell; True when it was something else before. A new row looks like those above."""
    from openpyxl.cell.cell import MergedCell

    cell: Any = page.cell(row, column)
    if isinstance(cell, MergedCell):
        ranges: Any = page.merged_cells.ranges
        merged = next(str(one) for one in ranges if cell.coordinate in one)
        raise ToolError(
            "merged_cell",
            f"{cell.coordinate} is part of the merged cell {merged}; edit its first cell.",
        )
    old = cell.value, cell.data_type
    if styled_from is not None and not cell.has_style:
        above = (page.cell(one, column) for one in range(row - 1, styled_from, -1)[:50])
        styled: Any = next((one for one in above if one.has_style), cell)
        cell._style = copy(styled._style)
    if edit.formula is not None:
        cell.value = edit.formula
    else:
        put_value(cell, edit.value)
    return (cell.value, cell.data_type) != old


def put_value(cell: Any, value: CellValue) -> None:  # noqa: ANN401  (openpyxl has no types)
    """Put a value into a cell so that text stays text, also when it looks like a formula.

    In a cell that shows dates, text in ISO form becomes a date.
    """
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise ToolError(
                "too_long",
                f"A cell of a workbook holds at most {LONGEST_TEXT:,} characters; for "
                f"{cell.coordinate} there are {len(value):,}.",
            )
        moment = _moment(value) if cell.is_date else None
        text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", value)
        cell.value = text if moment is None else moment
        if moment is None:
            cell.data_type = "s"
    elif isinstance(value, int) and abs(value) > _EXACT:
        cell.value = str(value)  # Excel would round its last digits
    else:
        cell.value = value


def _moment(text: str) -> date | time | None:
    """A date, date and time, or time written in ISO form."""
    for kind in (date, datetime, time):
        try:
            return kind.fromisoformat(text.strip())
        except ValueError:
            continue
    return None


_PARTS = {
    "xl/slicers/": "slicers",
    "xl/timelines/": "timelines",
    "xl/threadedComments/": "threaded comments",
    "xl/ctrlProps/": "form controls",
    "xl/activeX/": "form controls",
    "xl/diagrams/": "diagrams",
    "xl/richData/": "linked data types",
    "xl/model/": "its data model",
    "xl/charts/": "some of the charts' formatting",
}


_INSIDE = (
    (r"xl/worksheets/[^/]+\.xml", rb"<extLst", "sparklines or newer conditional formats"),
    (r"xl/drawings/[^/]+\.xml", rb"<xdr:(?:sp|cxnSp|grpSp)[ >]", "drawn shapes"),
)


def losses(file: BinaryIO) -> list[str]:
    """What of a workbook openpyxl cannot keep, in words; nothing for what is no workbook."""
    found: dict[str, None] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                found.update({words: None for part, words in _PARTS.items() if part in name})
                for path, content, words in _INSIDE:
                    if re.fullmatch(path, name) and re.search(content, archive.read(name)):
                        found[words] = None
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError):
        return []
    return list(found)
