"""What DuckDB says of a query that it refuses, as one clear sentence with the names there are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from butler_tui.core.errors import ToolError
from butler_tui.tools.table_database import one_line

MOST_NAMES = 20
"""Columns that a sentence names."""

Tables = Mapping[str, Sequence[str]]
"""The tables that a query can name, t1, t2, ..., each with its columns."""

_COLUMN = (
    re.compile(r'Referenced column "(?P<name>.+)" (?:was )?not found'),
    re.compile(r'(?:list|Table|table) "(?P<table>.+)" does not have a column named "(?P<name>.+)"'),
    re.compile(r'Column "(?P<name>.+)" (?:in \w+ list not found|does not exist)'),
)
_TABLE = (
    re.compile(r'Referenced table "(?P<name>.+)" not found'),
    re.compile(r'Table with name "?(?P<name>.+?)"? does not exist'),
)
_FUNCTION = re.compile(r"Function with name (?P<name>\S+) does not exist")
_TYPES = re.compile(r"given name and argument types '(?P<call>.+)'")
_SYNTAX = re.compile(r'syntax error at or near "(?P<near>.+)"|syntax error at end of input')
_UNGROUPED = re.compile(r'column "(?P<name>.+)" must appear in the GROUP BY clause')
_AMBIGUOUS = re.compile(r'Ambiguous reference to column name "(?P<name>.+?)"')
_KIND = re.compile(r"^[A-Z][A-Za-z]*(?: [A-Z][A-Za-z]*)* Error: ")


def refused(error: Exception, tables: Tables) -> ToolError:
    """The error of a query as `bad_query`, in words for the person whose tables these are."""
    return ToolError("bad_query", _sentence(_KIND.sub("", one_line(error)), tables))


def named(tables: Tables) -> str:
    """The tables with their columns: `t1 has region, amount; t2 has day`."""
    return "; ".join(f"{name} has {_some(columns)}" for name, columns in tables.items())


def _sentence(said: str, tables: Tables) -> str:
    if found := _first(_COLUMN, said):
        return _no_column(found["name"], found.groupdict().get("table") or "", tables)
    if found := _first(_TABLE, said):
        there = ", ".join(tables)
        return f"There is no table {found['name']}; there is {there}.{_hint(found['name'], tables)}"
    if found := _FUNCTION.search(said):
        return f"There is no function {found['name']} in this SQL; use another one."
    if found := _TYPES.search(said):
        return f"{found['call']} does not fit these types of values; convert them with CAST first."
    if found := _SYNTAX.search(said):
        where = f"near {found['near']}" if found["near"] else "at its end"
        return f"The query is not valid SQL: there is a mistake {where}."
    if found := _UNGROUPED.search(said):
        return f"Column {found['name']} is neither grouped by nor summed up; add it to GROUP BY."
    if found := _AMBIGUOUS.search(said):
        name = found["name"]
        return f"Several tables have a column {name}; say which one, as in t1.{name}."
    return f"The query cannot be answered: {said}."


def _first(shapes: Sequence[re.Pattern[str]], said: str) -> re.Match[str] | None:
    return next((found for shape in shapes if (found := shape.search(said))), None)


def _no_column(name: str, table: str, tables: Tables) -> str:
    """Of the table that the query named, or of all when it named none."""
    asked = {table: tables[table]} if table in tables else tables
    hint = _hint(name, [one for columns in asked.values() for one in columns])
    if len(asked) > 1:
        return f"There is no column {name}; {named(asked)}.{hint}"
    [(only, columns)] = asked.items()
    return f"There is no column {name} in {only}; it has {_some(columns)}.{hint}"


def _hint(name: str, there: Sequence[str] | Tables) -> str:
    folded = {one.casefold(): one for one in there}
    near = get_close_matches(name.casefold(), folded, n=1)
    return f" Did you mean {folded[near[0]]}?" if near else ""


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
