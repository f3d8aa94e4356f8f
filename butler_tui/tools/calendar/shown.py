"""Events in a preview's words: everything that will stand in the calendar, and what overlaps."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from butler_tui.core.clean import marked, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.tools.calendar.events import Occurrence, occurrences
from butler_tui.tools.calendar.repeats import Rule, in_words
from butler_tui.tools.calendar.store import Store
from butler_tui.tools.calendar.times import (
    Span,
    Time,
    at_start,
    length_in_words,
    span_in_words,
)
from butler_tui.tools.calendar.writing import Times, Wish

MOST_OVERLAPS = 10


def lines_of(
    title: str,
    start: Time,
    end: Time,
    zone: ZoneInfo,
    *,
    place: str = "",
    notes: str = "",
    invitees: Sequence[str] = (),
    rule: Rule | None = None,
) -> list[str]:
    """An event, a line for each thing that is said of it."""
    when = f"{span_in_words(start, end, zone)} ({length_in_words(start, end, zone)})"
    if isinstance(start, datetime):
        when += f", {zone.key} ({at_start(start, zone):%Z})"
    lines = [f"title: {visible_line(title)}", f"when: {when}"]
    if rule is not None:
        lines.append(f"repeats: {visible_line(in_words(rule))}")
    if place:
        lines.append(f"place: {visible_line(place)}")
    lines += [f"invites: {visible_line(one)}" for one in invitees]
    if notes:
        lines += ["notes:", *marked(notes)]
    return lines


async def overlapping(store: Store, times: Times, zone: ZoneInfo, but: str = "") -> list[str]:
    """A line for each event at the same time; `but` is the UID of the event itself."""
    begins, ends = at_start(times.start, zone), at_start(times.end, zone)
    if ends <= begins:
        ends = begins + timedelta(minutes=1)
    span = Span(begins, ends)
    try:
        found = await store.objects("VEVENT", span)
    except ToolError as error:
        return [f"What else takes place then is not known: {error}"]
    seen = await asyncio.to_thread(occurrences, found, span, zone)
    others = [one for one in seen.found if one.event.uid != but]
    lines = [_overlap(one) for one in others[:MOST_OVERLAPS]]
    if len(others) > MOST_OVERLAPS:
        lines.append(f"at the same time: {len(others) - MOST_OVERLAPS} more")
    return lines


def _overlap(one: Occurrence) -> str:
    return f"at the same time: {visible_line(one.event.title)} ({one.event.when})"


def wished(wish: Wish, times: Times, rule: Rule | None, zone: ZoneInfo) -> list[str]:
    """What a call would add, and what is to be said of its times."""
    lines = lines_of(
        wish.title or "",
        times.start,
        times.end,
        zone,
        place=wish.place or "",
        notes=wish.notes or "",
        invitees=wish.invitees or (),
        rule=rule,
    )
    return [*lines, *(f"note: {one}" for one in times.notes)]
