"""Edits of single cells: how a plan names a cell, and what became of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from butler_tui.core.errors import ToolError
from butler_tui.tools.sheets import header_row

CellValue = str | bool | int | float | None

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
MOST_COLUMNS = 16_384
MOST_TABLE_ROWS = 1_048_576


class CellEdit(BaseModel):
    """A new value for one cell: `cell` as in B2, or `row` with `column`; None empties it.

    Rows are numbered as a spreadsheet shows them: the header is row 1. A column is a header's
    text, a letter or a number from 1. `formula` instead of `value` is calculated by the workbook.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    cell: str | None = None
    row: int | None = None
    column: str | int | None = None
    value: Any = None
    formula: str | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> CellEdit:
        if (self.cell is None) == (self.row is None or self.column is None):
            raise ValueError("give either cell (as B2) or both row and column")
        if self.cell is not None and not _ADDRESS.fullmatch(self.cell.strip()):
            raise ValueError(f"{self.cell!r} is no cell; write a letter and a number, as B2")
        if self.row is not None and not 1 <= self.row <= MOST_TABLE_ROWS:
            raise ValueError("row is at least 1")
        if ("value" in self.model_fields_set) == (self.formula is not None):
            raise ValueError("give either value or formula")
        if not isinstance(self.value, CellValue):
            raise ValueError("a value is text, a number, True, False or None")
        if self.formula is not None and not self.formula.startswith("="):
            raise ValueError("a formula starts with =")
        return self


@dataclass(slots=True)
class Edited:
    """A table after its edits: its bytes, how many cells differ, its rows before and after."""

    data: bytes
    changed: int
    before: list[str] = field(default_factory=list[str])
    after: list[str] = field(default_factory=list[str])
    notes: list[str] = field(default_factory=list[str])


def place_of(edit: CellEdit, first_rows: Sequence[Sequence[object]], shown: str) -> tuple[int, int]:
    """Row and column from 1; `first_rows` are looked through for the header."""
    if edit.cell is not None:
        found = _ADDRESS.fullmatch(edit.cell.strip())
        if found is None:
            raise ToolError("bad_arguments", f"{edit.cell!r} is no cell; write it as B2.")
        return int(found[2]), _within(column_number(found[1]), shown)
    if edit.row is None or edit.column is None:
        raise ToolError("bad_arguments", "Name the cell, or its row and column.")
    if isinstance(edit.column, int):
        return edit.row, _within(edit.column, shown)
    return edit.row, _column_named(edit.column, first_rows, shown)


def _within(column: int, shown: str) -> int:
    if not 1 <= column <= MOST_COLUMNS:
        raise ToolError("no_such_column", f"{shown} has no column {column}; columns count from 1.")
    return column


def _column_named(name: str, first_rows: Sequence[Sequence[object]], shown: str) -> int:
    at = header_row(first_rows)
    headers = [] if at is None else list(first_rows[at])
    texts = ["" if text is None else " ".join(str(text).split()) for text in headers]
    wanted = " ".join(name.split())
    for same in (texts, [text.casefold() for text in texts]):
        key = wanted if same is texts else wanted.casefold()
        if same.count(key) == 1:
            return same.index(key) + 1
        if same.count(key) > 1:
            raise ToolError(
                "no_such_column", f"{shown} has several columns {name!r}; give the letter."
            )
    if re.fullmatch(r"[A-Z]{1,3}", wanted):
        return _within(column_number(wanted), shown)
    known = ", ".join(text for text in texts if text) or "no header"
    raise ToolError("no_such_column", f"{shown} has no column {name!r}; it has {known}.")


def column_number(letters: str) -> int:
    """A = 1, Z = 26, AA = 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """1 = A, 26 = Z, 27 = AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shown_rows(rows: Mapping[int, Sequence[object]]) -> list[str]:
    """Rows as lines of a diff: their number, then their cells."""
    return [
        f"{number}: " + " | ".join(_shown(value) for value in cells) + "\n"
        for number, cells in sorted(rows.items())
    ]


def _shown(value: object) -> str:
    return "" if value is None else str(value).replace("\r", "").replace("\n", "⏎")
