"""Tools that look into tables (CSV, TSV, Excel, Parquet): describe_table, query_table."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolContext, ToolResult, tool
from butler_tui.tools.beforehand import readable_files
from butler_tui.tools.confinement import Place, reading_place
from butler_tui.tools.json_values import json_value
from butler_tui.tools.origins import file_mark, one_mark
from butler_tui.tools.query_errors import Tables, named, refused
from butler_tui.tools.table_database import Database, in_database, quoted, sql_name
from butler_tui.tools.table_description import TableDescription, described
from butler_tui.tools.table_loading import load

MOST_ROWS = 10_000


class QueryResult(BaseModel):
    """The rows of a query; `truncated` when there were more than the first 10,000."""

    rows: list[dict[str, Any]]
    columns: list[str]
    truncated: bool = False
    notes: list[str] = []


@tool(effect=Effect.OBSERVE, private=True, targets=("path",), timeout=120, at_once=2)
async def describe_table(
    context: ToolContext,
    path: Annotated[str, "a .csv, .tsv, .xlsx or .parquet file"],
    sheet: Annotated[str | None, "the sheet of a workbook; the first one if left out"] = None,
) -> Annotated[ToolResult, TableDescription]:
    """Describe a table: its columns with type and range, how many rows, the first five of them."""
    at = await asyncio.to_thread(reading_place, context, path)

    def describe(database: Database) -> TableDescription:
        return described(database, load(database, at, sheet)[0])

    return ToolResult(await in_database(describe), marks=[file_mark(context, at.real, at.shown)])


@tool(effect=Effect.OBSERVE, private=True, targets=("paths",), timeout=120, at_once=2)
async def query_table(
    context: ToolContext,
    sql: Annotated[
        str, "one SELECT; the tables are t1, t2, ... in the order of paths, or the file's name"
    ],
    paths: Annotated[list[str], ".csv, .tsv, .xlsx or .parquet files"],
) -> Annotated[ToolResult, QueryResult]:
    """Ask table files a question in SQL (DuckDB): its rows, as objects, at most 10,000 of them.

    Of a workbook, t1 or its file's name is the first sheet, and file_sheet each of them. Nothing
    else can be reached: no other file, no network.
    """
    if not paths:
        raise ToolError("bad_arguments", "The query names no table; give the path of at least one.")
    places = [await asyncio.to_thread(reading_place, context, path) for path in paths]

    def query(database: Database) -> QueryResult:
        known, notes = _name_tables(database, places)
        database.lock()
        return _queried(database, sql, known, notes)

    marks = [file_mark(context, at.real, at.shown) for at in places]
    return ToolResult(await in_database(query), marks=[one_mark(marks)])


def _name_tables(
    database: Database, places: Sequence[Place]
) -> tuple[dict[str, list[str]], list[str]]:
    """Load the files and name them as the SQL may; say which there are, with their columns."""
    taken: set[str] = {f"t{number}" for number in range(1, len(places) + 1)}
    known: dict[str, list[str]] = {}
    notes: list[str] = []
    views: list[tuple[str, str]] = []
    for number, at in enumerate(places, 1):
        loaded = load(database, at)
        views.append((f"t{number}", loaded[0].table))
        views += _free(taken, [sql_name(at.real.stem), at.name], loaded[0].table)
        if len(loaded) > 1:
            for one in loaded:
                views += _free(taken, [sql_name(f"{at.real.stem}_{one.sheet}")], one.table)
        known[f"t{number}"] = [name for name, _ in database.columns(loaded[0].table)]
        notes += [note for note in loaded[0].notes if note not in notes]
    for table in {table for _, table in views}:
        database.run(f"ALTER TABLE {table} RENAME TO _loaded_{table}")
    for name, table in views:
        database.run(f"CREATE VIEW {quoted(name)} AS FROM _loaded_{table}")
    return known, notes


def _free(taken: set[str], names: Sequence[str], table: str) -> list[tuple[str, str]]:
    """The names that no earlier table has."""
    free = [name for name in dict.fromkeys(names) if name.casefold() not in taken]
    taken.update(name.casefold() for name in free)
    return [(name, table) for name in free]


def _queried(database: Database, sql: str, known: Tables, notes: Sequence[str]) -> QueryResult:
    import duckdb

    try:
        statements = database.connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise ToolError(
                "not_a_query", "A question to a table is exactly one SELECT; write the SQL as one."
            )
        database.connection.execute(statements[0])
        headings = [str(column[0]) for column in database.connection.description or ()]
        rows = database.connection.fetchmany(MOST_ROWS + 1)
    except duckdb.InterruptException as error:
        raise ToolError("cancelled", "The query was cancelled.") from error
    except duckdb.PermissionException as error:
        raise ToolError(
            "not_allowed",
            f"A query reaches only the tables that it was given: {named(known)}.",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise ToolError("too_big", "The query needs too much memory; select less.") from error
    except duckdb.Error as error:
        raise refused(error, known) from error
    columns = _distinct(headings)
    return QueryResult(
        rows=[
            {name: json_value(value) for name, value in zip(columns, row, strict=True)}
            for row in rows[:MOST_ROWS]
        ],
        columns=columns,
        truncated=len(rows) > MOST_ROWS,
        notes=list(notes),
    )


def _distinct(names: Sequence[str]) -> list[str]:
    """The names with a number where one occurs again."""
    kept: list[str] = []
    for name in names:
        again, number = name, 2
        while again in kept:
            again, number = f"{name}_{number}", number + 1
        kept.append(again)
    return kept


describe_table.checks(readable_files("path"))
query_table.checks(readable_files("paths"))
