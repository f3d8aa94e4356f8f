"""list_tasks, add_task, complete_task: what is to be done, in the same store as the events."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import (
    Again,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.calendar.objects import (
    Found,
    Parsed,
    Stored,
    addresses_of,
    parse,
    text_of,
    time_of,
    uid_of,
)
from butler_tui.tools.calendar.people import mark_of
from butler_tui.tools.calendar.settled import lacking, settled, still_so
from butler_tui.tools.calendar.store import Store, by_store, store_of
from butler_tui.tools.calendar.times import (
    Moment,
    Time,
    at_start,
    day_in_words,
    end_of,
    iso,
    read_moment,
    zone_of,
)
from butler_tui.tools.calendar.writing import (
    Wish,
    check_texts,
    define_zones,
    new_calendar,
    raise_sequence,
    stamp,
)

if TYPE_CHECKING:
    from icalendar import Component

MOST_TASKS = 2_000
_OVER = ("COMPLETED", "CANCELLED")

List = Annotated[str | None, "the list it is on; left out: the usual one"]


class Task(BaseModel):
    """Something to be done: `due` is a day or a time, empty where there is none."""

    uid: str
    text: str
    due: str = ""
    when: str = ""
    line: str = ""
    notes: str = ""
    list: str = ""


class Tasks(BaseModel):
    """Open tasks, those due first in front, `text` has a line for each; `broken`: not read."""

    tasks: list[Task]
    text: str
    broken: list[str]
    truncated: bool = False


class AddedTask(BaseModel):
    """A task that is on a list now."""

    uid: str
    list: str


class CompletedTask(BaseModel):
    """A task that is done."""

    uid: str
    text: str


@tool(effect=Effect.OBSERVE, private=True, timeout=60)
async def list_tasks(
    context: ToolContext,
    list: Annotated[str | None, "only those on this list"] = None,  # noqa: A002  (the plan's word)
    due_before: Annotated[str | None, "only those due by the end of this day, or this time"] = None,
) -> Annotated[ToolResult, Tasks]:
    """Open tasks, those due first in front and those without a day last."""
    zone, store = zone_of(context), store_of(context)
    limit = _limit(due_before, zone)
    found = await store.objects("VTODO")
    broken = [*found.broken]
    seen = await asyncio.to_thread(_open_tasks, found, zone, broken)
    every = [one for one in seen if list is None or one[0].list.casefold() == list.casefold()]
    if list is not None and not every:
        await store.target("VTODO", list)  # refuses a list that is not there
    kept = [one for one in every if limit is None or (one[2] and one[2] <= limit)]
    kept.sort(key=lambda one: (one[2] is None, one[2] or limit or 0, one[0].text))
    shown = kept[:MOST_TASKS]

    def marks() -> Any:  # noqa: ANN401  (a list, whose name an argument has taken)
        of_each = [
            mark_of(context, store, stored, organiser, ("tasks", place))
            for place, (_, stored, _, organiser) in enumerate(shown)
        ]
        strange = True if any(one.untrusted for one in of_each) else None
        sources = [source for one in of_each for source in one.sources]
        return [
            Mark((), "tasks"),
            Mark(("text",), "tasks", untrusted=strange, sources=sources),
            *of_each,
        ]

    tasks = [one[0] for one in shown]
    lines = [one.line for one in tasks]
    output = Tasks(
        tasks=tasks, text="\n".join(lines), broken=broken, truncated=len(kept) > MOST_TASKS
    )
    return ToolResult(output, marks=await asyncio.to_thread(marks))


@list_tasks.checks
async def _(
    context: ToolContext,
    list: str | None = None,  # noqa: A002
    due_before: str | None = None,
) -> None:
    _limit(due_before, zone_of(context))


def _limit(due_before: str | None, zone: ZoneInfo) -> float | None:
    """The instant by which a task must be due; of a span of days its end."""
    if due_before is None:
        return None
    last = due_before.rpartition("/")[2]
    return end_of(read_moment(last, zone, "due_before"), zone).timestamp()


Row = tuple[Task, Stored, float | None, str]
"""A task, its object, when it is due at the latest, and who organises it."""


def _open_tasks(found: Found, zone: ZoneInfo, broken: Any) -> Any:  # noqa: ANN401
    rows: Any = []
    for stored in found.objects:
        try:
            parsed = parse(stored)
        except ToolError as error:
            broken.append(str(error))
            continue
        for one in parsed.components("VTODO"):
            done = text_of(one, "STATUS").upper() in _OVER or "COMPLETED" in one
            if done or "RECURRENCE-ID" in one:
                continue
            rows.append(_row(one, stored, zone))
    return rows


def _row(one: Component, stored: Stored, zone: ZoneInfo) -> Row:
    due: Time | None = time_of(one, "DUE")
    organisers = addresses_of(one, "ORGANIZER")
    text = text_of(one, "SUMMARY", 1_000)
    when = _due_in_words(due, zone) if due is not None else ""
    task = Task(
        uid=text_of(one, "UID", 500),
        text=text,
        due=iso(due, zone) if due is not None else "",
        when=when,
        line=f"{text} (due {when})" if when else text,
        notes=text_of(one, "DESCRIPTION"),
        list=stored.calendar,
    )
    at = end_of(Moment(due), zone).timestamp() if due is not None else None
    return task, stored, at, organisers[0] if organisers else ""


def _due_in_words(due: Time, zone: ZoneInfo) -> str:
    if not isinstance(due, datetime):
        return day_in_words(due)
    local = at_start(due, zone)
    return f"{day_in_words(local)}, {local:%H:%M}"


def _checked(text: str, due: str | None, zone: ZoneInfo) -> tuple[str, Moment | None]:
    line = " ".join(text.split())
    check_texts(Wish(title=line))
    return line, read_moment(due, zone, "due") if due is not None else None


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("text",), timeout=60)
async def add_task(
    context: ToolContext,
    text: Annotated[str, "what is to be done, in a few words"],
    due: Annotated[str | None, "a day (2026-11-27) or a time on it (2026-11-27T15:00)"] = None,
    list: List = None,  # noqa: A002  (the plan's word)
) -> Annotated[ToolResult, AddedTask]:
    """Add a task to a list, with the day or time it is due."""
    from icalendar import Todo

    zone, store = zone_of(context), store_of(context)
    line, moment = _checked(text, due, zone)
    uid, name = uid_of(context.key), await store.target("VTODO", list)
    made = Todo()
    made.add("uid", uid)
    made.add("summary", line)
    made.add("status", "NEEDS-ACTION")
    if moment is not None:
        made.add("due", moment.time)
    stamp(made, context.key, datetime.now(UTC))
    output = AddedTask(uid=uid, list=name)

    def result(facts: Mapping[str, Json]) -> ToolResult:
        return ToolResult(output, Receipt(f"Added the task: {line}.", {**facts, "uid": uid}))

    return await store.create(uid, new_calendar(made), "VTODO", list, result)


@add_task.previews
async def _(
    context: ToolContext,
    text: str,
    due: str | None = None,
    list: str | None = None,  # noqa: A002
) -> Preview:
    zone, store = zone_of(context), store_of(context)
    line, moment = _checked(text, due, zone)
    name = await store.target("VTODO", list)
    lines = [f"adds to {store.shown}, list {visible_line(name)}:", f"task: {visible_line(line)}"]
    if moment is not None:
        lines.append(f"due: {_due_in_words(moment.time, zone)}")
        lines += [f"note: {moment.note}"] if moment.note else []
    return Preview("\n".join(lines))


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("uid",), timeout=60)
async def complete_task(
    context: ToolContext, uid: Annotated[str, "the task's uid, as list_tasks gives it"]
) -> Annotated[ToolResult, CompletedTask]:
    """Mark a task as done; one that repeats is done for good."""
    store = store_of(context)
    parsed, one = await _found(store, uid)
    now = datetime.now(UTC).replace(microsecond=0)
    for name in ("STATUS", "COMPLETED", "PERCENT-COMPLETE"):
        one.pop(name, None)
    one.add("status", "COMPLETED")
    one.add("completed", now)
    one.add("percent-complete", 100)
    raise_sequence(one)
    stamp(one, context.key, now)
    define_zones(parsed.holder(one), one)
    output = CompletedTask(uid=uid, text=text_of(one, "SUMMARY", 200))

    def result(facts: Mapping[str, Json]) -> ToolResult:
        return ToolResult(output, Receipt(f"Done: {output.text}.", {**facts, "uid": uid}))

    return await store.replace(parsed.stored, parsed.written(), result)


@complete_task.previews
async def _(context: ToolContext, uid: str) -> Preview:
    zone, store = zone_of(context), store_of(context)
    _, one = await _found(store, uid)
    due: Time | None = time_of(one, "DUE")
    lines = [f"marks as done: {visible_line(text_of(one, 'SUMMARY', 1_000))}"]
    if due is not None:
        lines.append(f"due: {_due_in_words(due, zone)}")
    return Preview("\n".join(lines))


async def _found(store: Store, uid: str) -> tuple[Parsed, Component]:
    stored = await store.find(uid, "VTODO") if uid.strip() else None
    parsed = await asyncio.to_thread(parse, stored) if stored is not None else None
    parts = [one for one in parsed.of(uid, "VTODO") if "RECURRENCE-ID" not in one] if parsed else []
    if parsed is None or not parts:
        raise ToolError(
            "not_found", f"There is no task {uid!r:.80}; list_tasks gives each task's uid."
        )
    if text_of(parts[0], "STATUS").upper() == "COMPLETED":
        raise ToolError("already_done", f"{text_of(parts[0], 'SUMMARY', 200)} is done already.")
    return parsed, parts[0]


list_tasks.ready(lacking)
for _one in (add_task, complete_task):
    _one.settles(settled)
    _one.verifies(still_so)
    _one.ready(lacking)
    _one.adapts(by_store)
