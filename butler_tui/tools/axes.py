"""The axes of a chart: of numbers, of dates, of names; with round places that have a label."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MOST_TICKS = 7
LONGEST_LABEL = 32
_DAY = 86_400.0
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
"""Seconds between labels of an axis that spans less than some days."""


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis from `low` to `high`, and the places on it that have a label."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    @property
    def span(self) -> float:
        """Its length, never 0."""
        return self.high - self.low


def number_axis(name: str, values: Sequence[float], *, zero: bool) -> Axis:
    """An axis for numbers, from one round number to another; with `zero` it has 0 on it."""
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        low, high = low - max(abs(low), 1.0) / 2, high + max(abs(high), 1.0) / 2
    step = _round_step((high - low) / (MOST_TICKS - 1))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    places = [number * step for number in range(first, last + 1)]
    return Axis(name, places[0], places[-1], tuple((at, number_text(at, step)) for at in places))


def _round_step(rough: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * part for part in (1, 2, 2.5, 5, 10) if power * part >= rough * 0.999)


def number_text(value: float, step: float) -> str:
    """A number with as many decimals as the step between two of them needs."""
    if abs(value) >= 1e12 or step < 1e-6:
        return f"{value:.3g}"
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if step * 10**decimals % 1 > 1e-6:
        decimals += 1
    text = f"{value:,.{decimals}f}"
    return text.removeprefix("-") if not text.strip("-0.,") else text


def time_axis(name: str, stamps: Sequence[float]) -> Axis:
    """An axis for moments, as seconds since 1970 in UTC; days or times of day as labels."""
    low, high = min(stamps), max(stamps)
    if low == high:
        low, high = low - _DAY / 2, high + _DAY / 2
    rough = (high - low) / MOST_TICKS
    if rough > 20 * _DAY:
        places, shape = _months(low, high, rough), "%Y-%m-%d"
    else:
        short = next((step for step in _STEPS if step >= rough), None)
        step = float(short) if short else math.ceil(rough / _DAY) * _DAY
        places = [number * step for number in range(math.ceil(low / step), int(high // step) + 1)]
        shape = _shape(step, high - low)
    return Axis(name, low, high, tuple((at, _moment(at).strftime(shape)) for at in places))


def _shape(step: float, span: float) -> str:
    if step >= _DAY:
        return "%Y-%m-%d"
    return "%m-%d %H:%M" if span > _DAY else "%H:%M:%S"


def _months(low: float, high: float, rough: float) -> list[float]:
    """First days of months, evenly many months apart."""
    wanted = rough / (30 * _DAY)
    apart = next((months for months in (1, 2, 3, 6, 12) if months >= wanted), 0)
    apart = apart or math.ceil(_round_step(wanted / 12)) * 12
    first = _moment(low)
    month = math.ceil((first.year * 12 + first.month - 1) / apart) * apart
    places: list[float] = []
    while month // 12 <= datetime.max.year:
        at = (datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC) - _START).total_seconds()
        if at > high:
            break
        if at >= low:
            places.append(at)
        month += apart
    return places


_START = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(stamp: float) -> datetime:
    return _START + timedelta(seconds=stamp)


def name_axis(name: str, names: Sequence[str], most: int) -> Axis:
    """An axis for names at 1, 2, ...; of more than `most` only some have a label."""
    every = math.ceil(len(names) / most)
    ticks = [(float(at), text) for at, text in enumerate(names, 1) if (at - 1) % every == 0]
    return Axis(name, 0.5, len(names) + 0.5, tuple(ticks))


def label(text: str) -> str:
    """Text as a label: one line, without control characters, not too long, never empty."""
    plain = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in text)
    words = " ".join(plain.split()) or "(empty)"
    return words if len(words) <= LONGEST_LABEL else words[: LONGEST_LABEL - 1] + "…"
