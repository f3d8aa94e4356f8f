"""How an event repeats: simple words or an RRULE, and which rules are too dense to be looked at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from butler_tui.core.errors import ToolError
from butler_tui.tools.calendar.patience import OutOfPatienceError, patience
from butler_tui.tools.calendar.times import Time, at_start, day_in_words, read_moment

MOST_STEPS = 30_000
"""So many times is a rule gone through at most, from its first time to the last one asked for."""

_PATIENCE = 0.5
"""Seconds of work until a rule is taken to fit no day."""

_FREQUENCIES = {"daily": "DAILY", "weekly": "WEEKLY", "monthly": "MONTHLY", "yearly": "YEARLY"}
_UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_NAMES = {one: unit for unit, one in _UNITS.items()}
_DAYS = {"mo": "Mon", "tu": "Tue", "we": "Wed", "th": "Thu", "fr": "Fri", "sa": "Sat", "su": "Sun"}
_SECONDS = {
    "SECONDLY": 1,
    "MINUTELY": 60,
    "HOURLY": 3600,
    "DAILY": 86_400,
    "WEEKLY": 7 * 86_400,
    "MONTHLY": 28 * 86_400,
    "YEARLY": 365 * 86_400,
}
_WORDS = re.compile(
    r"(?P<plain>daily|weekly|monthly|yearly)"
    r"|every (?:(?P<count>[2-9]|[1-9]\d|second|other) )?(?P<unit>day|week|month|year)s?",
)
_TAIL = re.compile(
    r"(?: on (?P<days>[a-z]+(?:(?:, ?| and | )[a-z]+)*?))?"
    r"(?:,? (?:until (?P<until>\S+)|(?:count )?(?P<times>\d{1,3})(?: times)?))?"
)
_HELP = (
    "write daily, weekly, weekly on mo,we, monthly or yearly, with until 2027-06-30 or 10 times "
    "behind it if it ends, or an RRULE such as FREQ=MONTHLY;BYDAY=-1FR"
)

Rule = Mapping[str, Sequence[Any]]
"""An RRULE by its parts, as icalendar reads it: {"FREQ": ["WEEKLY"], "BYDAY": ["MO"]}."""


def read_repeat(text: str, start: Time, zone: ZoneInfo) -> Rule | None:
    """The rule that words or an RRULE say; None for `none` and for nothing.

    Raises ToolError `bad_repeat` where it cannot be read or would not end within reason.
    """
    said = " ".join(text.split())
    if said.lower() in ("", "none", "never", "no"):
        return None
    rule = _from_rrule(said) if "FREQ=" in said.upper() else _from_words(said.lower(), start, zone)
    if (dense := too_dense(rule, start, at_start(start, zone) + timedelta(days=366))) is not None:
        raise ToolError("bad_repeat", f"repeat {dense}; let it repeat once a day at most.")
    if not _fits_somewhere(rule, start):
        raise ToolError("bad_repeat", f"repeat ({said:.80}) fits no day; {_HELP}.")
    return rule


def _from_rrule(said: str) -> Rule:
    from icalendar import vRecur

    bare = re.sub(r"^RRULE:", "", said, flags=re.I).upper()
    try:
        rule = vRecur.from_ical(bare)
    except (ValueError, KeyError, TypeError) as error:
        raise _unreadable(said) from error
    if len(rule.get("FREQ", [])) != 1 or not re.fullmatch(r"[A-Z0-9=;,:+-]+", bare):
        raise _unreadable(said)
    return rule


def _from_words(said: str, start: Time, zone: ZoneInfo) -> Rule:
    from icalendar import vRecur

    head = _WORDS.match(said)
    tail = _TAIL.fullmatch(said, head.end()) if head is not None else None
    if head is None or tail is None:
        raise _unreadable(said)
    rule: dict[str, Any] = {"FREQ": [_FREQUENCIES.get(head["plain"]) or _UNITS[head["unit"]]]}
    if count := head["count"]:
        rule["INTERVAL"] = [2 if count in ("second", "other") else int(count)]
    if tail["days"]:
        if rule["FREQ"] != ["WEEKLY"]:
            raise _unreadable(said)
        found = [one[:2] for one in re.split(r", ?| and | ", tail["days"])]
        if not all(one in _DAYS for one in found):
            raise _unreadable(said)
        rule["BYDAY"] = [one.upper() for one in dict.fromkeys(found)]
    if tail["until"]:
        rule["UNTIL"] = [_until(tail["until"], start, zone)]
    if tail["times"]:
        if int(tail["times"]) < 1:
            raise _unreadable(said)
        rule["COUNT"] = [int(tail["times"])]
    return vRecur(rule)


def _until(text: str, start: Time, zone: ZoneInfo) -> Time:
    """The last time that counts; of the kind that the event's own start has."""
    last = read_moment(text, zone, "the end of the repetition").time
    if not isinstance(start, datetime):
        return last.date() if isinstance(last, datetime) else last
    if isinstance(last, datetime):
        return last.astimezone(UTC)
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=zone).astimezone(UTC)


