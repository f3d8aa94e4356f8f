"""Charts of tables: as text in the terminal, as a picture on disk."""

# ruff: noqa: ASYNC240  (a test may block)

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect
from butler_tui.tools.axes import number_axis, time_axis
from butler_tui.tools.chart_png import chart_png
from butler_tui.tools.chart_text import WIDTH, chart_text
from butler_tui.tools.charts import chart_of
from butler_tui.tools.plots import plot_table

MONTHS = [
    {"month": "Jan", "sales": 1200, "cost": 5},
    {"month": "Feb", "sales": 2500.5, "cost": 800},
    {"month": "März", "sales": -300, "cost": None},
]


async def plot(context: Any, **values: Any) -> Any:
    return await plot_table.run(context, **plot_table.validated(values))


async def refused(context: Any, **values: Any) -> str:
    with pytest.raises(ToolError) as raised:
        await plot(context, **values)
    assert "\n" not in str(raised.value)
    return raised.value.code


def saved(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image.convert("RGB")


def colours(image: Image.Image) -> set[tuple[int, int, int]]:
    found = image.getcolors(1_000_000) or []
    return {colour for count, colour in found if count > 500}  # type: ignore[misc]


async def test_bars_in_the_terminal(context: Any) -> None:
    result = await plot(context, table=MONTHS, x="month", y="sales")
    picture = result.output.picture
    assert result.output.saved is None
    assert "sales by month" in picture
    assert all(name in picture for name in ("Jan", "Feb", "März", "2,500"))
    lines = picture.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert "\x1b" not in picture
    widths = {line.count("█") for line in lines}
    assert max(widths) > 20


async def test_long_names_lie_beside_their_bars_one_for_each(context: Any) -> None:
    rows = [{"who": f"somebody number {place}", "n": place} for place in range(30)]
    picture = (await plot(context, table=rows, x="who", y="n")).output.picture
    found = [picture.index(f"somebody number {place}┤") for place in range(30)]
    assert found == sorted(found)
    lengths = [line.count("█") for line in picture.splitlines() if "somebody" in line]
    assert lengths == sorted(lengths)


async def test_several_columns_have_their_own_marks(context: Any) -> None:
    picture = (await plot(context, table=MONTHS, x="month", y=["sales", "cost"])).output.picture
    assert "█ sales   ▒ cost" in picture.splitlines()[-1]
    body = picture.rsplit("\n", 1)[0]
    assert "█" in body
    assert "▒" in body


async def test_a_picture_is_saved_and_opens(context: Any, tmp_path: Path) -> None:
    result = await plot(
        context, table=MONTHS, x="month", y=["sales", "cost"], save_to="charts/a.png"
    )
    assert result.output.saved == "charts/a.png"
    path = tmp_path / "charts" / "a.png"
    image = saved(path)
    assert image.size == (1200, 720)
    assert {(0, 114, 178), (213, 94, 0), (255, 255, 255)} <= colours(image)
    assert context.kept == [path.parent, path]
    first = path.read_bytes()
    await plot(context, table=MONTHS, x="month", y=["sales", "cost"], save_to="charts/a.png")
    assert path.read_bytes() == first


async def test_the_preview_shows_the_chart_and_saves_nothing(context: Any, tmp_path: Path) -> None:
    asked: Any = {"table": MONTHS, "x": "month", "y": "sales", "save_to": "a.png"}
    values = plot_table.validated(asked)
    assert plot_table.preview is not None
    seen = await plot_table.preview(context, **values)
    assert seen.text.startswith("saves a.png:\n")
    assert "sales by month" in seen.text
    assert list(tmp_path.iterdir()) == []


def test_only_saving_is_a_change() -> None:
    assert plot_table.effect_of({"table": "a.csv"}) is Effect.OBSERVE
    assert plot_table.effect_of({"table": "a.csv", "save_to": "a.png"}) is Effect.CHANGE
    assert plot_table.effect is Effect.CHANGE


async def test_a_file_is_drawn_by_date_and_by_number(context: Any, tmp_path: Path) -> None:
    lines = [f"2024-{month:02}-01,{month * month},{month}" for month in range(1, 13)]
    (tmp_path / "a.csv").write_text("\n".join(["Day,Squares,n", *lines]))
    result = await plot(context, table="a.csv", x="day", y="squares", kind="line")
    assert "2024-03-01" in result.output.picture
    assert "150" in result.output.picture
    assert result.marks[0].origin == "file a.csv"
    scatter = await plot(context, table="a.csv", x="n", y="Squares", kind="scatter")
    assert "Squares by n" in scatter.output.picture
    assert scatter.output.picture.count("•") == 12


async def test_a_histogram_counts_every_value(context: Any) -> None:
    rows = [{"v": value} for value in [1, 1, 1, 2, 9, None, 10]]
    picture = (await plot(context, table=rows, x="v", kind="hist")).output.picture
    assert "How often each v occurs" in picture
    chart = chart_of([row["v"] for row in rows], {}, "v", "hist")
    assert [y for _, y in chart.series[0].points] == [4, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"table": MONTHS, "x": "month"}, "bad_arguments"),
        ({"table": MONTHS, "x": "month", "y": "none"}, "no_such_column"),
        ({"table": MONTHS, "x": "sales", "y": "month"}, "not_numbers"),
        ({"table": MONTHS, "x": "month", "kind": "hist"}, "not_numbers"),
        ({"table": [], "x": "a", "y": "b"}, "no_rows"),
        ({"table": [{"a": 1, "b": None}], "x": "a", "y": "b"}, "no_rows"),
        ({"table": [{"a": n, "b": n} for n in range(61)], "x": "a", "y": "b"}, "too_many"),
        ({"table": MONTHS, "x": "month", "y": "sales", "kind": "pie"}, "bad_arguments"),
        ({"table": MONTHS, "x": "month", "y": "sales", "save_to": "a.svg"}, "not_a_picture"),
        ({"table": MONTHS, "x": "month", "y": "sales", "save_to": "../a.png"}, "outside"),
        ({"table": "none.csv", "x": "month", "y": "sales"}, "not_found"),
    ],
)
async def test_what_cannot_be_drawn(
    context: Any, tmp_path: Path, values: dict[str, Any], code: str
) -> None:
    assert await refused(context, **values) == code
    assert list(tmp_path.iterdir()) == []


