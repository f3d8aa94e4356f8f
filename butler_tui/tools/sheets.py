"""Sheets of an Excel workbook as columns with one type each."""

from __future__ import annotations

import re
import threading
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_UNPACKED = 500_000_000
MOST_TIMES = 200
"""What unpacks to more times its size was made to do harm, once it is larger than PLAIN bytes."""
PLAIN = 50_000_000
MOST_CELLS = 5_000_000
_WARNINGS = threading.Lock()


@dataclass(slots=True)
class Sheet:
    """The values of one sheet below its header row; `types` are SQL types, one per column."""

    name: str
    names: list[str] = field(default_factory=list[str])
    types: list[str] = field(default_factory=list[str])
    rows: list[list[Any]] = field(default_factory=list[list[Any]])


_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    SyntaxError,  # XML that is none
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    NotImplementedError,
    RuntimeError,  # a password
)
"""What openpyxl raises for files that are not as it expects, when opened or later."""


@contextmanager
def workbook(
    file: BinaryIO,
    shown: str,
    *,
    values: bool = False,
    check: Callable[[Sequence[zipfile.ZipInfo]], None] | None = None,
) -> Iterator[Workbook]:
    """A workbook opened by openpyxl; with `values` only to read what its cells show.

    `check` is given its parts before anything is unpacked. Raises ToolError `bad_table` when it
    is none, `too_big`.
    """
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
        unpacked = sum(entry.file_size for entry in entries)
        packed = sum(entry.compress_size for entry in entries)
        if unpacked > min(MOST_UNPACKED, max(PLAIN, MOST_TIMES * packed)):
            raise ToolError(
                "too_big", f"{shown} unpacks to {unpacked // 1_000_000} MB, too much to open."
            )
        if check is not None:
            check(entries)
        file.seek(0)
        with closing(_opened(file, macros=shown.lower().endswith(".xlsm"), values=values)) as book:
            yield book
    except (*_BROKEN, InvalidFileException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # the disk, not the workbook
            raise
        raise ToolError(
            "bad_table", f"{shown} is not a workbook that can be read; save it anew as .xlsx."
        ) from error


def _opened(file: BinaryIO, *, macros: bool, values: bool) -> Workbook:
    from openpyxl import load_workbook

    # openpyxl warns on the terminal of what it does not know; the filters are global.
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if values:
            return load_workbook(file, read_only=True, data_only=True)
        return load_workbook(file, keep_vba=macros, rich_text=True)


def sheet_named(book: Workbook, wanted: str | None, shown: str) -> str:
    """The name of the wanted sheet, or of the first; ToolError `no_such_sheet`."""
    names = [sheet.title for sheet in book.worksheets]
    if not names:
        raise ToolError("bad_table", f"{shown} has no sheet with cells.")
    if wanted is None:
        return names[0]
    for name in names:
        if name == wanted or name.casefold() == wanted.strip().casefold():
            return name
    raise ToolError("no_such_sheet", f"{shown} has no sheet {wanted!r}; it has {', '.join(names)}.")


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets that were read, the names of all, and how many formulas have no saved value."""

    read: Sequence[Sheet]
    names: Sequence[str]
    uncalculated: int


def read_sheets(file: BinaryIO, shown: str, wanted: str | None, stop: threading.Event) -> Sheets:
    """The wanted sheet of a workbook, or all of them."""
    with workbook(file, shown, values=True) as book:
        names = [sheet.title for sheet in book.worksheets]
        first = sheet_named(book, wanted, shown)
        chosen = [first] if wanted is not None else names
        return Sheets(
            [_read(book, name, shown, stop) for name in chosen], names, _uncalculated(file)
        )


def read_rows(file: BinaryIO, shown: str) -> tuple[list[list[Any]], list[str]]:
    """The rows of a workbook's first sheet as its cells show them, and the names of the others."""
    with workbook(file, shown, values=True) as book:
        first, *others = [sheet.title for sheet in book.worksheets] or [""]
        return ([_trimmed(row) for row in _rows(book, first)] if first else []), others


def _read(book: Workbook, name: str, shown: str, stop: threading.Event) -> Sheet:
    rows: list[list[Any]] = []
    cells = 0
    for number, row in enumerate(_rows(book, name)):
        if number % 1000 == 0 and stop.is_set():
            raise ToolError("cancelled", "Reading the workbook was cancelled.")
        values = _trimmed(row)
        cells += len(values)
        if cells > MOST_CELLS:
            raise ToolError(
                "too_big",
                f"Sheet {name} of {shown} has more than {MOST_CELLS:,} cells; save it as CSV or "
                "Parquet first.",
            )
        rows.append(values)
    while rows and not rows[-1]:
        rows.pop()
    at = header_row(rows)
    if at is None:
        return Sheet(name)
    width = max(len(row) for row in rows[at:])
    body = [row + [None] * (width - len(row)) for row in rows[at + 1 :] if row]
    types = [_type([row[place] for row in body]) for place in range(width)]
    names = column_names([*rows[at], *[None] * (width - len(rows[at]))])
    return Sheet(name, names, types, body)


def _rows(book: Workbook, name: str) -> Iterator[Sequence[Any]]:
    sheet: Any = book[name]
    if hasattr(sheet, "reset_dimensions"):
        sheet.reset_dimensions()  # what a file says of its own size is often wrong
    return sheet.iter_rows(values_only=True)


def _trimmed(row: Sequence[Any]) -> list[Any]:
    values = list(row)
    while values and values[-1] in (None, ""):
        values.pop()
    return values


def header_row(rows: Sequence[Sequence[Any]]) -> int | None:
    """The first row with two filled cells, below a title perhaps; else the first with one."""
    filled = [sum(value not in (None, "") for value in row) for row in rows[:50]]
    several = next((place for place, count in enumerate(filled) if count > 1), None)
    first = next((place for place, count in enumerate(filled) if count), None)
    if several is None or first is None:
        return first
    below = [count for count in filled[first + 1 :] if count]
    is_title = several > first and below and max(below) > 1
    return several if is_title else first


def column_names(cells: Sequence[object]) -> list[str]:
    """A name for each column, none twice (SQL does not tell capitals apart)."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, 1):
        base = " ".join(str(cell).split()) if cell not in (None, "") else f"column_{number}"
        name, again = base, 2
        while name.casefold() in taken:
            name, again = f"{base}_{again}", again + 1
        taken.add(name.casefold())
        names.append(name)
    return names


def _type(values: Sequence[Any]) -> str:
    """The SQL type that all values of a column fit in."""
    kinds = {_kind(value) for value in values if value not in (None, "")}
    if not kinds:
        return "VARCHAR"
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {"BIGINT", "DOUBLE"}:
        return "DOUBLE"
    return "TIMESTAMP" if kinds <= {"DATE", "TIMESTAMP"} else "VARCHAR"


def _kind(value: object) -> str:
    match value:
        case bool():
            return "BOOLEAN"
        case int():
            return "BIGINT" if abs(value) < 2**63 else "VARCHAR"
        case float():
            return "DOUBLE"
        case datetime():
            return "DATE" if value.time() == time() else "TIMESTAMP"
        case date():
            return "DATE"
        case time():
            return "TIME"
        case timedelta():
            return "INTERVAL"
        case _:
            return "VARCHAR"


_UNCALCULATED = re.compile(
    rb'<c (?![^>]*t="str")[^>]*><f\b(?:[^>]*/>|[^>]*>[^<]*</f>)(?:<v ?/>|<v></v>|</c>)'
)


def _uncalculated(file: BinaryIO) -> int:
    """How many formulas have no saved value, because no spreadsheet program wrote the file."""
    file.seek(0)
    with zipfile.ZipFile(file) as archive:
        names = [one for one in archive.namelist() if one.startswith("xl/worksheets/")]
        return sum(len(_UNCALCULATED.findall(archive.read(name))) for name in names)
