"""list_events: what is in the calendar between two days or times."""

from __future__ import annotations

import asyncio
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.calendar.events import Event, fits, occurrences
from butler_tui.tools.calendar.people import mark_of
from butler_tui.tools.calendar.settled import lacking
from butler_tui.tools.calendar.store import store_of
from butler_tui.tools.calendar.times import read_span, zone_of


class Events(BaseModel):
    """Events by their beginning, `text` has a line for each; `broken` says what was not read."""

    events: list[Event]
    text: str
    broken: list[str]
    truncated: bool = False


@tool(effect=Effect.OBSERVE, private=True, timeout=60)
async def list_events(
    context: ToolContext,
    start: Annotated[str, "a day (2026-11-27) or time (2026-11-27T15:00), or both ends: DAY/DAY"],
    end: Annotated[str | None, "the last day or time; left out: one day"] = None,
    text: Annotated[str | None, "words that title, place, notes or people hold"] = None,
) -> Annotated[ToolResult, Events]:
    """Events in the calendar that take place from one day or time to another, the last included.

    Recurring ones come once for each time.
    """
    zone = zone_of(context)
    span = read_span(start, end, zone)
    store = store_of(context)
    found = await store.objects("VEVENT", span)
    seen = await asyncio.to_thread(occurrences, found, span, zone)
    kept = [one for one in seen.found if text is None or fits(one.event, text)]
    looked_at = seen.found if not kept else []

    def marks() -> list[Mark]:
        of_each = [
            mark_of(context, store, one.stored, one.event.organiser, ("events", place))
            for place, one in enumerate(kept)
        ]
        passed = [mark_of(context, store, one.stored, one.event.organiser, ()) for one in looked_at]
        strange = any(one.untrusted for one in [*of_each, *passed])
        sources = [source for one in of_each for source in one.sources]
        return [
            Mark((), "calendar", untrusted=True if any(one.untrusted for one in passed) else None),
            Mark(("text",), "calendar", untrusted=True if strange else None, sources=sources),
            *of_each,
        ]

    events = [one.event for one in kept]
    lines = [one.line for one in events]
    output = Events(
        events=events, text="\n".join(lines), broken=seen.broken, truncated=seen.truncated
    )
    return ToolResult(output, marks=await asyncio.to_thread(marks))


@list_events.checks
async def _(
    context: ToolContext, start: str, end: str | None = None, text: str | None = None
) -> None:
    read_span(start, end, zone_of(context))


list_events.ready(lacking)
