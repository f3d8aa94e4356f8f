"""Days and times as plans write them, and as a person reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext

Time = date | datetime
"""A day, or an instant with its time zone."""

EARLIEST, LATEST = 1900, 9900
"""Years; the calendar's arithmetic needs some room on both sides."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time that a plan wrote, and what is to be said of it (`comes twice that night: ...`)."""

    time: Time
    note: str = ""

    @property
    def all_day(self) -> bool:
        """True for a day without a time."""
        return not isinstance(self.time, datetime)


def zone_of(context: ToolContext) -> ZoneInfo:
    """The time zone of the person: `[calendar] timezone`, else the machine's."""
    name = context.option("calendar.timezone")
    return zone_named(name) if name else _machine_zone()


def zone_named(name: str) -> ZoneInfo:
    """The zone of that name; raises ToolError `bad_zone`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ToolError(
            "bad_zone", f"{name!r:.60} is no time zone; write it like Europe/Berlin."
        ) from error


@lru_cache(maxsize=1)
def _machine_zone() -> ZoneInfo:
    from tzlocal import get_localzone

    try:
        zone = get_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = None
    if zone is None or (zone.key or "local") == "local":  # a file without a name is no zone's name
        raise ToolError(
            "bad_zone",
            "The machine's time zone cannot be told; set timezone under [calendar] in config.toml.",
        )
    return zone


def read_moment(text: str, zone: ZoneInfo, what: str) -> Moment:
    """A day (`2026-11-27`), or a time on it (`2026-11-27T15:00`, with an offset if need be).

    Raises ToolError `bad_time`: what cannot be read, and what the clocks leave out.
    """
    written = text.strip()
    try:
        if _DAY.fullmatch(written):
            return Moment(_within(date.fromisoformat(written), what))
        read = datetime.fromisoformat(written)
    except ValueError as error:
        raise ToolError(
            "bad_time",
            f"{what} is {text!r:.60}; write a day as 2026-11-27, a time as 2026-11-27T15:00.",
        ) from error
    if len(written) <= len("2026-11-27"):  # 20261127 and the like: read, but surely a day
        return Moment(_within(read.date(), what))
    _within(read.date(), what)
    return _in_zone(read.replace(microsecond=0), zone, what)


def _within(day: date, what: str) -> date:
    if not EARLIEST <= day.year <= LATEST:
        raise ToolError(
            "bad_time", f"{what} lies in the year {day.year}; a year from {EARLIEST} on is meant."
        )
    return day


def _in_zone(read: datetime, zone: ZoneInfo, what: str) -> Moment:
    if read.tzinfo is not None:
        return Moment(read.astimezone(zone))
    local = read.replace(tzinfo=zone)
    if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != read:
        raise ToolError(
            "bad_time",
            f"{what} is {read:%H:%M} on {day_in_words(read)}, which the clocks in {zone.key} leave "
            "out that night; choose another time.",
        )
    later = local.replace(fold=1)
    if local.utcoffset() != later.utcoffset():
        hours = f"{local:%z}"
        return Moment(
            local,
            f"{read:%H:%M} comes twice in {zone.key} that night; the first is meant "
            f"(UTC{hours[:3]}:{hours[3:]})",
        )
    return Moment(local)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on up to `end`, which no longer belongs to it."""

    start: datetime
    end: datetime


def read_span(start: str, end: str | None, zone: ZoneInfo) -> Span:
    """The time between two moments; a day at the end counts whole.

    `start` may hold both (`2026-11-23/2026-11-29`); without an end it is one day, or one hour.
    """
    if end is None and "/" in start:
        start, _, end = start.partition("/")
    first = read_moment(start, zone, "start")
    last = read_moment(end, zone, "end") if end is not None else first
    begins, ends = at_start(first.time, zone), at_start(last.time, zone)
    if last.all_day:
        ends = at_start(_day(last.time) + timedelta(days=1), zone)
    elif end is None:
        ends = begins + timedelta(hours=1)
    if ends.astimezone(UTC) <= begins.astimezone(UTC):
        raise ToolError("bad_time", f"end ({end}) is not after start ({start}).")
    return Span(begins, ends)


def end_of(moment: Moment, zone: ZoneInfo) -> datetime:
    """When a moment is over: a day at midnight."""
    if moment.all_day:
        return at_start(_day(moment.time) + timedelta(days=1), zone)
    return at_start(moment.time, zone)


def at_start(one: Time, zone: ZoneInfo) -> datetime:
    """The instant at which a time begins, in the zone; a floating time is the zone's own."""
    if isinstance(one, datetime):
        return one.replace(tzinfo=zone) if one.tzinfo is None else one.astimezone(zone)
    return datetime.combine(one, time(), zone)


def seconds_between(start: Time, end: Time, zone: ZoneInfo) -> float:
    """How long it really is from one to the other, whatever the clocks do between."""
    return at_start(end, zone).timestamp() - at_start(start, zone).timestamp()


def iso(one: Time, zone: ZoneInfo) -> str:
    """As a plan writes it: `2026-11-27`, `2026-11-27T15:00`.

    The second of two equal hours has its offset.
    """
    if not isinstance(one, datetime):
        return one.isoformat()
    local = at_start(one, zone)
    plain = local.replace(tzinfo=None)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    shown = local if twice and local.fold else plain
    return shown.isoformat(timespec="seconds" if local.second else "minutes")


def day_in_words(one: date) -> str:
    """`Fri 27 Nov 2026`."""
    return f"{_WEEKDAYS[one.weekday()]} {one.day} {_MONTHS[one.month - 1]} {one.year}"


def span_in_words(start: Time, end: Time, zone: ZoneInfo) -> str:
    """`Fri 27 Nov 2026, 15:00 to 16:00`, `Fri 27 Nov 2026 to Sun 29 Nov 2026`."""
    if not isinstance(start, datetime) and not isinstance(end, datetime):
        last = max(start, end - timedelta(days=1))
        return day_in_words(start) + (f" to {day_in_words(last)}" if last != start else "")
    begins, ends = at_start(start, zone), at_start(end, zone)
    said = f"{day_in_words(begins)}, {begins:%H:%M}"
    if ends == begins:
        return said
    other_day = ends.date() != begins.date()
    return f"{said} to {day_in_words(ends) + ', ' if other_day else ''}{ends:%H:%M}"


def length_in_words(start: Time, end: Time, zone: ZoneInfo) -> str:
    """`1 hour 30 minutes`, `2 days`."""
    if not isinstance(start, datetime):
        return _counted((_day(end) - start).days, "day")
    minutes = round(seconds_between(start, end, zone) / 60)
    days, minutes = divmod(minutes, 24 * 60)
    parts = [(days, "day"), (minutes // 60, "hour"), (minutes % 60, "minute")]
    return " ".join(_counted(*one) for one in parts if one[0]) or "no time"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _day(one: Time) -> date:
    return one.date() if isinstance(one, datetime) else one
