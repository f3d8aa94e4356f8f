"""Calendar objects as stores hold them, and reading them: one text each, and what is wrong with it.

An object is what one file or one address of a server holds: an event with its exceptions, a task.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    from icalendar import Calendar, Component

LARGEST = 2_000_000
"""Bytes of one object."""

_READING = threading.Lock()
"""icalendar knows the zones that a text defines by name for the whole process: one text at a time,
so that what one calls `Home` is not taken for the `Home` of another."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of a store: its place there, its calendar's name, its text.

    `version` is what it must still be when it is changed. `foreign`: somebody else's calendar.
    """

    ref: str
    calendar: str
    data: bytes
    version: str
    foreign: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a store holds: the objects, and a sentence for each that could not be had."""

    objects: Sequence[Stored]
    broken: Sequence[str] = field(default_factory=list[str])


@dataclass(slots=True)
class Parsed:
    """An object that was read: its calendars (nearly always one), to be changed and written."""

    stored: Stored
    calendars: Sequence[Calendar]

    def components(self, kind: str) -> Iterator[Component]:
        """Every VEVENT, or VTODO."""
        for one in self.calendars:
            yield from (part for part in one.subcomponents if part.name == kind)

    def of(self, uid: str, kind: str) -> list[Component]:
        """The components of one event or task: itself and its exceptions."""
        return [one for one in self.components(kind) if str(one.get("UID", "")) == uid]

    def holder(self, component: Component) -> Calendar:
        """The calendar that a component stands in."""
        return next(one for one in self.calendars if component in one.subcomponents)

    def written(self) -> bytes:
        """Its text as it is now."""
        return b"".join(one.to_ical() for one in self.calendars)


def parse(stored: Stored) -> Parsed:
    """Read an object; raises ToolError `unreadable` that says why. Blocks shortly."""
    from icalendar import Calendar, use_zoneinfo

    if len(stored.data) > LARGEST:
        raise _unreadable(stored, f"it is larger than {LARGEST // 1_000_000} MB")
    try:
        with _READING:
            use_zoneinfo()
            found = Calendar.from_ical(stored.data, multiple=True)
    except RecursionError as error:
        raise _unreadable(stored, "it is nested too deeply") from error
    except Exception as error:
        why = " ".join(str(error).split())[:120] or type(error).__name__
        raise _unreadable(stored, why) from error
    calendars = [one for one in found if one.name == "VCALENDAR"]
    if not calendars:
        raise _unreadable(stored, "it holds no calendar")
    return Parsed(stored, calendars)


def holds_uid(stored: Stored, uid: str) -> bool:
    """Whether the object may be that of a UID, by its text alone: lines may be folded in it."""
    bare = stored.data.replace(b"\r\n ", b"").replace(b"\n ", b"")
    bare = bare.replace(b"\r\n\t", b"").replace(b"\n\t", b"")
    return uid.encode() in bare


def uid_of(key: str) -> str:
    """The UID of what a call makes, the same at every attempt."""
    return f"butler-{sha256(key.encode()).hexdigest()[:32]}"


def text_of(component: Component, name: str, most: int = 20_000) -> str:
    """A property as text, the first where it is there several times; empty when it is missing."""
    value: Any = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    return str(value)[:most] if value is not None else ""


def addresses_of(component: Component, name: str) -> list[str]:
    """The mail addresses of a property (`ATTENDEE`, `ORGANIZER`), without `mailto:`."""
    value: Any = component.get(name)
    if value is None:
        return []
    found = [str(one).strip() for one in (value if isinstance(value, list) else [value])]
    return [one[7:] if one.lower().startswith("mailto:") else one for one in found]


def time_of(component: Component, name: str) -> Any:  # noqa: ANN401  (a day, a time or None)
    """The day or time of a property; None when it is missing or is none."""
    from datetime import date

    value = component.get(name)
    if isinstance(value, list):
        value = value[0] if value else None
    found = plain_of(value)
    return found if isinstance(found, date) else None


def plain_of(value: Any) -> Any:  # noqa: ANN401  (what icalendar read, or a broken text)
    """The day, time or length that a property holds; None where it holds none."""
    try:
        return getattr(value, "dt", None)
    except ValueError:  # a broken one raises when it is looked at
        return None


def _unreadable(stored: Stored, why: str) -> ToolError:
    return ToolError("unreadable", f"{stored.ref} cannot be read as a calendar: {why}.")
