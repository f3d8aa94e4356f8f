"""Making and changing events: from a call's arguments to the text that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from butler_tui.core.errors import ToolError
from butler_tui.tools.calendar.events import ended, later
from butler_tui.tools.calendar.objects import Parsed, addresses_of, text_of, time_of
from butler_tui.tools.calendar.patience import OutOfPatienceError, patience
from butler_tui.tools.calendar.repeats import Rule, read_repeat
from butler_tui.tools.calendar.times import (
    Moment,
    Time,
    at_start,
    day_in_words,
    iso,
    read_moment,
    seconds_between,
)

if TYPE_CHECKING:
    from icalendar import Calendar, Component

_PATIENCE = 1.5
LONGEST_TITLE = 500
LONGEST_TEXT = 20_000
CHANGED_BY = "X-BUTLER-CALL"
"""Says which call wrote an object last, so that an interrupted one finds out what became of it."""

_PRODUCT = "-//Butler//butler-tui//EN"


@dataclass(frozen=True, slots=True)
class Wish:
    """What a call says of an event; what is None is left as it is. Texts that are empty clear."""

    title: str | None = None
    start: str | None = None
    end: str | None = None
    place: str | None = None
    notes: str | None = None
    invitees: Sequence[str] | None = None
    repeat: str | None = None

    @property
    def empty(self) -> bool:
        """True when nothing is said."""
        every = (self.title, self.start, self.end, self.place, self.notes, self.repeat)
        return all(one is None for one in every) and self.invitees is None


@dataclass(frozen=True, slots=True)
class Times:
    """When an event is: `end` is when it is over; notes on the clocks."""

    start: Time
    end: Time
    notes: tuple[str, ...] = ()


def new_times(start: str, end: str | None, zone: ZoneInfo) -> Times:
    """The times of something new: an hour, or the whole day, where no end is said."""
    begins = read_moment(start, zone, "start")
    if end is None:
        length = timedelta(days=1) if begins.all_day else timedelta(hours=1)
        return Times(begins.time, later(begins.time, length), _notes(begins))
    return _checked(begins, read_moment(end, zone, "end"), zone)


def _checked(begins: Moment, ends: Moment, zone: ZoneInfo) -> Times:
    if begins.all_day != ends.all_day:
        raise ToolError(
            "bad_time",
            "One of start and end is a whole day and the other is not; write both alike.",
        )
    end = ends.time + timedelta(days=1) if begins.all_day else ends.time
    if seconds_between(begins.time, end, zone) <= 0:
        raise ToolError("bad_time", "end is not after start; an event takes some time.")
    return Times(begins.time, end, _notes(begins, ends))


def _notes(*moments: Moment) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.note for one in moments if one.note))


def changed_times(component: Component, wish: Wish, zone: ZoneInfo) -> Times:
    """The times after a change; with a new start alone it takes as long as before."""
    start = time_of(component, "DTSTART")
    if start is None:
        raise ToolError("unreadable", "The event has no time that can be read.")
    end = ended(component, start)
    if wish.start is None and wish.end is None:
        return Times(start, end)
    last = end if isinstance(end, datetime) else end - timedelta(days=1)
    begins = read_moment(wish.start or iso(start, zone), zone, "start")
    if wish.end is not None:
        return _checked(begins, read_moment(wish.end, zone, "end"), zone)
    if begins.all_day != (not isinstance(start, datetime)):
        return new_times(wish.start or "", None, zone)
    if not isinstance(begins.time, datetime):
        return Times(begins.time, begins.time + (end - start), _notes(begins))
    length = timedelta(seconds=max(0.0, seconds_between(start, last, zone)))
    return Times(begins.time, later(begins.time, length), _notes(begins))


def check_texts(wish: Wish) -> None:
    """Refuse what a calendar cannot hold."""
    if wish.title is not None and not wish.title.strip():
        raise ToolError("bad_arguments", "The title is empty; say in a few words what it is.")
    for name, text, most in (
        ("title", wish.title, LONGEST_TITLE),
        ("place", wish.place, LONGEST_TITLE),
        ("notes", wish.notes, LONGEST_TEXT),
    ):
        if text is None:
            continue
        if len(text) > most:
            raise ToolError(
                "bad_arguments", f"{name} has {len(text):,} characters; at most {most:,} fit."
            )
        if any(
            (ord(one) < 32 and one not in "\n\t\r") or "\ud800" <= one <= "\udfff" for one in text
        ):
            raise ToolError("bad_arguments", f"{name} holds a character that no calendar can hold.")


def new_calendar(component: Component) -> bytes:
    """A calendar that holds one event or task, with the definition of its time zones."""
    from icalendar import Calendar

    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add_component(component)
    define_zones(made, component)
    return made.to_ical()


def define_zones(calendar: Calendar, component: Component) -> None:
    """Define the zones of a component's times, for the years that matter."""
    start = time_of(component, "DTSTART") or time_of(component, "DUE")
    if not isinstance(start, datetime) or not 1970 < start.year < 2037:
        return
    last = start.year + 2 if "RRULE" not in component else 2038
    calendar.add_missing_timezones(
        first_date=date(start.year - 1, 1, 1), last_date=date(last, 1, 1)
    )


