"""What a table holds: its columns, their range and spread, its first rows."""

# ruff: noqa: S608  (names in the SQL are quoted or our own, values are bound)

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from butler_tui.core.labels import Json, text_of
from butler_tui.tools.json_values import json_value
from butler_tui.tools.table_database import Database, quoted
from butler_tui.tools.table_loading import Loaded

SAMPLE_ROWS = 5
LONGEST_SAMPLE = 500

_TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "true or false",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DATE": "date",
    "TIME": "time",
    "INTERVAL": "duration",
}
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT")
_WHOLE += ("UINTEGER", "UBIGINT", "UHUGEINT")


class Column(BaseModel):
    """A column: filled cells, distinct values, the least and greatest of them, their mean.

    `summary` is what a person wants to know of it, in a few words.
    """

    name: str
    type: str
    summary: str
    filled: int
    distinct: int | None = None
    min: Any = None
    max: Any = None
    mean: float | None = None


class Statistics(BaseModel):
    """How the numbers of one column are spread."""

    name: str
    sum: float | None = None
    median: float | None = None
    deviation: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None


class TableDescription(BaseModel):
    """A table: its columns, how many rows it has, the first of them, and what to know of it."""

    columns: list[Column]
    rows: int
    sample: list[dict[str, Any]]
    statistics: list[Statistics]
    sheet: str | None = None
    sheets: list[str] = []
    notes: list[str] = []


def described(database: Database, loaded: Loaded) -> TableDescription:
    """What is to be known of a loaded table before asking it anything."""
    table = quoted(loaded.table)
    columns = database.columns(loaded.table)
    [(rows,)] = database.run(f"SELECT count(*) FROM {table}")
    first = database.run(f"FROM {table} LIMIT {SAMPLE_ROWS}")
    names = [name for name, _ in columns]
    found = [_column(database, table, name, kind) for name, kind in columns]
    return TableDescription(
        columns=found,
        rows=rows,
        sample=[
            {name: _short(json_value(value)) for name, value in zip(names, row, strict=True)}
            for row in first
        ],
        statistics=[
            _statistics(database, table, name, kind) for name, kind in columns if _is_number(kind)
        ],
        sheet=loaded.sheet,
        sheets=list(loaded.sheets),
        notes=list(loaded.notes),
    )


def _column(database: Database, table: str, name: str, kind: str) -> Column:
    column = quoted(name)
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP", "UNION")):
        [(filled,)] = database.run(f"SELECT count({column}) FROM {table}")
        kind = kind.lower()
        return Column(name=name, type=kind, summary=f"{kind}, {filled} filled", filled=filled)
    finite = _finite(column, kind)
    mean = f"avg({finite})" if _is_number(kind) else "NULL"
    [(filled, distinct, least, most, mean_value)] = database.run(
        f"SELECT count({column}), count(DISTINCT {column}), min({finite}), max({finite}), {mean} "
        f"FROM {table}"
    )
    word, low, high = _type_word(kind), _short(json_value(least)), _short(json_value(most))
    # The first and last text by the alphabet say little.
    span = "" if word == "text" or low is None else f", from {text_of(low)} to {text_of(high)}"
    return Column(
        name=name,
        type=word,
        summary=f"{word}, {filled} filled{span}",
        filled=filled,
        distinct=distinct,
        min=low,
        max=high,
        mean=mean_value,
    )


def _statistics(database: Database, table: str, name: str, kind: str) -> Statistics:
    column = f"CAST({_finite(quoted(name), kind)} AS DOUBLE)"
    [values] = database.run(
        f"SELECT sum({column}), median({column}), stddev_samp({column}), "
        f"quantile_cont({column}, 0.25), quantile_cont({column}, 0.75) FROM {table}"
    )
    total, median, deviation, lower, upper = (json_value(value) for value in values)
    return Statistics.model_validate(
        {
            "name": name,
            "sum": total,
            "median": median,
            "deviation": deviation,
            "lower_quartile": lower,
            "upper_quartile": upper,
        }
    )


def _is_number(kind: str) -> bool:
    return kind in _WHOLE or kind in ("DOUBLE", "FLOAT") or kind.startswith("DECIMAL")


def _finite(column: str, kind: str) -> str:
    """Infinities and NaN have no mean; they are left out."""
    return (
        f"CASE WHEN isfinite({column}) THEN {column} END" if kind in ("DOUBLE", "FLOAT") else column
    )


def _type_word(kind: str) -> str:
    if kind in _WHOLE:
        return "whole number"
    if kind.startswith("DECIMAL"):
        return "number"
    return "date and time" if kind.startswith("TIMESTAMP") else _TYPES.get(kind, kind.lower())


def _short(value: Json) -> Json:
    if isinstance(value, str) and len(value) > LONGEST_SAMPLE:
        return value[:LONGEST_SAMPLE] + "…"
    return value
