"""add_event, change_event, delete_event."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import (
    Again,
    Effect,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.calendar.events import ended, later
from butler_tui.tools.calendar.objects import Parsed, parse, text_of, time_of, uid_of
from butler_tui.tools.calendar.people import checked_invitees, organiser_of
from butler_tui.tools.calendar.repeats import Rule, read_repeat
from butler_tui.tools.calendar.settled import lacking, settled, still_so
from butler_tui.tools.calendar.shown import lines_of, overlapping, wished
from butler_tui.tools.calendar.store import Store, by_store, store_of
from butler_tui.tools.calendar.times import (
    Time,
    at_start,
    read_moment,
    seconds_between,
    span_in_words,
    zone_of,
)
from butler_tui.tools.calendar.writing import (
    Times,
    Wish,
    change_once,
    change_series,
    check_texts,
    invitees_of,
    leave_out,
    new_calendar,
    new_event,
    new_times,
    stamp,
)
from butler_tui.tools.diffs import unified

Title = Annotated[str, "what it is, in a few words"]
Start = Annotated[
    str, "a day (2026-11-27) or a time on it (2026-11-27T15:00), or both ends: TIME/TIME"
]
End = Annotated[str | None, "the last day, or the time it ends; left out: an hour, or the day"]
Place = Annotated[str | None, "where"]
Notes = Annotated[str | None, "more about it"]
Invitees = Annotated[list[str] | None, "mail addresses of those who are invited"]
Repeat = Annotated[
    str | None,
    "daily, weekly on mo,we, monthly or yearly, until 2027-06-30 or 10 times; or an RRULE",
]
Only = Annotated[str | None, "of a recurring event, only the time that list_events gives as only"]


class AddedEvent(BaseModel):
    """An event that is in the calendar now: its UID, and when it is, in words."""

    uid: str
    when: str
    note: str = ""


class ChangedEvent(BaseModel):
    """An event that was changed."""

    uid: str
    when: str
    note: str = ""


class DeletedEvent(BaseModel):
    """An event that is no longer there."""

    uid: str
    title: str


def effect_of(args: Mapping[str, Json]) -> Effect:
    """Who is invited is told: then it sends."""
    return Effect.SEND if args.get("invitees") else Effect.CHANGE


@dataclass(frozen=True, slots=True)
class _New:
    """An event to be: all that is decided before it is shown or added."""

    wish: Wish
    times: Times
    rule: Rule | None
    organiser: str


def _new(context: ToolContext, store: Store, wish: Wish, zone: ZoneInfo) -> _New:
    check_texts(wish)
    times = new_times(wish.start or "", wish.end, zone)
    rule = read_repeat(wish.repeat, times.start, zone) if wish.repeat else None
    organiser = organiser_of(context, store) if wish.invitees else ""
    return _New(wish, times, rule, organiser)


def _wish(
    title: str | None,
    start: str | None,
    end: str | None,
    place: str | None,
    notes: str | None,
    invitees: Sequence[str] | None,
    repeat: str | None,
) -> Wish:
    people = checked_invitees(invitees) if invitees is not None else None
    line = " ".join(title.split()) if title is not None else None
    if start is not None and end is None and "/" in start:
        start, _, end = start.partition("/")
    return Wish(line, start, end, place, notes, people, repeat)


@tool(
    effect=effect_of,
    worst=Effect.SEND,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("invitees",),
    timeout=60,
)
async def add_event(
    context: ToolContext,
    title: Title,
    start: Start,
    end: End = None,
    place: Place = None,
    notes: Notes = None,
    invitees: Invitees = None,
    repeat: Repeat = None,
) -> Annotated[ToolResult, AddedEvent]:
    """Add an event to the calendar; people who are invited may be told by the calendar's server."""
    zone, store = zone_of(context), store_of(context)
    wish = _wish(title, start, end, place, notes, invitees, repeat)
    new = _new(context, store, wish, zone)
    uid = uid_of(context.key)
    component = new_event(uid, wish, new.times, new.rule, new.organiser)
    stamp(component, context.key, datetime.now(UTC))
    when = span_in_words(new.times.start, new.times.end, zone)
    output = AddedEvent(uid=uid, when=when, note="; ".join(new.times.notes))

    def result(facts: Mapping[str, Json]) -> ToolResult:
        return ToolResult(output, Receipt(f"Added {wish.title}, {when}.", {**facts, "uid": uid}))

    return await store.create(uid, new_calendar(component), "VEVENT", None, result)


