"""The tool that draws tables: plot_table."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import Again, Effect, Mark, Preview, ToolContext, ToolResult, tool
from butler_tui.tools.charts import Chart, Kind, chart_of
from butler_tui.tools.confinement import Place, reading_place
from butler_tui.tools.json_values import json_value
from butler_tui.tools.origins import file_mark
from butler_tui.tools.places import Change, file_receipt, rewrite, writable_place
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended
from butler_tui.tools.table_database import Database, in_database, quoted
from butler_tui.tools.table_loading import load

MOST_POINTS = 50_000


class Plot(BaseModel):
    """A chart as text for the terminal, and the path of its PNG when it was saved."""

    picture: str
    saved: str | None = None


def _effect(args: Mapping[str, Json]) -> Effect:
    return Effect.OBSERVE if args.get("save_to") is None else Effect.CHANGE


@tool(
    effect=_effect,
    worst=Effect.CHANGE,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("save_to",),
    private=True,
    labels_of_inputs=True,
    timeout=120,
)
async def plot_table(
    context: ToolContext,
    table: Annotated[str | list[dict[str, Any]], "the path of a table file, or rows as objects"],
    x: Annotated[str, "the column along the bottom; of a hist the one that is counted"],
    y: Annotated[str | list[str] | None, "the column of the values, or several of them"] = None,
    kind: Annotated[Kind, "bar, line, scatter or hist"] = "bar",
    save_to: Annotated[str | None, "a .png file to save it as too"] = None,
) -> Annotated[ToolResult, Plot]:
    """Draw columns of a table as a bar, line or scatter chart, or a histogram: text, and a PNG.

    Bars are drawn row by row: sum and group with query_table first.
    """
    chart, marks = await _chart(context, table, x, y, kind)
    picture = await asyncio.to_thread(_text, chart)
    if save_to is None:
        return ToolResult(Plot(picture=picture), marks=marks)
    at = await asyncio.to_thread(_picture_place, context, save_to)

    def result(change: Change) -> ToolResult:
        return ToolResult(
            Plot(picture=picture, saved=at.shown),
            file_receipt(f"Saved the chart as {at.shown} ({change.size:,} bytes).", change),
            marks,
        )

    return result(await rewrite(context, save_to, lambda _: _png(chart), result))


plot_table.verifies(files_as_written)
plot_table.settles(as_intended, late=False)


@plot_table.previews
async def _(
    context: ToolContext,
    table: str | list[dict[str, Any]],
    x: str,
    y: str | list[str] | None = None,
    kind: Kind = "bar",
    save_to: str | None = None,
) -> Preview:
    chart, _ = await _chart(context, table, x, y, kind)
    picture = await asyncio.to_thread(_text, chart)
    if save_to is None:
        return Preview(picture)
    at = await asyncio.to_thread(_picture_place, context, save_to)
    verb = "replaces" if await asyncio.to_thread(at.real.exists) else "saves"
    return Preview(f"{verb} {at.shown}:\n\n{picture}")


def _text(chart: Chart) -> str:
    from butler_tui.tools.chart_text import chart_text

    return chart_text(chart)


def _png(chart: Chart) -> bytes:
    from butler_tui.tools.chart_png import chart_png

    return chart_png(chart)


def _picture_place(context: ToolContext, path: str) -> Place:
    at = writable_place(context, path)
    if at.real.suffix.lower() != ".png":
        raise ToolError("not_a_picture", f"{at.shown} must end in .png: charts are saved as PNG.")
    return at


async def _chart(
    context: ToolContext,
    table: str | Sequence[Mapping[str, Any]],
    x: str,
    y: str | Sequence[str] | None,
    kind: Kind,
) -> tuple[Chart, list[Mark]]:
    """The chart, and the mark of the file it was made from."""
    names = [y] if isinstance(y, str) else list(dict.fromkeys(y or ()))
    wanted = [x] if kind == "hist" else list(dict.fromkeys([x, *names]))
    marks: list[Mark] = []
    if isinstance(table, str):
        at = await asyncio.to_thread(reading_place, context, table)
        columns = await in_database(lambda database: _read(database, at, wanted))
        marks = [file_mark(context, at.real, at.shown)]
    else:
        columns = _picked(table, wanted)
    picked = {name: columns[name] for name in names if kind != "hist"}
    return await asyncio.to_thread(chart_of, columns[x], picked, x, kind), marks


def _read(database: Database, at: Place, wanted: Sequence[str]) -> dict[str, list[Json]]:
    """The wanted columns of a table file."""
    loaded = load(database, at)[0]
    there = [name for name, _ in database.columns(loaded.table)]
    found = [_same_name(there, name, at.shown) for name in wanted]
    columns = ", ".join(quoted(name) for name in found)
    database.run(f"CREATE VIEW drawn AS FROM {quoted(loaded.table)} LIMIT {MOST_POINTS + 1}")
    rows = database.run(f"SELECT {columns} FROM drawn")  # noqa: S608  (the names are quoted)
    _refuse_many(len(rows))
    return {name: [json_value(row[place]) for row in rows] for place, name in enumerate(wanted)}


def _same_name(there: Sequence[str], name: str, shown: str) -> str:
    """The column that is meant, whatever its capitals."""
    if name in there:
        return name
    for one in there:
        if one.casefold() == name.casefold():
            return one
    raise _no_column(there, name, shown)


def _no_column(there: Sequence[str], name: str, shown: str) -> ToolError:
    return ToolError(
        "no_such_column", f"{shown} has no column {name!r}; it has {', '.join(there[:50])}."
    )


def _picked(rows: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> dict[str, list[Json]]:
    """The wanted columns of rows."""
    _refuse_many(len(rows))
    there = list(dict.fromkeys(name for row in rows for name in row))
    if not there:
        raise ToolError("no_rows", "There are no rows to draw.")
    for name in wanted:
        if name not in there:
            raise _no_column(there, name, "The table")
    return {name: [row.get(name) for row in rows] for name in wanted}


def _refuse_many(rows: int) -> None:
    if rows > MOST_POINTS:
        raise ToolError(
            "too_many",
            f"There are more than {MOST_POINTS:,} rows to draw; group or limit them first.",
        )