def _unreadable(said: str) -> ToolError:
    return ToolError("bad_repeat", f"repeat is {said!r:.80}; {_HELP}.")


def too_dense(rule: Rule, start: Time, end: datetime) -> str | None:
    """Why a rule is not gone through up to `end`, in a clause; None where it is.

    A rule is gone through from its first time on.
    """
    frequency = str(_first(rule, "FREQ") or "").upper()
    if frequency not in _SECONDS:
        return "has no known frequency"
    try:
        given = _first(rule, "INTERVAL")
        every = 1 if given is None else int(given)
        count = int(_first(rule, "COUNT") or MOST_STEPS + 1)
    except (TypeError, ValueError):
        return "has no number where one belongs"
    if every < 1:
        return "has an interval of nothing"
    begins = at_start(start, ZoneInfo("UTC"))
    ends = end
    until = _first(rule, "UNTIL")
    if isinstance(until, date):
        ends = min(ends, at_start(until, ZoneInfo("UTC")) + timedelta(days=1))
    seconds = max(0.0, ends.timestamp() - begins.timestamp())
    within = 1
    for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        within *= max(1, len(_all(rule, part)))
    filtered = [part for part in rule if str(part).upper().startswith("BY")]
    if _SECONDS[frequency] < 3600 and filtered:
        return "is too fine to be gone through"
    steps = seconds / (_SECONDS[frequency] * every) * within
    if filtered or count > steps:
        count = MOST_STEPS + 1
    if min(steps, count) > MOST_STEPS:
        return "comes too often to be gone through"
    return None


def _fits_somewhere(rule: Rule, start: Time) -> bool:
    """Whether the rule has a first time at all. Blocks shortly."""
    from dateutil.rrule import rrulestr
    from icalendar import vRecur

    text = vRecur(rule).to_ical().decode()
    begins = start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)
    if "UNTIL=" in text:  # of the kind of the rule's end, which dateutil insists on
        begins = at_start(start, ZoneInfo("UTC")) if text.endswith("Z") or "Z;" in text else begins
        begins = begins if begins.tzinfo is None or "Z" in text else begins.replace(tzinfo=None)
    try:
        with patience(_PATIENCE):
            return next(iter(rrulestr(text, dtstart=begins)), None) is not None
    except OutOfPatienceError:
        return False
    except (ValueError, TypeError, IndexError) as error:
        raise _unreadable(text) from error


def in_words(rule: Rule | None) -> str:
    """A rule in words where it is a simple one, else as it stands."""
    if rule is None:
        return ""
    known = {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"}
    unit = _NAMES.get(str(_first(rule, "FREQ") or "").upper())
    days = [str(one).lower() for one in _all(rule, "BYDAY")]
    simple = unit is not None and {str(one).upper() for one in rule} <= known
    if not simple or not all(one in _DAYS for one in days):
        from icalendar import vRecur

        return vRecur(rule).to_ical().decode()
    every = int(_first(rule, "INTERVAL") or 1)
    said = f"every {unit}" if every == 1 else f"every {every} {unit}s"
    if days:
        said += f" on {', '.join(_DAYS[one] for one in days)}"
    if count := _first(rule, "COUNT"):
        said += f", {count} times"
    until = _first(rule, "UNTIL")
    if isinstance(until, date):
        said += f", until {day_in_words(until)}"
    return said


def _first(rule: Rule, part: str) -> Any:  # noqa: ANN401  (a number, a word or a time)
    found = _all(rule, part)
    return found[0] if found else None


def _all(rule: Rule, part: str) -> Sequence[Any]:
    value: Any = rule.get(part)
    if value is None:
        return []
    return value if isinstance(value, list | tuple) else [value]