@add_event.previews
async def _(
    context: ToolContext,
    title: str,
    start: str,
    end: str | None = None,
    place: str | None = None,
    notes: str | None = None,
    invitees: list[str] | None = None,
    repeat: str | None = None,
) -> Preview:
    zone, store = zone_of(context), store_of(context)
    wish = _wish(title, start, end, place, notes, invitees, repeat)
    new = _new(context, store, wish, zone)
    lines = [f"adds to {store.shown}:", *wished(wish, new.times, new.rule, zone)]
    lines += _told(store, wish.invitees or [])
    lines += await overlapping(store, new.times, zone)
    return Preview("\n".join(lines))


def _told(store: Store, invitees: Sequence[str]) -> list[str]:
    """Whether those who are invited hear of it."""
    if not invitees:
        return []
    if store.remote:
        return ["the calendar's server may send those who are invited a mail"]
    return ["your calendar is a folder and sends nothing: tell those who are invited yourself"]


@tool(
    effect=effect_of,
    worst=Effect.SEND,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("uid", "invitees"),
    recipients=("invitees",),
    timeout=60,
)
async def change_event(
    context: ToolContext,
    uid: Annotated[str, "the event's uid, as list_events gives it"],
    title: Annotated[str | None, "the new title"] = None,
    start: Annotated[str | None, "the new start; it then takes as long as before"] = None,
    end: Annotated[str | None, "the new end"] = None,
    place: Place = None,
    notes: Notes = None,
    invitees: Annotated[list[str] | None, "everybody who is invited now"] = None,
    repeat: Annotated[str | None, "as in add_event; none: no more"] = None,
    only: Only = None,
) -> Annotated[ToolResult, ChangedEvent]:
    """Change an event; what is left out stays as it is, an empty text clears."""
    zone, store = zone_of(context), store_of(context)
    wish = _wish(title, start, end, place, notes, invitees, repeat)
    change = await _changed(context, store, uid, wish, only or None, zone)
    for one in change.parsed.of(uid, "VEVENT"):
        stamp(one, context.key, datetime.now(UTC))
    when = span_in_words(change.times.start, change.times.end, zone)
    output = ChangedEvent(uid=uid, when=when, note="; ".join(change.times.notes))

    def result(facts: Mapping[str, Json]) -> ToolResult:
        said = f"Changed {change.title}, {when}."
        return ToolResult(output, Receipt(said, {**facts, "uid": uid}))

    return await store.replace(change.parsed.stored, change.parsed.written(), result)


@change_event.previews
async def _(
    context: ToolContext,
    uid: str,
    title: str | None = None,
    start: str | None = None,
    end: str | None = None,
    place: str | None = None,
    notes: str | None = None,
    invitees: list[str] | None = None,
    repeat: str | None = None,
    only: str | None = None,
) -> Preview:
    zone, store = zone_of(context), store_of(context)
    wish = _wish(title, start, end, place, notes, invitees, repeat)
    change = await _changed(context, store, uid, wish, only or None, zone)
    before, after = "\n".join(change.before) + "\n", "\n".join(change.after) + "\n"
    lines = [f"note: {one}" for one in change.times.notes] + _told(store, wish.invitees or [])
    lines += await overlapping(store, change.times, zone, uid)
    if before == after:
        return Preview("\n".join(["leaves it as it is", *lines]))
    diff = unified(before, after, "the event now", "the event then").text.rstrip("\n")
    return Preview("\n".join([diff, *lines]), "diff")


@dataclass(frozen=True, slots=True)
class _Change:
    """A change that was made in memory, and the event in words before and after it."""

    parsed: Parsed
    title: str
    times: Times
    before: Sequence[str]
    after: Sequence[str]


async def _changed(
    context: ToolContext, store: Store, uid: str, wish: Wish, only: str | None, zone: ZoneInfo
) -> _Change:
    check_texts(wish)
    if wish.empty:
        raise ToolError("bad_arguments", "Nothing is to be changed; say what, title or start say.")
    parsed = await _found(store, uid)
    _check_invited(store, parsed, uid, wish.invitees)
    organiser = organiser_of(context, store) if wish.invitees else ""

    def change() -> _Change:
        before = _in_words(parsed, uid, only, zone)
        if only is None:
            times = change_series(parsed, uid, wish, organiser, zone)
        else:
            times = change_once(parsed, uid, only, wish, organiser, zone)
        after = _in_words(parsed, uid, only, zone, times)
        return _Change(parsed, _title(parsed, uid), times, before, after)

    return await asyncio.to_thread(change)


