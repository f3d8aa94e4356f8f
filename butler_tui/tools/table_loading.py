"""Table files into a database: CSV, TSV, Parquet, Excel.

A file is opened once, through the confined door, and DuckDB reads that open file; it never sees a
path. CSV that is not clean (ragged rows, other encodings) is put in order first, so that no row is
lost without a word.
"""

# ruff: noqa: S608  (names in the SQL are quoted or our own, values are bound)

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any, BinaryIO

from butler_tui.core.errors import ToolError
from butler_tui.tools.confinement import Place
from butler_tui.tools.csv_text import delimiter_of, records
from butler_tui.tools.places import open_place
from butler_tui.tools.plain_text import decode
from butler_tui.tools.sheets import Sheet, header_row, read_sheets
from butler_tui.tools.table_database import MOST_MEMORY, Database, one_line, quoted

MOST_UNTIDY = 200_000_000
"""Bytes; CSV that DuckDB cannot read as it is goes through memory."""

CSV = (".csv", ".tsv", ".tab", ".txt")
PARQUET = (".parquet", ".pq")
WORKBOOK = (".xlsx", ".xlsm")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table of the database: its name there, its sheet, all sheets, and what to know of it."""

    table: str
    sheet: str | None = None
    sheets: Sequence[str] = ()
    notes: Sequence[str] = ()


def load(database: Database, at: Place, sheet: str | None = None) -> list[Loaded]:
    """Load a table file; every sheet of a workbook unless one is named. Raises ToolError."""
    suffix = at.real.suffix.lower()
    if sheet is not None and suffix not in WORKBOOK:
        raise ToolError("no_such_sheet", f"{at.shown} is no workbook; leave the sheet out.")
    if suffix not in (*CSV, *PARQUET, *WORKBOOK):
        raise ToolError(
            "not_a_table",
            f"{at.shown} is not a table that Butler reads; save it as .csv, .tsv, .xlsx or "
            ".parquet.",
        )
    with open_place(at) as file, _telling_load(at):
        if suffix in WORKBOOK:
            return _load_workbook(database, at, file, sheet)
        if suffix in PARQUET:
            table = database.new_table()
            database.run(f"CREATE TABLE {table} AS FROM read_parquet('{_address(file)}')")
            return [Loaded(table)]
        return [_load_csv(database, at, file, suffix)]


def _address(file: IO[bytes]) -> str:
    """A path by which DuckDB opens exactly this open file."""
    return f"/dev/fd/{file.fileno()}"


@contextmanager
def _telling_load(at: Place) -> Iterator[None]:
    import duckdb

    try:
        yield
    except duckdb.InterruptException as error:
        raise ToolError("cancelled", f"Reading {at.shown} was cancelled.") from error
    except duckdb.OutOfMemoryException as error:
        raise ToolError(
            "too_big", f"{at.shown} does not fit into {MOST_MEMORY} of memory; split it."
        ) from error
    except duckdb.Error as error:
        said = re.sub(r"/dev/fd/\d+", "the file", one_line(error))
        raise ToolError("bad_table", f"{at.shown} cannot be read as a table: {said}.") from error


def _load_csv(database: Database, at: Place, file: BinaryIO, suffix: str) -> Loaded:
    import duckdb

    sample = _utf8_sample(file)
    if sample is not None:
        delimiter = delimiter_of(sample, suffix)
        table = database.new_table()
        with suppress(duckdb.InvalidInputException, duckdb.ConversionException):
            _read_csv(database, table, file, delimiter)
            notes = _date_notes(database, table, file, delimiter)
            return Loaded(table, notes=[*notes, *_finish(database, table, delimiter)])
    return _load_untidy(database, at, file, suffix)


def _utf8_sample(file: BinaryIO) -> str | None:
    """The start of the file as text; None when it is not UTF-8."""
    data = file.read(65_536)
    file.seek(0)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        cut_off = error.reason == "unexpected end of data" and len(data) == 65_536
        return data[: error.start].decode("utf-8-sig") if cut_off else None


def _read_csv(
    database: Database, table: str, file: IO[bytes], delimiter: str, more: str = ""
) -> None:
    """Every row or an error: left to itself, DuckDB skips first rows that do not fit."""
    database.run(f"CREATE TABLE {table} AS FROM read_csv({_options(file, delimiter)}{more})")


def _options(file: IO[bytes], delimiter: str) -> str:
    return (
        f"'{_address(file)}', delim = '{delimiter}', quote = '\"', escape = '\"', skip = 0, "
        "sample_size = -1"
    )


def _date_notes(database: Database, table: str, file: IO[bytes], delimiter: str) -> list[str]:
    """How 01/02/2024 was understood, when there are such dates: either way may be meant."""
    if not any(kind.startswith(("DATE", "TIMESTAMP")) for _, kind in database.columns(table)):
        return []
    [formats] = database.run(
        f"SELECT DateFormat, TimestampFormat FROM sniff_csv({_options(file, delimiter)})"
    )
    for one in formats:
        if str(one).startswith(("%d/", "%d-", "%m/", "%m-")):
            order = "day, month, year" if str(one).startswith("%d") else "month, day, year"
            return [f"Dates were read as {order}."]
    return []


def _load_untidy(database: Database, at: Place, file: BinaryIO, suffix: str) -> Loaded:
    """Put the records in order: UTF-8, one width, no empty ones; then as before."""
    data = file.read(MOST_UNTIDY + 1)
    if len(data) > MOST_UNTIDY:
        raise ToolError(
            "bad_table",
            f"{at.shown} is not clean CSV in UTF-8 (rows of different widths, or another "
            f"encoding) and too large to be put in order; save it anew.",
        )
    text = decode(data, at.shown).text
    delimiter = delimiter_of(text, suffix)
    rows = [list(one.cells) for one in records(text, delimiter) if any(one.cells)]
    at_row = header_row(rows) or 0
    notes = [f"What stands above the table ({_counted(at_row)}) was left out."] if at_row else []
    body = rows[at_row:]
    width = max((len(row) for row in body), default=1)
    ragged = sum(len(row) != len(body[0]) for row in body[1:])
    if ragged:
        notes.append(f"Shorter or longer than the first: {_counted(ragged)}; all were filled up.")
    table = database.new_table()
    with tempfile.TemporaryFile() as tidy:
        _write_rows(tidy, (row + [""] * (width - len(row)) for row in body), database.stop)
        _read_csv(database, table, tidy, ",", ", max_line_size = 20000000")
    return Loaded(table, notes=[*notes, *_finish(database, table, delimiter)])


def _counted(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"


def _write_rows(file: IO[bytes], rows: Iterator[Sequence[Any]], stop: threading.Event) -> None:
    """Rows as CSV whose empty cells are empty and whose texts are quoted."""
    while block := list(islice(rows, 1000)):
        if stop.is_set():
            raise ToolError("cancelled", "Reading the table was cancelled.")
        lines = (",".join(_csv_cell(value) for value in row) + "\n" for row in block)
        file.write("".join(lines).encode("utf-8", "replace"))
    file.flush()


def _csv_cell(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    return '"' + str(value).replace('"', '""').replace("\0", "") + '"'


_COMMA_NUMBERS = r"^\s*-?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\s*$"


def _finish(database: Database, table: str, delimiter: str) -> list[str]:
    """Read numbers with a decimal comma as numbers, and say so."""
    notes: list[str] = []
    for name, kind in database.columns(table):
        column = quoted(name)
        if kind == "VARCHAR" and delimiter != ",":
            [(every, some)] = database.run(
                f"SELECT bool_and(regexp_matches({column}, ?)), bool_or(contains({column}, ',')) "
                f"FROM {table}",
                [_COMMA_NUMBERS],
            )
            if every and some:
                database.run(
                    f"ALTER TABLE {table} ALTER {column} TYPE DOUBLE USING CAST("
                    f"replace(replace({column}, '.', ''), ',', '.') AS DOUBLE)"
                )
                notes.append(f"{name} has decimal commas; 1.234,5 was read as 1234.5.")
    return notes


def _load_workbook(
    database: Database, at: Place, file: BinaryIO, wanted: str | None
) -> list[Loaded]:
    found = read_sheets(file, at.shown, wanted, database.stop)
    notes: list[str] = []
    if found.uncalculated:
        notes.append(
            f"{found.uncalculated} formulas have no saved value and are empty here; open and save "
            f"{at.shown} in a spreadsheet program once."
        )
    return [
        Loaded(_load_sheet(database, sheet), sheet.name, found.names, notes) for sheet in found.read
    ]


def _load_sheet(database: Database, sheet: Sheet) -> str:
    table = database.new_table()
    if not sheet.names:
        database.run(f"CREATE TABLE {table} (empty VARCHAR)")
        return table
    columns = ", ".join(
        f"{quoted(name)} {kind}" for name, kind in zip(sheet.names, sheet.types, strict=True)
    )
    database.run(f"CREATE TABLE {table} ({columns})")
    with tempfile.TemporaryFile() as rows:
        _write_rows(rows, iter(sheet.rows), database.stop)
        if os.fstat(rows.fileno()).st_size:
            database.run(
                f"COPY {table} FROM '{_address(rows)}' (FORMAT csv, HEADER false, DELIMITER ',', "
                "QUOTE '\"', ESCAPE '\"', AUTO_DETECT false, MAX_LINE_SIZE 20000000)"
            )
    return table
