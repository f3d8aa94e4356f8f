"""Whatever is added is found as it was said, and leaves nothing behind; no rule runs away."""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.tools.calendar import add_event, change_event, delete_event, list_events

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "UTC")
TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x7f"), min_size=1, max_size=60
)
DAYS = st.dates(date(1950, 1, 1), date(2200, 1, 1))
TIMES = st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1))


def calendar(folder: str, zone: str) -> Context:
    context = Context(Path(folder), [])
    context.stores["calendar"] = Path(folder) / "calendar"
    context.options["calendar.timezone"] = zone
    return context


def content(context: Context) -> dict[str, bytes]:
    folder = Path(context.stores["calendar"])
    return {one.name: one.read_bytes() for one in folder.rglob("*") if one.is_file()}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(ZONES),
    TEXTS,
    TEXTS,
    st.one_of(
        DAYS.map(lambda one: one.isoformat()),
        TIMES.map(lambda one: one.isoformat(timespec="minutes")),
    ),
    st.sampled_from(("", "daily", "weekly", "monthly on", "yearly", "daily 3 times")),
)
def test_what_is_added_is_found_and_goes_without_a_trace(
    zone: str, title: str, notes: str, start: str, repeat: str
) -> None:
    async def go(context: Context) -> None:
        context.key = "first"
        await add_event.run(context, "Other", "2026-11-27")
        before = content(context)
        context.key = "second"
        try:
            done = await add_event.run(context, title, start, notes=notes, repeat=repeat)
        except ToolError as error:
            assume(error.code in ("bad_arguments", "bad_time", "bad_repeat"))
            assert content(context) == before
            return
        found = (await list_events.run(context, start)).output
        assert found.broken == []
        [one] = [each for each in found.events if each.uid == done.output.uid][:1]
        assert (one.title, one.start[:16]) == (" ".join(title.split()), start[:16])
        assert one.notes == notes.replace("\r\n", "\n").replace("\r", "\n")
        context.key = "third"
        await change_event.run(context, one.uid, title="Changed")
        context.key = "fourth"
        await delete_event.run(context, one.uid)
        assert content(context) == before

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(go(calendar(folder, zone)))


NUMBERS = st.lists(st.integers(-60, 60), min_size=1, max_size=4).map(
    lambda every: ",".join(str(one) for one in every)
)
PARTS = st.fixed_dictionaries(
    {
        "FREQ": st.sampled_from(
            ["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
        )
    },
    optional={
        "INTERVAL": st.integers(0, 400).map(str),
        "COUNT": st.integers(0, 10**9).map(str),
        "UNTIL": st.sampled_from(("19000101T000000Z", "20261128", "99991231T235959Z")),
        "BYMONTH": NUMBERS,
        "BYMONTHDAY": NUMBERS,
        "BYDAY": st.sampled_from(("MO", "-1FR", "5SU,1MO", "XX")),
        "BYHOUR": NUMBERS,
        "BYSETPOS": NUMBERS,
        "BYYEARDAY": NUMBERS,
        "BYWEEKNO": NUMBERS,
    },
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PARTS, st.sampled_from((":19700101T000000Z", ":20261127T080000", ";VALUE=DATE:20260101")))
def test_no_rule_takes_long_or_takes_the_rest_down(rule: dict[str, str], start: str) -> None:
    async def go(context: Context) -> None:
        context.key = "first"
        await add_event.run(context, "Other", "2026-11-27")
        text = ";".join(f"{name}={value}" for name, value in rule.items())
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:x"]
        lines += [f"DTSTART{start}", f"RRULE:{text}", "SUMMARY:Rule", "END:VEVENT", "END:VCALENDAR"]
        path = Path(context.stores["calendar"]) / "rule.ics"
        path.write_text("\r\n".join(lines) + "\r\n")
        begun = time.process_time()
        found = (await list_events.run(context, "2026-11-27", "2026-12-27")).output
        assert time.process_time() - begun < 8
        assert "Other" in [one.title for one in found.events]
        day = datetime(2026, 11, 27), datetime(2026, 12, 27) + timedelta(days=1)
        for one in found.events:
            assert datetime.fromisoformat(one.end[:10]) >= day[0] - timedelta(days=1)
            assert datetime.fromisoformat(one.start[:10]) < day[1]

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(go(calendar(folder, "Europe/Berlin")))