@tool(
    effect=effect_of,
    worst=Effect.SEND,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("uid", "invitees"),
    recipients=("invitees",),
    timeout=60,
)
async def delete_event(
    context: ToolContext,
    uid: Annotated[str, "the event's uid, as list_events gives it"],
    only: Only = None,
    invitees: Annotated[
        list[str] | None, "those who are invited, where a server tells them"
    ] = None,
) -> Annotated[ToolResult, DeletedEvent]:
    """Delete an event, or one time of a recurring one."""
    zone, store = zone_of(context), store_of(context)
    only = only or None
    parsed = await _found(store, uid)
    _check_invited(store, parsed, uid, checked_invitees(invitees or []))
    title = _title(parsed, uid)
    output = DeletedEvent(uid=uid, title=title)
    said = f"Deleted {title}" + (f", only {only}." if only else ".")

    def result(facts: Mapping[str, Json]) -> ToolResult:
        return ToolResult(output, Receipt(said, {**facts, "uid": uid}))

    if await asyncio.to_thread(_without, parsed, uid, only, zone):
        for one in parsed.of(uid, "VEVENT"):
            stamp(one, context.key, datetime.now(UTC))
        return await store.replace(parsed.stored, parsed.written(), result)
    return await store.remove(parsed.stored, result)


@delete_event.previews
async def _(
    context: ToolContext, uid: str, only: str | None = None, invitees: list[str] | None = None
) -> Preview:
    zone, store = zone_of(context), store_of(context)
    only = only or None
    parsed = await _found(store, uid)
    _check_invited(store, parsed, uid, checked_invitees(invitees or []))

    def look() -> list[str]:
        lines = _in_words(parsed, uid, only, zone)
        _without(parsed, uid, only, zone)
        return lines

    lines = await asyncio.to_thread(look)
    what = f"leaves out the time {only} of" if only else "deletes"
    told = ["the calendar's server may tell those who are invited"] if invitees else []
    return Preview("\n".join([f"{what} from {store.shown}:", *lines, *told]))


def _without(parsed: Parsed, uid: str, only: str | None, zone: ZoneInfo) -> bool:
    """Take the event, or one time of it, out; True where something else is left in its object."""
    if only is not None:
        leave_out(parsed, uid, only, zone)
        return True
    for one in parsed.of(uid, "VEVENT"):
        parsed.holder(one).subcomponents.remove(one)
    kinds = {part.name for each in parsed.calendars for part in each.subcomponents}
    return bool(kinds - {"VTIMEZONE"})


async def _found(store: Store, uid: str) -> Parsed:
    stored = await store.find(uid, "VEVENT") if uid.strip() else None
    if stored is None:
        raise ToolError(
            "not_found", f"There is no event {uid!r:.80}; list_events gives each event's uid."
        )
    return await asyncio.to_thread(parse, stored)


def _check_invited(store: Store, parsed: Parsed, uid: str, named: Sequence[str] | None) -> None:
    """A server tells those who are invited of every change: then they must be named in the call."""
    if not store.remote or named:
        return
    invited = invitees_of(parsed, uid)
    if invited:
        raise ToolError(
            "tells_others",
            f"Others are invited ({', '.join(invited[:10])}), and the calendar's server would tell "
            "them; name them as invitees.",
        )


def _title(parsed: Parsed, uid: str) -> str:
    parts = parsed.of(uid, "VEVENT")
    base = next((one for one in parts if "RECURRENCE-ID" not in one), parts[0] if parts else None)
    return text_of(base, "SUMMARY", 200) if base is not None else ""


def _in_words(
    parsed: Parsed, uid: str, only: str | None, zone: ZoneInfo, times: Times | None = None
) -> list[str]:
    """An event in words; `times` are those of the one time that is meant."""
    parts = parsed.of(uid, "VEVENT")
    component = next((one for one in parts if "RECURRENCE-ID" not in one), parts[0])
    if only is not None:
        wanted = at_start(read_moment(only, zone, "only").time, zone)
        for one in parts:
            which = time_of(one, "RECURRENCE-ID")
            if which is not None and at_start(which, zone) == wanted:
                component = one
    start: Time | None = time_of(component, "DTSTART")
    if start is None:
        return [f"title: {text_of(component, 'SUMMARY')}"]
    end = ended(component, start)
    if only is not None and "RECURRENCE-ID" not in component:
        moved = read_moment(only, zone, "only").time
        length = seconds_between(start, end, zone)
        start, end = moved, later(moved, timedelta(seconds=length))
    if times is not None:
        start, end = times.start, times.end
    rule = component.get("RRULE") if only is None else None
    return lines_of(
        text_of(component, "SUMMARY"),
        start,
        end,
        zone,
        place=text_of(component, "LOCATION"),
        notes=text_of(component, "DESCRIPTION"),
        invitees=invitees_of(parsed, uid),
        rule=rule if not isinstance(rule, list) else None,
    )


for _one in (add_event, change_event, delete_event):
    _one.settles(settled)
    _one.verifies(still_so)
    _one.ready(lacking)
    _one.adapts(by_store)
