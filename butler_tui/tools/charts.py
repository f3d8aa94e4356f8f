"""A chart as data: what is drawn where, for the terminal and for a picture alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json, text_of
from butler_tui.tools.axes import Axis, label, name_axis, number_axis, time_axis

Kind = Literal["bar", "line", "scatter", "hist"]
Point = tuple[float, float]

MOST_BARS = 60
MOST_SERIES = 6
MOST_NAMES = 12
"""Labels along a line of names; bars all have theirs."""


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together, in order."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; bars of all series share `bar_width`, a part of the space between two."""

    kind: Literal["bar", "line", "scatter"]
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    bar_width: float = 0.8
    bar_space: float = 1.0


def chart_of(
    xs: Sequence[Json], columns: Mapping[str, Sequence[Json]], x: str, kind: Kind
) -> Chart:
    """The chart of the columns over `xs`; a histogram is of `xs` alone. Raises ToolError."""
    if kind == "hist":
        return _histogram(xs, x)
    if not columns:
        raise ToolError("bad_arguments", f"A {kind} chart needs y, the column of the values.")
    if len(columns) > MOST_SERIES:
        raise ToolError("too_many", f"A chart takes at most {MOST_SERIES} columns as y.")
    places, axis = _places(xs, x, kind)
    series = [
        Series(label(name), _points(places, _numbers(values, name), kind))
        for name, values in columns.items()
    ]
    heights = [y for one in series for _, y in one.points]
    if not heights:
        raise ToolError("no_rows", "There are no values to draw.")
    names = [one.name for one in series]
    return Chart(
        kind,
        f"{', '.join(names)} by {label(x)}",
        axis,
        number_axis(names[0] if len(names) == 1 else "", heights, zero=kind == "bar"),
        tuple(series),
    )


def _points(
    places: Sequence[float | None], values: Sequence[float | None], kind: Kind
) -> tuple[Point, ...]:
    """The points that have both a place and a value; a line goes from left to right."""
    points = [
        (at, y) for at, y in zip(places, values, strict=True) if at is not None and y is not None
    ]
    return tuple(sorted(points, key=lambda point: point[0]) if kind == "line" else points)


def _places(xs: Sequence[Json], name: str, kind: Kind) -> tuple[list[float | None], Axis]:
    """Where along x each row stands: by number, by date, or one after the other by name."""
    title = label(name)
    if kind != "bar":
        numbers = [_number(value) for value in xs]
        known = [number for number in numbers if number is not None]
        if known and all(n is not None or x is None for n, x in zip(numbers, xs, strict=True)):
            return numbers, number_axis(title, known, zero=False)
        stamps = [_stamp(value) for value in xs]
        moments = [stamp for stamp in stamps if stamp is not None]
        if moments and all(s is not None or x is None for s, x in zip(stamps, xs, strict=True)):
            return stamps, time_axis(title, moments)
    if not xs:
        raise ToolError("no_rows", "There are no rows to draw.")
    if kind == "bar" and len(xs) > MOST_BARS:
        raise ToolError(
            "too_many",
            f"{len(xs):,} rows are too many bars (at most {MOST_BARS}); group or limit them "
            "first, or draw a line or a hist.",
        )
    names = [label(text_of(value)) for value in xs]
    most = len(names) if kind == "bar" else MOST_NAMES
    return [float(at) for at in range(1, len(xs) + 1)], name_axis(title, names, most)


def _numbers(values: Sequence[Json], name: str) -> list[float | None]:
    """The values as numbers, None where there is none; ToolError `not_numbers` for text."""
    for value in values:
        if value is not None and _number(value) is None:
            raise ToolError(
                "not_numbers", f"Column {label(name)} holds more than numbers and cannot be drawn."
            )
    return [_number(value) for value in values]


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _stamp(value: Json) -> float | None:
    """Seconds since 1970 of a date, or date and time, in ISO form; without a zone it is UTC."""
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.combine(date(1970, 1, 1), datetime.min.time(), UTC)).total_seconds()


def _histogram(xs: Sequence[Json], name: str) -> Chart:
    """How many values lie in each of equally wide ranges."""
    values = [value for value in _numbers(xs, name) if value is not None]
    if not values:
        raise ToolError("no_rows", "There are no values to draw.")
    low, high = min(values), max(values)
    if low == high:
        low, high = low - 0.5, high + 0.5
    bins = max(5, min(30, math.ceil(math.sqrt(len(values)))))
    width = (high - low) / bins
    counts = [0] * bins
    for value in values:
        counts[min(int((value - low) / width), bins - 1)] += 1
    points = tuple((low + (at + 0.5) * width, float(count)) for at, count in enumerate(counts))
    rounded = number_axis(label(name), [low, high], zero=False)
    ticks = tuple(tick for tick in rounded.ticks if low <= tick[0] <= high)
    return Chart(
        "bar",
        f"How often each {label(name)} occurs",
        Axis(label(name), low, high, ticks),
        number_axis("rows", [float(count) for count in counts], zero=True),
        (Series("rows", points),),
        bar_width=1.0,
        bar_space=width,
    )