async def test_a_file_without_the_column_names_those_it_has(context: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ToolError, match="it has a, b"):
        await plot(context, table="a.csv", x="a", y="c")


async def test_hostile_names_cannot_draw_on_the_terminal(context: Any) -> None:
    evil = "\x1b]0;title\x07\n[red]x[/red]\u202e" + "y" * 500
    rows = [{evil: evil, "n": 1}, {evil: "b", "n": 2}]
    for kind in ("bar", "line", "scatter"):
        picture = (await plot(context, table=rows, x=evil, y="n", kind=kind)).output.picture
        assert "\x1b" not in picture
        assert "\x07" not in picture
        assert "\u202e" not in picture
        assert max(len(line) for line in picture.splitlines()) <= WIDTH


NUMBERS = st.floats(-1e15, 1e15, allow_nan=False)


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.booleans())
@settings(deadline=None)
def test_an_axis_of_numbers_holds_them_all(values: list[float], zero: bool) -> None:
    axis = number_axis("n", values, zero=zero)
    slack = axis.span * 1e-6
    assert axis.low - slack <= min(values)
    assert max(values) <= axis.high + slack
    assert 2 <= len(axis.ticks) <= 12
    steps = [after - before for (before, _), (after, _) in pairwise(axis.ticks)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-6) for step in steps)
    if zero:
        assert axis.low <= 0 <= axis.high


@given(st.integers(-10_000_000_000, 100_000_000_000), st.integers(0, 100_000_000_000))
@settings(deadline=None)
def test_an_axis_of_dates_labels_places_on_it(start: int, length: int) -> None:
    axis = time_axis("t", [float(start), float(start + length)])
    assert axis.ticks
    assert len(axis.ticks) <= 12
    assert all(axis.low <= at <= axis.high for at, _ in axis.ticks)


VALUES = st.none() | st.integers(-(10**9), 10**9) | NUMBERS


@given(
    st.lists(st.tuples(st.text(max_size=8) | VALUES, VALUES, VALUES), min_size=1, max_size=8),
    st.sampled_from(["bar", "line", "scatter", "hist"]),
)
@settings(max_examples=40, deadline=None)
def test_every_table_is_drawn_or_refused(rows: list[tuple[Any, Any, Any]], kind: Any) -> None:
    xs = [row[0] for row in rows]
    columns = {"a": [row[1] for row in rows], "b": [row[2] for row in rows]}
    try:
        chart = chart_of(xs, columns, "x", kind)
    except ToolError as error:
        assert error.code in ("no_rows", "not_numbers")
        return
    lines = chart_text(chart).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert all(one.name and all(map(math.isfinite, sum(one.points, ()))) for one in chart.series)


@given(st.lists(st.tuples(VALUES, NUMBERS), min_size=1, max_size=8))
@settings(max_examples=3, deadline=None)
def test_every_chart_is_a_picture(rows: list[tuple[Any, float]]) -> None:
    chart = chart_of([row[0] for row in rows], {"a": [row[1] for row in rows]}, "x", "bar")
    assert chart_png(chart).startswith(b"\x89PNG")