def stamp(component: Component, key: str, now: datetime) -> None:
    """Say when a component was changed, that it is newer than before, and by which call."""
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        _set(component, name, now.astimezone(UTC).replace(microsecond=0))
    component[CHANGED_BY] = mark_of_call(key)


def mark_of_call(key: str) -> str:
    """What a call leaves in what it writes."""
    return sha256(f"call/{key}".encode()).hexdigest()[:32]


def raise_sequence(component: Component) -> None:
    """Number the change, so that those who are invited know the newer text."""
    text = text_of(component, "SEQUENCE")
    _set(component, "SEQUENCE", int(text) + 1 if text.isdecimal() and len(text) < 8 else 1)


def new_event(uid: str, wish: Wish, times: Times, rule: Rule | None, organiser: str) -> Component:
    """An event as the call wants it."""
    from icalendar import Event

    made = Event()
    made.add("uid", uid)
    put_texts(made, wish)
    put_times(made, times)
    if rule is not None:
        made.add("rrule", rule)
    put_invitees(made, wish, organiser)
    return made


def put_texts(component: Component, wish: Wish) -> None:
    """Set the texts that the wish names; an empty one goes."""
    for name, text in (
        ("SUMMARY", wish.title),
        ("LOCATION", wish.place),
        ("DESCRIPTION", wish.notes),
    ):
        if text is not None:
            _set(component, name, text.replace("\r\n", "\n").replace("\r", "\n") or None)


def put_times(component: Component, times: Times) -> None:
    """Set start and end; a length that was there gives way."""
    component.pop("DURATION", None)
    _set(component, "DTSTART", times.start)
    _set(component, "DTEND", times.end)


def put_invitees(component: Component, wish: Wish, organiser: str) -> None:
    """Set who is invited: those who were keep their answers."""
    if wish.invitees is None:
        return
    from icalendar import vCalAddress

    before: Any = component.pop("ATTENDEE", None)
    known = {
        address.lower(): one
        for one in (before if isinstance(before, list) else [before] if before is not None else [])
        for address in [str(one).removeprefix("mailto:").removeprefix("MAILTO:")]
    }
    for address in wish.invitees:
        person = known.get(address.lower())
        if person is None:
            person = vCalAddress(f"mailto:{address}")
            person.params["ROLE"] = "REQ-PARTICIPANT"
            person.params["PARTSTAT"] = "NEEDS-ACTION"
            person.params["RSVP"] = "TRUE"
        component.add("attendee", person, encode=False)
    if wish.invitees and organiser and "ORGANIZER" not in component:
        component.add("organizer", vCalAddress(f"mailto:{organiser}"), encode=False)
    if not wish.invitees:
        component.pop("ORGANIZER", None)


def change_series(parsed: Parsed, uid: str, wish: Wish, organiser: str, zone: ZoneInfo) -> Times:
    """Change an event itself, whether or not it repeats."""
    parts = parsed.of(uid, "VEVENT")
    base = next((one for one in parts if "RECURRENCE-ID" not in one), None)
    if base is None:
        raise ToolError(
            "unreadable", "Only single times of this event are here; name one with only."
        )
    times = changed_times(base, wish, zone)
    moved = times.start != time_of(base, "DTSTART")
    exceptions = len(parts) > 1 or "EXDATE" in base or "RDATE" in base
    if exceptions and (moved or wish.repeat is not None):
        raise ToolError(
            "has_exceptions",
            "Single times of this event were changed or left out, and would no longer fit; change "
            "single times (only), or delete it and add it anew.",
        )
    put_texts(base, wish)
    if wish.start is not None or wish.end is not None:
        put_times(base, times)
    if wish.repeat is not None:
        rule = read_repeat(wish.repeat, times.start, zone)
        base.pop("RRULE", None)
        if rule is not None:
            base.add("rrule", rule)
    put_invitees(base, wish, organiser)
    raise_sequence(base)
    define_zones(parsed.holder(base), base)
    return times


