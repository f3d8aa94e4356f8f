"""Tools that change tables: edit_table, write_table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, Preview, ToolContext, ToolResult, tool
from butler_tui.tools.cell_edits import CellEdit, Edited, shown_rows
from butler_tui.tools.changes import NOTHING
from butler_tui.tools.confinement import Place
from butler_tui.tools.csv_edit import edit_csv
from butler_tui.tools.csv_text import delimiter_of, records
from butler_tui.tools.diffs import comparable, unified
from butler_tui.tools.places import (
    Change,
    entry_at,
    file_receipt,
    open_place,
    rewrite,
    writable_place,
)
from butler_tui.tools.plain_text import read_text
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended
from butler_tui.tools.sheets import read_rows
from butler_tui.tools.table_loading import CSV, WORKBOOK
from butler_tui.tools.table_writing import Grid, csv_bytes, grid_of, workbook_bytes
from butler_tui.tools.workbook_edit import edit_workbook


class EditedTable(BaseModel):
    """A table that was edited, how many of its cells are different now, and what it lost."""

    path: str
    changed: int
    notes: list[str] = []


class WrittenTable(BaseModel):
    """A table that was written: how many rows below its header, and how large it is in bytes."""

    path: str
    rows: int
    bytes: int


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",), timeout=120)
async def edit_table(
    context: ToolContext,
    path: Annotated[str, "the .csv, .tsv or .xlsx file"],
    sheet: Annotated[str | None, "the sheet of a workbook; the first one if left out"] = None,
    cells: Annotated[
        list[CellEdit] | None,
        "[{'cell': 'B2', 'value': 5}] or [{'row': 2, 'column': 'Price', 'value': 5}]; the header "
        "is row 1, None empties, 'formula' instead of 'value' in workbooks",
    ] = None,
) -> Annotated[ToolResult, EditedTable]:
    """Change single cells of a table; the rest stays as it is, formulas and styles too."""
    done: list[Edited] = []

    def make(at: Place) -> bytes:
        done.append(_edit(at, cells, sheet))
        return done[-1].data

    at = await asyncio.to_thread(writable_place, context, path)

    def result(change: Change) -> ToolResult:
        edited = done[-1]
        did = f"Changed {_counted(edited.changed, 'cell')} of {at.shown}."
        return ToolResult(
            EditedTable(path=at.shown, changed=edited.changed, notes=edited.notes),
            file_receipt(" ".join([did, *edited.notes]), change),
        )

    return result(await rewrite(context, path, make, result))


edit_table.verifies(files_as_written)
edit_table.settles(as_intended, late=False)


@edit_table.previews
async def _(
    context: ToolContext,
    path: str,
    sheet: str | None = None,
    cells: list[CellEdit] | None = None,
) -> Preview:
    def prepare() -> Preview:
        at = writable_place(context, path)
        edited = _edit(at, cells, sheet)
        return _diff((at.shown, at.shown), edited.before, edited.after, edited.notes)

    return await asyncio.to_thread(prepare)


@tool(
    effect=Effect.CHANGE,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("path",),
    timeout=120,
    content=("rows",),
)
async def write_table(
    context: ToolContext,
    path: Annotated[str, "the .csv, .tsv or .xlsx file; folders that are missing are made"],
    rows: Annotated[list[Any], "a list of objects (their keys are the header), or of lists"],
) -> Annotated[ToolResult, WrittenTable]:
    """Write rows to a table file, replacing what was there."""
    at = await asyncio.to_thread(writable_place, context, path)
    grid = grid_of(rows)
    count = len(grid.rows) - grid.headed

    def result(change: Change) -> ToolResult:
        return ToolResult(
            WrittenTable(path=at.shown, rows=count, bytes=change.size),
            file_receipt(f"Wrote {_counted(count, 'row')} to {at.shown}.", change),
        )

    return result(await rewrite(context, path, lambda at: _table_bytes(at, grid), result))


write_table.verifies(files_as_written)
write_table.settles(as_intended, late=False)


@write_table.previews
async def _(context: ToolContext, path: str, rows: list[Any]) -> Preview:
    def prepare() -> Preview:
        at = writable_place(context, path)
        grid = grid_of(rows)
        _kind(at)
        is_new = entry_at(at.real) is None
        before, notes = ([], []) if is_new else _rows_of(at)
        after = shown_rows(dict(enumerate(grid.rows, 1)))
        return _diff((NOTHING if is_new else at.shown, at.shown), before, after, notes)

    return await asyncio.to_thread(prepare)


def _edit(at: Place, cells: Sequence[CellEdit] | None, sheet: str | None) -> Edited:
    if not cells:
        raise ToolError("bad_arguments", "No cells are named; say which to change, and to what.")
    if _kind(at) == "workbook":
        return edit_workbook(at, sheet, cells)
    if sheet is not None:
        raise ToolError("no_such_sheet", f"{at.shown} is no workbook; leave the sheet out.")
    return edit_csv(at, cells)


def _kind(at: Place) -> Literal["csv", "workbook"]:
    suffix = at.real.suffix.lower()
    if suffix in WORKBOOK:
        return "workbook"
    if suffix in CSV:
        return "csv"
    raise ToolError(
        "not_a_table", f"{at.shown} is no table that Butler writes; use .csv, .tsv or .xlsx."
    )


def _table_bytes(at: Place, grid: Grid) -> bytes:
    if _kind(at) == "csv":
        return csv_bytes(grid, at.real.suffix.lower(), at.shown)
    if at.real.suffix.lower() != ".xlsx":
        raise ToolError("not_a_table", f"{at.shown} cannot be written anew; use .xlsx.")
    return workbook_bytes(grid, at.shown)


def _rows_of(at: Place) -> tuple[list[str], list[str]]:
    """The lines of a table that will be replaced, and what else goes with it."""
    try:
        if _kind(at) == "workbook":
            with open_place(at) as file:
                rows, others = read_rows(file, at.shown)
            notes = [f"This also removes the sheets {', '.join(others)}."] if others else []
            return shown_rows(dict(enumerate(rows, 1))), notes
        text = read_text(at).text
        found = records(text, delimiter_of(text, at.real.suffix))
        return shown_rows({row: one.cells for row, one in enumerate(found, 1)}), []
    except ToolError as error:
        if error.code not in ("bad_table", "binary", "too_big"):
            raise
        return [], [f"This replaces what is there now ({at.real.stat().st_size:,} bytes)."]


def _diff(
    names: tuple[str, str], before: Sequence[str], after: Sequence[str], notes: Sequence[str]
) -> Preview:
    old, new = "".join(before), "".join(after)
    if not comparable(old, new):
        counts = f"{_counted(len(before), 'row')} by {_counted(len(after), 'row')}"
        return Preview(" ".join([f"replaces {counts} in {names[1]}, too many to show.", *notes]))
    if old == new and not notes:
        return Preview(f"leaves {names[1]} as it is")
    lines = [f"# {note}\n" for note in notes]
    return Preview("".join([*lines, unified(old, new, *names).text]), "diff")


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
