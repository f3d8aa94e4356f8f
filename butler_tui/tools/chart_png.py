"""A chart as a PNG picture, drawn by Pillow at twice its size and made smooth by halving it."""

from __future__ import annotations

import io
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from butler_tui.tools.axes import Axis
from butler_tui.tools.charts import Chart, Point

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    Font = FreeTypeFont | ImageFont

WIDTH, HEIGHT, SCALE = 1200, 720, 2
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Told apart also by those who see fewer colours (Okabe and Ito)."""
_INK, _PALE, _GRID = "#222222", "#666666", "#DDDDDD"
_FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf")


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the chart's inside lies in the picture, in picture points."""

    left: float
    top: float
    right: float
    bottom: float
    x: Axis
    y: Axis

    def at(self, point: Point) -> Point:
        """A place of the chart in the picture."""
        x, y = point
        return (
            self.left + (x - self.x.low) / self.x.span * (self.right - self.left),
            self.bottom - (y - self.y.low) / self.y.span * (self.bottom - self.top),
        )


def chart_png(chart: Chart) -> bytes:
    """The picture, 1200 by 720; the same chart always gives the same bytes."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), "white")
    draw = ImageDraw.Draw(image)
    pen = _Pen(image, draw)
    frame = _frame(chart, pen)
    _draw_axes(chart, frame, pen)
    if chart.kind == "bar":
        _draw_bars(chart, frame, draw)
    else:
        _draw_points(chart, frame, draw)
    floor = max(chart.y.low, 0.0) if chart.kind == "bar" else chart.y.low
    base = frame.at((chart.x.low, floor))[1]
    draw.line([(frame.left, base), (frame.right, base)], fill=_INK, width=SCALE)
    _draw_legend(chart, frame, pen)
    out = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Pen:
    """Writes text, with the best font that this machine has."""

    def __init__(self, image: Image, draw: ImageDraw) -> None:
        self.image = image
        self.draw = draw
        self.plain, self.everything = _font(16)
        self.large, _ = _font(24)

    def text(self, text: str) -> str:
        """The text as the font can write it."""
        if self.everything:
            return text
        parted = unicodedata.normalize("NFKD", text.replace("ß", "ss"))
        return parted.encode("ascii", "ignore").decode()

    def width(self, text: str) -> float:
        """How wide the text is, in picture points."""
        return self.draw.textlength(self.text(text), font=self.plain)

    def write(self, at: Point, text: str, anchor: str, fill: str = _PALE) -> None:
        """Text at a point; `anchor` says which part of it lies there, as Pillow has it."""
        self.draw.text(at, self.text(text), font=self.plain, anchor=anchor, fill=fill)

    def write_slanted(self, at: Point, text: str) -> None:
        """Text that rises to the right and ends at the point."""
        from PIL import Image, ImageDraw

        size = (int(self.width(text)) + 8, 24 * SCALE)
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).text((4, 2), self.text(text), font=self.plain, fill=255)
        turned = mask.rotate(40, expand=True, resample=Image.Resampling.BICUBIC)
        place = (int(at[0]) - turned.width + 10 * SCALE, int(at[1]))
        self.image.paste(_PALE, (*place, place[0] + turned.width, place[1] + turned.height), turned)


def _font(size: int) -> tuple[Font, bool]:
    """A font of this machine that has more than ASCII, or Pillow's own, and which of the two."""
    from PIL import ImageFont

    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size * SCALE), True
        except OSError:
            continue
    return ImageFont.load_default(size * SCALE), False


def _frame(chart: Chart, pen: _Pen) -> _Frame:
    """Room for the title above, the numbers at the left, the names below."""
    left = max((pen.width(text) for _, text in chart.y.ticks), default=0) + 50 * SCALE
    below = 28.0 * SCALE
    if _slants(chart, pen):
        widest = _widest(chart, pen)
        left, below = max(left, 0.8 * widest), 0.65 * widest + 24 * SCALE
    top = (90 if len(chart.series) > 1 else 65) * SCALE
    bottom = HEIGHT * SCALE - below - 45 * SCALE
    return _Frame(left, top, (WIDTH - 30) * SCALE, bottom, chart.x, chart.y)


def _widest(chart: Chart, pen: _Pen) -> float:
    return max((pen.width(text) for _, text in chart.x.ticks), default=0)


def _slants(chart: Chart, pen: _Pen) -> bool:
    """True when the labels below would run into each other."""
    room = (WIDTH - 120) * SCALE / max(len(chart.x.ticks), 1)
    return _widest(chart, pen) + 8 * SCALE > room


def _draw_axes(chart: Chart, frame: _Frame, pen: _Pen) -> None:
    draw = pen.draw
    middle = (frame.left + frame.right) / 2
    draw.text(
        (WIDTH * SCALE / 2, 34 * SCALE),
        pen.text(chart.title),
        font=pen.large,
        anchor="mm",
        fill=_INK,
    )
    for at, text in chart.y.ticks:
        y = frame.at((chart.x.low, at))[1]
        draw.line([(frame.left, y), (frame.right, y)], fill=_GRID, width=SCALE)
        pen.write((frame.left - 8 * SCALE, y), text, "rm")
    slanted = _slants(chart, pen)
    for at, text in chart.x.ticks:
        x = frame.at((at, chart.y.low))[0]
        draw.line([(x, frame.bottom), (x, frame.bottom + 5 * SCALE)], fill=_PALE, width=SCALE)
        if slanted:
            pen.write_slanted((x, frame.bottom + 6 * SCALE), text)
        else:
            pen.write((x, frame.bottom + 10 * SCALE), text, "mt")
    pen.write((middle, (HEIGHT - 14) * SCALE), chart.x.label, "mb", _INK)
    if chart.y.label:
        pen.write((14 * SCALE, frame.top - 14 * SCALE), chart.y.label, "lb", _INK)


def _draw_bars(chart: Chart, frame: _Frame, draw: ImageDraw) -> None:
    whole = chart.bar_width * chart.bar_space
    each = whole / len(chart.series)
    for number, one in enumerate(chart.series):
        for x, y in one.points:
            left = x - whole / 2 + number * each
            x1, y1 = frame.at((left, max(y, 0.0)))
            x2, y2 = frame.at((left + each, min(y, 0.0)))
            edge = "white" if chart.bar_width == 1.0 else None
            draw.rectangle((x1, y1, x2, y2), fill=_COLOURS[number], outline=edge, width=SCALE)


def _draw_points(chart: Chart, frame: _Frame, draw: ImageDraw) -> None:
    for number, one in enumerate(chart.series):
        colour = _COLOURS[number]
        places = [frame.at(point) for point in one.points]
        if chart.kind == "line" and len(places) > 1:
            draw.line(places, fill=colour, width=3 * SCALE, joint="curve")
        if chart.kind == "scatter" or len(places) <= 40:
            radius = (4 if len(places) <= 500 else 2) * SCALE
            for x, y in places:
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _draw_legend(chart: Chart, frame: _Frame, pen: _Pen) -> None:
    if len(chart.series) < 2:
        return
    x, y = frame.left, 62 * SCALE
    for number, one in enumerate(chart.series):
        box = (x, y - 7 * SCALE, x + 14 * SCALE, y + 7 * SCALE)
        pen.draw.rectangle(box, fill=_COLOURS[number])
        pen.write((x + 20 * SCALE, y), one.name, "lm", _INK)
        x += pen.width(one.name) + 50 * SCALE