def change_once(
    parsed: Parsed, uid: str, only: str, wish: Wish, organiser: str, zone: ZoneInfo
) -> Times:
    """Change one time of a recurring event, which becomes an exception of its own."""
    if wish.repeat is not None:
        raise ToolError("bad_arguments", "One time alone cannot repeat; leave out only or repeat.")
    one = _single(parsed, uid, only, zone)
    times = changed_times(one, wish, zone)
    put_texts(one, wish)
    put_times(one, times)
    put_invitees(one, wish, organiser)
    raise_sequence(one)
    return times


def _single(parsed: Parsed, uid: str, only: str, zone: ZoneInfo) -> Component:
    """The exception for one time of a recurring event, made if it is not there yet."""
    wanted = at_start(read_moment(only, zone, "only").time, zone)
    parts = parsed.of(uid, "VEVENT")
    for one in parts:
        which = time_of(one, "RECURRENCE-ID")
        if which is not None and at_start(which, zone) == wanted:
            return one
    base, start = _base_at(parts, wanted, zone)
    made = base.copy(recursive=True)
    begins = time_of(base, "DTSTART")
    length = ended(base, begins) - begins
    for name in ("RRULE", "RDATE", "EXDATE", "DURATION", "DTEND", "DTSTART"):
        made.pop(name, None)
    made.add("recurrence-id", start)
    made.add("dtstart", start)
    made.add("dtend", start + length)
    parsed.holder(base).add_component(made)
    return made


def leave_out(parsed: Parsed, uid: str, only: str, zone: ZoneInfo) -> None:
    """Leave one time of a recurring event out."""
    wanted = at_start(read_moment(only, zone, "only").time, zone)
    parts = parsed.of(uid, "VEVENT")
    exception = next(
        (
            one
            for one in parts
            if (which := time_of(one, "RECURRENCE-ID")) is not None
            and at_start(which, zone) == wanted
        ),
        None,
    )
    bases = [one for one in parts if "RECURRENCE-ID" not in one]
    start: Time = time_of(exception, "RECURRENCE-ID") if exception is not None else wanted
    if exception is None:
        _, start = _base_at(parts, wanted, zone)
    else:
        parsed.holder(exception).subcomponents.remove(exception)
    for base in bases:
        base.add("exdate", [start])
        raise_sequence(base)


def _base_at(
    parts: Sequence[Component], wanted: datetime, zone: ZoneInfo
) -> tuple[Component, Time]:
    """The series and the start of its time at an instant; raises ToolError where it has none."""
    import recurring_ical_events
    from icalendar import Calendar

    base = next((one for one in parts if "RECURRENCE-ID" not in one), None)
    if base is None or not ("RRULE" in base or "RDATE" in base):
        raise ToolError("not_recurring", "This event does not repeat; leave out only.")
    alone = Calendar()
    for one in parts:
        alone.add_component(one)
    near = timedelta(days=1)
    try:
        with patience(_PATIENCE):
            times = list(recurring_ical_events.of(alone).between(wanted - near, wanted + 2 * near))
    except OutOfPatienceError as error:
        raise ToolError("unreadable", "This event's rule cannot be gone through.") from error
    for one in times:
        which = time_of(one, "RECURRENCE-ID") or time_of(one, "DTSTART")
        if which is not None and at_start(which, zone) == wanted:
            return base, which
    raise ToolError(
        "not_found",
        f"It does not take place at {iso(wanted, zone)} ({day_in_words(wanted)}); list_events says "
        "when it does (only).",
    )


def invitees_of(parsed: Parsed, uid: str) -> list[str]:
    """Everybody who is invited to any time of an event, but its organiser."""
    found: list[str] = []
    for one in parsed.of(uid, "VEVENT"):
        organisers = {each.lower() for each in addresses_of(one, "ORGANIZER")}
        found += [each for each in addresses_of(one, "ATTENDEE") if each.lower() not in organisers]
    return list(dict.fromkeys(found))


def _set(component: Component, name: str, value: Any) -> None:  # noqa: ANN401  (what icalendar takes)
    component.pop(name, None)
    if isinstance(value, datetime) and value.fold:  # a local time means the first of two equal ones
        value = value.astimezone(UTC)
    if value is not None:
        component.add(name, value)
