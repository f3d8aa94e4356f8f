"""Days and times in a goal's words: `tomorrow at 3pm`, `this week`, `3 December`.

A small set of phrases, read in full or not at all, and always the same for the same clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_NUMBERS: Mapping[str, int] = {
    one: number
    for number, one in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
} | {"a": 1, "an": 1}

_DAY_NAME = "|".join([*_WEEKDAYS, *(one[:3] for one in _WEEKDAYS), "tues", "thur", "thurs"])
_MONTH_NAME = "|".join([*_MONTHS, *(one[:3] for one in _MONTHS), "sept"])
_NUMBER = rf"(?:\d{{1,3}}|{'|'.join(_NUMBERS)})"
_DAY = re.compile(
    rf"(?:(?P<iso>\d{{4}}-\d\d-\d\d)|(?P<plain>today|tonight|tomorrow|yesterday"
    rf"|(?:the )?day after tomorrow)|(?:(?P<which>this|next|coming) )?(?P<weekday>{_DAY_NAME})"
    rf"|in (?P<count>{_NUMBER}) (?P<unit>day|week)s?"
    rf"|(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)? (?:of )?(?P<month>{_MONTH_NAME})"
    rf"(?: (?P<year>\d{{4}}))?"
    rf"|(?P<month2>{_MONTH_NAME}) (?:the )?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?"
    rf"(?: (?P<year2>\d{{4}}))?"
    rf"|(?P<dotted>\d{{1,2}}\.\d{{1,2}}\.\d{{4}}))"
)
_CLOCK = re.compile(
    r"(?:at )?(?:(?P<name>noon|midday)|(?P<hour>\d{1,2})(?::(?P<minute>\d\d))? ?(?P<half>am|pm)"
    r"|(?P<hour24>\d{1,2}):(?P<minute24>\d\d))"
)
_UNTIL = re.compile(r" (?:to|till|until) (?:at )?| ?(?<!\d-\d\d)-(?!\d\d-\d) ?")
"""What stands between two times; not the strokes in a date."""

_LENGTH = re.compile(
    rf"(.+) for (?:(?P<half>half an hour)|(?P<count>{_NUMBER}) (?P<unit>hour|minute|min)s?)"
)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\dt\d\d:\d\d(?::\d\d)?(?:z|[+-]\d\d:\d\d)?")
_BEFORE_DAY = re.compile(r"(?:on|for|by|due|before) ")
_BEFORE_SPAN = re.compile(r"(?:on|in|for|during|over|by|due) ")
LONGEST = 12
"""Words."""


def moment(text: str, now: datetime) -> str | None:
    """A day (`2026-11-27`), a time, or a time with its end (`.../...`), as tools take it.

    None where the text says no such thing.
    """
    said = _plain(text)
    if _ISO_TIME.fullmatch(said):
        return said.upper() if _is_time(said) else None
    if (both := _iso_pair(said)) is not None:
        return both
    if (found := _LENGTH.fullmatch(said)) is not None:
        begins = _moment(found[1], now)
        minutes = 30 if found["half"] else _count(found["count"]) * _minutes(found["unit"])
        if isinstance(begins, datetime):
            return f"{_iso(begins)}/{_iso(begins + timedelta(minutes=minutes))}"
        return None
    whole = _moment(said, now)
    if whole is not None:
        return _iso(whole)
    return _with_end(said, now)


def _with_end(said: str, now: datetime) -> str | None:
    """`tomorrow from 3pm to 4:30pm`, `on Friday 15:00-16:00`, `1 December to 3 December`."""
    bare = re.sub(r"(^| )from ", r"\1", said)
    for found in _UNTIL.finditer(bare):
        first, last = bare[: found.start()].strip(), bare[found.end() :].strip()
        if (both := _between(first, last, now)) is not None:
            return both
    return None


def _between(first: str, last: str, now: datetime) -> str | None:
    half = re.search(r"(am|pm)$", last)
    if half and re.search(r"(?:^| )\d{1,2}(?::\d\d)?$", first):
        first += half[1]  # 3-4pm
    begins, ends = _moment(first, now), _moment(last, now)
    clock = _clock(last)
    if isinstance(begins, datetime) and clock is not None:
        over = datetime.combine(begins.date(), clock)
        over += timedelta(days=1) if over <= begins else timedelta()
        return f"{_iso(begins)}/{_iso(over)}"
    if begins is None or ends is None or type(begins) is not type(ends) or ends <= begins:
        return None
    return f"{_iso(begins)}/{_iso(ends)}"


def period(text: str, now: datetime) -> str | None:
    """A day (`2026-11-27`) or the first and last of several (`2026-11-23/2026-11-29`).

    None where the text says no such thing.
    """
    said = _plain(text)
    if (both := _iso_pair(said)) is not None:
        return both
    bare = _BEFORE_SPAN.sub("", said, count=1) if _BEFORE_SPAN.match(said) else said
    bare = bare.removeprefix("the ")
    day = _day(bare, now) or _day(said, now)
    if day is not None:
        return day.isoformat()
    span = _span(bare, now)
    if span is None:
        ends = re.fullmatch(r"(?:from |between )?(.+?) (?:to|and|till|until|-) (.+)", bare)
        first = _day(ends[1], now) if ends else None
        last = _day(ends[2], now) if ends else None
        span = (first, last) if first and last and first <= last else None
    return f"{span[0].isoformat()}/{span[1].isoformat()}" if span else None


def _span(said: str, now: datetime) -> tuple[date, date] | None:
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    if found := re.fullmatch(r"(this|next|last|coming) (week|weekend|month|year)", said):
        step = {"this": 0, "coming": 1, "next": 1, "last": -1}[found[1]]
        return _unit(found[2], step, monday, today)
    if said == "weekend":
        return _unit("weekend", 0, monday, today)
    if found := re.fullmatch(rf"(?:next|coming) ({_NUMBER}) (day|week)s?", said):
        days = _count(found[1]) * (7 if found[2] == "week" else 1)
        return (today, today + timedelta(days=days - 1)) if days else None
    if found := re.fullmatch(rf"({_MONTH_NAME})(?: (\d{{4}}))?", said):
        month = _month(found[1])
        year = int(found[2]) if found[2] else today.year + (month < today.month)
        return _of_month(year, month)
    return None


def _unit(unit: str, step: int, monday: date, today: date) -> tuple[date, date] | None:
    match unit:
        case "week":
            first = monday + timedelta(weeks=step)
            return first, first + timedelta(days=6)
        case "weekend":
            first = monday + timedelta(weeks=step, days=5)
            return first, first + timedelta(days=1)
        case "month":
            months = today.year * 12 + today.month - 1 + step
            return _of_month(months // 12, months % 12 + 1)
        case _:
            return date(today.year + step, 1, 1), date(today.year + step, 12, 31)


def _of_month(year: int, month: int) -> tuple[date, date] | None:
    if not 1900 <= year <= 9900:
        return None
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - timedelta(days=1)


def _moment(said: str, now: datetime) -> date | datetime | None:
    bare = _BEFORE_DAY.sub("", said.strip(), count=1) if _BEFORE_DAY.match(said) else said.strip()
    if (day := _day(bare, now)) is not None:
        return day
    if (clock := _clock(bare)) is not None:
        at = datetime.combine(now.date(), clock)
        return at if at > now.replace(tzinfo=None) else at + timedelta(days=1)
    words = bare.split()
    for cut in range(1, len(words)):
        first, rest = " ".join(words[:cut]), " ".join(words[cut:])
        rest_day = _BEFORE_DAY.sub("", rest, count=1) if _BEFORE_DAY.match(rest) else rest
        for day, clock in ((_day(first, now), _clock(rest)), (_day(rest_day, now), _clock(first))):
            if day is not None and clock is not None:
                return datetime.combine(day, clock)
    return None


def _day(said: str, now: datetime) -> date | None:
    found = _DAY.fullmatch(said)
    if found is None:
        return None
    today = now.date()
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        if found["dotted"]:
            day, month, year = (int(one) for one in found["dotted"].split("."))
            return date(year, month, day)
        if plain := found["plain"]:
            steps = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}
            return today + timedelta(days=steps.get(plain, 2))
        if found["weekday"]:
            return _weekday(found["weekday"], found["which"] or "", today)
        if found["count"]:
            days = _count(found["count"]) * (7 if found["unit"] == "week" else 1)
            return today + timedelta(days=days)
        day, month = found["day"] or found["day2"], found["month"] or found["month2"]
        year = found["year"] or found["year2"]
        return _of_year(int(day), _month(month), int(year) if year else None, today)
    except (ValueError, OverflowError):
        return None


def _weekday(name: str, which: str, today: date) -> date:
    """The next day of that name, never today; `this` is of this week, `next` of the next."""
    number = next(n for n, one in enumerate(_WEEKDAYS) if one.startswith(name[:3]))
    monday = today - timedelta(days=today.weekday())
    if which == "next":
        return monday + timedelta(days=7 + number)
    if which == "this" and number >= today.weekday():
        return monday + timedelta(days=number)
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def _of_year(day: int, month: int, year: int | None, today: date) -> date:
    """A day of a month; without a year the next one that comes."""
    if year is not None:
        return date(year, month, day)
    for one in range(today.year, today.year + 9):
        try:
            found = date(one, month, day)
        except ValueError:  # 29 February
            continue
        if found >= today:
            return found
    raise ValueError("no such day")


def _clock(said: str) -> time | None:
    found = _CLOCK.fullmatch(said)
    if found is None:
        return None
    if found["name"]:
        return time(12)
    if found["half"]:
        hour, minute = int(found["hour"]), int(found["minute"] or 0)
        if not 1 <= hour <= 12 or minute > 59:
            return None
        return time(hour % 12 + (12 if found["half"] == "pm" else 0), minute)
    hour, minute = int(found["hour24"]), int(found["minute24"])
    return time(hour, minute) if hour <= 23 and minute <= 59 else None


def _plain(text: str) -> str:
    """Small letters, one blank between words, no commas."""
    words = " ".join(text.replace(",", " ").replace("\u2013", "-").split()).lower()
    return re.sub(r"\b([ap])\.m\.?", r"\1m", words)


def _iso_pair(said: str) -> str | None:
    """`2026-11-23/2026-11-29` as it stands, and a time with its end."""
    parts = said.split("/")
    if len(parts) != 2 or not all(_is_time(one) for one in parts):
        return None
    return said.upper()


def _is_time(said: str) -> bool:
    try:
        datetime.fromisoformat(said.upper())
    except ValueError:
        return False
    return re.match(r"\d{4}-\d\d-\d\d", said) is not None


def _iso(one: date | datetime) -> str:
    return one.isoformat(timespec="minutes") if isinstance(one, datetime) else one.isoformat()


def _month(name: str) -> int:
    return next(n for n, one in enumerate(_MONTHS, 1) if one.startswith(name[:3]))


def _count(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word)


def _minutes(unit: str) -> int:
    return 60 if unit == "hour" else 1
