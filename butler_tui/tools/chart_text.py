"""A chart as text for the terminal, drawn by plotext without colours."""

from __future__ import annotations

import threading
from typing import Any

from butler_tui.tools.charts import Chart

WIDTH = 72
HEIGHT = 20
MANY = 20
"""From so many lying bars on there is no line between them."""

_BARS = "█▒░▓▚▞"
_POINTS = "•x+o*#"
_FIGURE = threading.Lock()
"""plotext has one figure, which all threads share."""


def chart_text(chart: Chart) -> str:
    """The picture as lines of at most 72 characters, with what its marks mean below it."""
    import plotext

    lying = chart.kind == "bar" and chart.bar_space == 1.0 and not _labels_fit(chart)
    with _FIGURE:
        figure: Any = plotext.figure
        plotext.terminal.limit(False, False)  # the picture does not depend on who looks at it
        figure.clear()
        try:
            figure.theme("colorless")
            figure.plot_size(WIDTH, _height(chart) if lying else HEIGHT)
            figure.title(chart.title)
            _draw(figure, chart, lying=lying)
            _axes(figure, chart, lying=lying)
            drawn = str(figure.build().string(colorless=True))
        finally:
            figure.clear()
    lines = [line.rstrip() for line in drawn.rstrip("\n").split("\n")]
    return "\n".join([*lines, *_legend(chart)])


def _labels_fit(chart: Chart) -> bool:
    """True when the names below standing bars do not run into each other."""
    room = (WIDTH - 10) / max(len(chart.x.ticks), 1)
    return all(len(text) + 1 <= room for _, text in chart.x.ticks)


def _height(chart: Chart) -> int:
    """A line for each lying bar and one between them."""
    bars = len(chart.x.ticks) * (len(chart.series) + (len(chart.x.ticks) < MANY))
    return max(bars, 3) + 4


def _axes(figure: Any, chart: Chart, *, lying: bool) -> None:  # noqa: ANN401  (no types there)
    names, values = ("y", "x") if lying else ("x", "y")
    if not lying:
        figure.label(chart.x.label, axis="x")
    for which, axis in ((names, chart.x), (values, chart.y)):
        places = [_at(chart, at, flipped=lying and which == names) for at, _ in axis.ticks]
        ruler = figure.ruler(which)
        ruler.ticks(places, [text for _, text in axis.ticks])
        ruler.lim(axis.low, axis.high)


def _at(chart: Chart, place: float, *, flipped: bool) -> float:
    """A lying bar's place: the first is on top."""
    return chart.x.low + chart.x.high - place if flipped else place


def _draw(figure: Any, chart: Chart, *, lying: bool) -> None:  # noqa: ANN401
    if chart.kind == "bar":
        xs = sorted({x for one in chart.series for x, _ in one.points})
        heights = [[dict(one.points).get(x, 0.0) for x in xs] for one in chart.series]
        if lying:
            heights = heights[::-1]
        figure.draw(
            figure.bar(
                [_at(chart, x, flipped=lying) for x in xs],
                heights if len(heights) > 1 else heights[0],
                marker=_marks(chart, lying=lying) if len(heights) > 1 else _BARS[0],
                width=chart.bar_width,
                orientation="horizontal" if lying else "vertical",
            )
        )
        return
    for mark, one in zip(_POINTS, chart.series, strict=False):
        alone = len(chart.series) == 1 and chart.kind == "line"
        signal = figure.signal(
            [x for x, _ in one.points], [y for _, y in one.points], marker="hd" if alone else mark
        )
        figure.draw(signal.lines() if chart.kind == "line" else signal)


def _marks(chart: Chart, *, lying: bool) -> list[str]:
    marks = list(_BARS[: len(chart.series)])
    return marks[::-1] if lying else marks


def _legend(chart: Chart) -> list[str]:
    """What each mark stands for, when there is more than one."""
    if len(chart.series) < 2:
        return []
    marks = _BARS if chart.kind == "bar" else _POINTS
    shown = (f"{mark} {one.name}" for mark, one in zip(marks, chart.series, strict=False))
    return ["  " + "   ".join(shown)]
