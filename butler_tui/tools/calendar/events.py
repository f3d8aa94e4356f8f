"""Events as a plan sees them, each time that one comes by itself, bounded on our side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.tools.calendar.objects import (
    Found,
    Stored,
    addresses_of,
    parse,
    plain_of,
    text_of,
    time_of,
)
from butler_tui.tools.calendar.patience import OutOfPatienceError, patience
from butler_tui.tools.calendar.repeats import too_dense
from butler_tui.tools.calendar.times import Span, Time, at_start, iso, span_in_words

if TYPE_CHECKING:
    from icalendar import Component

MOST_EVENTS = 2_000
_PATIENCE = 1.5
"""Seconds of work for one object."""

MOST_TIMES = 1_000
"""So many times of one event."""


class Event(BaseModel):
    """An event, or one time of a recurring one.

    `start` and `end` are as the tools take them, the last day included where it is all day. `only`
    names this time of a recurring event to change_event and delete_event. `when` and `line` are in
    words.
    """

    uid: str
    title: str
    start: str
    end: str
    all_day: bool
    when: str
    line: str = ""
    place: str = ""
    notes: str = ""
    organiser: str = ""
    invitees: list[str] = []
    recurring: bool = False
    only: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """An event with the object it stands in and the times it really has."""

    event: Event
    stored: Stored
    start: Time
    end: Time


@dataclass(slots=True)
class Occurrences:
    """What falls into a span, in order; `broken` are sentences about what could not be read."""

    found: list[Occurrence] = field(default_factory=list[Occurrence])
    broken: list[str] = field(default_factory=list[str])
    truncated: bool = False


def occurrences(found: Found, span: Span, zone: ZoneInfo) -> Occurrences:
    """Every time of every event in the span, by its beginning. Blocks."""
    made = Occurrences(broken=list(found.broken))
    for stored in found.objects:
        try:
            times = list(islice(_times_of(stored, span, zone, made.broken), MOST_TIMES + 1))
        except ToolError as error:
            made.broken.append(str(error))
            continue
        made.truncated = made.truncated or len(times) > MOST_TIMES
        made.found += times[:MOST_TIMES]
    made.found.sort(key=lambda one: (at_start(one.start, zone).timestamp(), one.event.title))
    made.truncated = made.truncated or len(made.found) > MOST_EVENTS
    del made.found[MOST_EVENTS:]
    return made


def _times_of(
    stored: Stored, span: Span, zone: ZoneInfo, broken: list[str]
) -> Iterator[Occurrence]:
    import recurring_ical_events

    parsed = parse(stored)
    for calendar in parsed.calendars:
        for component in list(calendar.subcomponents):
            if component.name == "VEVENT" and (why := _unusable(component, span)) is not None:
                calendar.subcomponents.remove(component)
                broken.append(f"{stored.ref}: {_named(component)} {why}.")
        recurring = {
            text_of(one, "UID")
            for one in parsed.components("VEVENT")
            if "RRULE" in one or "RDATE" in one or "RECURRENCE-ID" in one
        }
        try:
            with patience(_PATIENCE):
                query = recurring_ical_events.of(calendar, skip_bad_series=True)
                room = timedelta(days=2)
                times = list(query.between(span.start - room, span.end + room))
        except OutOfPatienceError:
            broken.append(f"{stored.ref} takes too long to be gone through.")
            continue
        except Exception as error:  # noqa: BLE001  (a stranger's rules: anything may come)
            why = " ".join(str(error).split())[:120] or type(error).__name__
            broken.append(f"{stored.ref} cannot be gone through: {why}.")
            continue
        for one in times:
            made = occurrence(one, stored, zone, recurring)
            if made is not None and _overlaps(made, span, zone):
                yield made


def _unusable(component: Component, span: Span) -> str | None:
    """Why a component is left out: it has no time, or a rule that is not gone through."""
    start = time_of(component, "DTSTART")
    if start is None:
        return "has no time that can be read"
    rules = component.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules] if rules is not None else []:
        try:
            dense = too_dense(rule, start, span.end + timedelta(days=2))
        except (ValueError, TypeError, AttributeError, OverflowError):
            dense = "has a rule that cannot be read"
        if dense:
            return f"repeats in a way that {dense}" if not dense.startswith("has") else dense
    return None


def _named(component: Component) -> str:
    return repr(text_of(component, "SUMMARY", 60) or "an event")


def occurrence(
    component: Component, stored: Stored, zone: ZoneInfo, recurring: set[str]
) -> Occurrence | None:
    """One time of an event; None for one that was called off."""
    start: Any = time_of(component, "DTSTART")
    if start is None or text_of(component, "STATUS").upper() == "CANCELLED":
        return None
    end = ended(component, start)
    uid = text_of(component, "UID", 500)
    again = uid in recurring
    which = time_of(component, "RECURRENCE-ID") if again else None
    organisers = addresses_of(component, "ORGANIZER")
    title, place = text_of(component, "SUMMARY", 1_000), text_of(component, "LOCATION", 1_000)
    when = span_in_words(start, end, zone)
    event = Event(
        uid=uid,
        title=title,
        start=iso(start, zone),
        end=iso(_last(start, end), zone),
        all_day=not isinstance(start, datetime),
        when=when,
        line=f"{when}: {title} ({place})" if place else f"{when}: {title}",
        place=place,
        notes=text_of(component, "DESCRIPTION"),
        organiser=organisers[0] if organisers else "",
        invitees=[one for one in addresses_of(component, "ATTENDEE") if one not in organisers],
        recurring=again,
        only=iso(which, zone) if which is not None else "",
        calendar=stored.calendar,
    )
    return Occurrence(event, stored, start, end)


def ended(component: Component, start: Time) -> Time:
    """When a component is over, by its end or its length; never before it began."""
    end = time_of(component, "DTEND")
    if end is None:
        length = plain_of(component.get("DURATION"))
        if not isinstance(length, timedelta):
            length = timedelta() if isinstance(start, datetime) else timedelta(days=1)
        end = later(start, length)
    if isinstance(end, datetime) != isinstance(start, datetime):
        end = start
    if isinstance(start, datetime) and isinstance(end, datetime):
        naive = (start.tzinfo is None) or (end.tzinfo is None)
        before = end.replace(tzinfo=None) < start.replace(tzinfo=None) if naive else end < start
    else:
        before = end <= start
    if before:
        return start if isinstance(start, datetime) else start + timedelta(days=1)
    return end


def later(start: Time, length: timedelta) -> Time:
    """So much real time later; the clocks may change between."""
    if isinstance(start, datetime) and start.tzinfo is not None:
        return (start.astimezone(UTC) + length).astimezone(start.tzinfo)
    return start + length


def _last(start: Time, end: Time) -> Time:
    """The end as a plan writes it: the last day itself, where it is all day."""
    if isinstance(start, datetime):
        return end
    last = end - timedelta(days=1)
    return max(start, last) if isinstance(last, date) else last


def _overlaps(one: Occurrence, span: Span, zone: ZoneInfo) -> bool:
    begins, ends = at_start(one.start, zone).timestamp(), at_start(one.end, zone).timestamp()
    if begins == ends:
        return span.start.timestamp() <= begins < span.end.timestamp()
    return begins < span.end.timestamp() and ends > span.start.timestamp()


def fits(event: Event, text: str) -> bool:
    """Whether the words of a text all stand in an event, in any order and any letters."""
    held = " ".join([event.title, event.place, event.notes, event.organiser, *event.invitees])
    return all(word in held.casefold() for word in text.casefold().split())


def plain(events: Sequence[Event]) -> list[Json]:
    """The events as JSON."""
    return [one.model_dump(mode="json") for one in events]
