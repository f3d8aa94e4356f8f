"""The calendar as a folder: what is added is listed, changed, deleted, and told before it is."""

# ruff: noqa: ASYNC240  (a test may block)

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolResult
from butler_tui.tools.calendar import add_event, change_event, delete_event, list_events

BERLIN = "Europe/Berlin"


@pytest.fixture
def mine(context: Context, tmp_path: Path) -> Context:
    """Somebody in Berlin with an empty calendar."""
    context.stores["calendar"] = tmp_path / "own" / "calendar"
    context.options["calendar.timezone"] = BERLIN
    context.options["calendar.address"] = "me@example.org"
    return context


async def add(mine: Context, title: str, start: str, *more: Any, **other: Any) -> str:
    mine.key = f"key {title} {start}"
    done = await add_event.run(mine, title, start, *more, **other)
    return done.output.uid


async def listed(mine: Context, *span: str) -> list[tuple[str, str, str]]:
    found = await list_events.run(mine, *span)
    assert found.output.broken == []
    return [(one.title, one.start, one.end) for one in found.output.events]


def put(mine: Context, name: str, *lines: str, newline: str = "\r\n") -> Path:
    """A file that another program left in the calendar's folder."""
    path = Path(mine.stores["calendar"]) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = newline.join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""])
    path.write_bytes(text.encode())
    return path


def event(uid: str, start: str, *lines: str) -> list[str]:
    stamp = "DTSTAMP:20260101T000000Z"
    return ["BEGIN:VEVENT", f"UID:{uid}", stamp, f"DTSTART{start}", *lines, "END:VEVENT"]


async def refused(call: Any, *args: Any, **more: Any) -> tuple[str, str]:
    with pytest.raises(ToolError) as caught:
        await call(*args, **more)
    return caught.value.code, str(caught.value)


async def test_an_event_is_added_listed_changed_and_deleted(mine: Context) -> None:
    assert await listed(mine, "2026-11-27") == []
    uid = await add(mine, "Dentist", "2026-11-27T15:00", None, "Main St 1", "Bring\nthe card")
    assert await listed(mine, "2026-11-27") == [("Dentist", "2026-11-27T15:00", "2026-11-27T16:00")]
    assert await listed(mine, "2026-11-28") == []
    [path] = mine.kept
    file = Path(path)
    assert file.read_bytes().startswith(b"BEGIN:VCALENDAR\r\n")
    assert file.stat().st_mode & 0o777 == 0o600
    mine.key = "other"
    changed = await change_event.run(mine, uid, start="2026-11-30T09:30", notes="")
    assert changed.output.when == "Mon 30 Nov 2026, 09:30 to 10:30"
    [one] = (await list_events.run(mine, "2026-11-30")).output.events
    assert (one.title, one.place, one.notes, one.uid) == ("Dentist", "Main St 1", "", uid)
    gone = await delete_event.run(mine, uid)
    assert gone.output.title == "Dentist"
    assert await listed(mine, "2026-11-01", "2026-12-31") == []
    assert not file.exists()
    assert (await refused(delete_event.run, mine, uid))[0] == "not_found"


async def test_its_receipt_holds_and_what_a_crash_left_is_known(mine: Context) -> None:
    mine.key = "k"
    done: ToolResult = await add_event.run(mine, "Tea", "2026-11-27")
    assert done.receipt is not None
    assert done.receipt.summary == "Added Tea, Fri 27 Nov 2026."
    assert (await add_event.verify(mine, done.receipt.facts)).verdict == "verified"
    mine.intended = mine.told_ahead[-1]
    again = await add_event.settle(mine, title="Tea", start="2026-11-27")
    assert again == mine.intended
    Path(done.receipt.facts["files"][0]["path"]).unlink()
    assert await add_event.settle(mine, title="Tea", start="2026-11-27") is None
    assert (await add_event.verify(mine, done.receipt.facts)).verdict == "failed"


async def test_the_same_call_again_adds_nothing(mine: Context) -> None:
    await add(mine, "Tea", "2026-11-27")
    assert (await refused(add, mine, "Tea", "2026-11-27"))[0] == "exists"


async def test_the_preview_shows_all_and_what_overlaps(mine: Context) -> None:
    await add(mine, "Lunch", "2026-11-27T14:30", "2026-11-27T15:30")
    await add(mine, "Elsewhere", "2026-11-27T17:00")
    shown = await add_event.preview(
        mine,
        "Talk",
        "2026-11-27T15:00",
        "2026-11-27T16:30",
        "Room 1",
        "one\ntwo",
        ["Ada <ada@example.org>"],
        "weekly on fr until 2026-12-24",
    )
    assert shown.text.splitlines() == [
        "adds to your calendar:",
        "title: Talk",
        "when: Fri 27 Nov 2026, 15:00 to 16:30 (1 hour 30 minutes), Europe/Berlin (CET)",
        "repeats: every week on Fri, until Thu 24 Dec 2026",
        "place: Room 1",
        "invites: ada@example.org",
        "notes:",
        "│ one",
        "│ two",
        "your calendar is a folder and sends nothing: tell those who are invited yourself",
        "at the same time: Lunch (Fri 27 Nov 2026, 14:30 to 15:30)",
    ]


async def test_a_changes_preview_is_a_diff(mine: Context) -> None:
    uid = await add(mine, "Lunch", "2026-11-27T12:00", place="Here")
    shown = await change_event.preview(mine, uid, place="There", end="2026-11-27T14:00")
    assert shown.kind == "diff"
    assert [one for one in shown.text.splitlines() if one[:1] in "+-"][2:] == [
        "-when: Fri 27 Nov 2026, 12:00 to 13:00 (1 hour), Europe/Berlin (CET)",
        "-place: Here",
        "+when: Fri 27 Nov 2026, 12:00 to 14:00 (2 hours), Europe/Berlin (CET)",
        "+place: There",
    ]
    gone = await delete_event.preview(mine, uid)
    assert gone.text.startswith("deletes from your calendar:\ntitle: Lunch\n")
    assert await listed(mine, "2026-11-27") == [("Lunch", "2026-11-27T12:00", "2026-11-27T13:00")]


def test_who_is_invited_is_sent_to() -> None:
    for one in (add_event, change_event, delete_event):
        assert one.effect_of({"invitees": ["a@b.de"]}) is Effect.SEND
        assert one.effect_of({"invitees": []}) is Effect.CHANGE
        assert one.effect_of({}) is Effect.CHANGE
        assert one.undoable


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("tomorrow", None, "bad_time"),
        ("2026-02-30", None, "bad_time"),
        ("2026-11-27T25:00", None, "bad_time"),
        ("0001-01-01", None, "bad_time"),
        ("9999-12-31T23:00", None, "bad_time"),
        ("2026-11-27", "2026-11-26", "bad_time"),
        ("2026-11-27T10:00", "2026-11-27T10:00", "bad_time"),
        ("2026-11-27", "2026-11-27T10:00", "bad_time"),
        ("2026-03-29T02:30", None, "bad_time"),
        ("2026-11-27T10:00+99:00", None, "bad_time"),
    ],
)
async def test_times_that_cannot_be_are_refused(
    mine: Context, start: str, end: str | None, code: str
) -> None:
    assert (await refused(add_event.run, mine, "x", start, end))[0] == code
    assert (await refused(add_event.preview, mine, "x", start, end))[0] == code
    assert not Path(mine.stores["calendar"]).exists()


async def test_a_gap_and_an_hour_that_comes_twice_are_told(mine: Context) -> None:
    _, said = await refused(add_event.run, mine, "x", "2026-03-29T02:30")
    assert "02:30 on Sun 29 Mar 2026, which the clocks in Europe/Berlin leave out" in said
    shown = await add_event.preview(mine, "x", "2026-10-25T02:30", "2026-10-25T03:30")
    assert "(2 hours)" in shown.text
    assert "note: 02:30 comes twice in Europe/Berlin that night; the first is meant" in shown.text
    await add(mine, "late", "2026-10-25T02:30+01:00")
    assert await listed(mine, "2026-10-25") == [
        ("late", "2026-10-25T02:30+01:00", "2026-10-25T03:30")
    ]
    mine.options["calendar.timezone"] = "Europe/Atlantis"
    assert (await refused(list_events.run, mine, "2026-10-25"))[0] == "bad_zone"


async def test_an_event_across_midnight_and_the_clock_change_keeps_its_hours(mine: Context) -> None:
    await add(mine, "Night", "2026-03-28T22:00", "2026-03-29T06:00")
    [one] = (await list_events.run(mine, "2026-03-29")).output.events
    assert one.when == "Sat 28 Mar 2026, 22:00 to Sun 29 Mar 2026, 06:00"
    await change_event.run(mine, one.uid, start="2026-03-21T22:00")
    [one] = (await list_events.run(mine, "2026-03-22")).output.events
    assert one.end == "2026-03-22T05:00", "seven hours it took, and seven it takes"


async def test_whole_days_are_told_by_their_last_day(mine: Context) -> None:
    uid = await add(mine, "Fair", "2026-11-27", "2026-11-29")
    for day in ("2026-11-27", "2026-11-29"):
        assert await listed(mine, day) == [("Fair", "2026-11-27", "2026-11-29")]
    assert await listed(mine, "2026-11-30") == []
    await change_event.run(mine, uid, start="2026-12-04")
    assert await listed(mine, "2026-12-06/2026-12-06") == [("Fair", "2026-12-04", "2026-12-06")]
    await change_event.run(mine, uid, start="2026-12-05T10:00")
    assert await listed(mine, "2026-12-01", "2026-12-31") == [
        ("Fair", "2026-12-05T10:00", "2026-12-05T11:00")
    ]


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        ("daily", ["02", "03", "04", "05", "06", "07", "08", "09"]),
        ("every other day", ["02", "04", "06", "08"]),
        ("daily 3 times", ["02", "03", "04"]),
        ("weekly", ["02", "09"]),
        ("weekly on mo,we", ["02", "04", "09"]),
        ("weekly on Monday and Wednesday until 2026-11-04", ["02", "04"]),
        ("monthly", ["02"]),
        ("RRULE:FREQ=DAILY;INTERVAL=3", ["02", "05", "08"]),
        ("none", ["02"]),
    ],
)
async def test_it_repeats_as_words_or_a_rule_say(
    mine: Context, repeat: str, days: list[str]
) -> None:
    await add(mine, "x", "2026-11-02T08:00", repeat=repeat)
    found = await listed(mine, "2026-11-01", "2026-11-09")
    assert [start for _, start, _ in found] == [f"2026-11-{day}T08:00" for day in days]


@pytest.mark.parametrize(
    "repeat",
    ["sometimes", "weekly on xx", "daily on mo", "FREQ=SECONDLY", "FREQ=MINUTELY;BYHOUR=3",
     "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WHENEVER", "FREQ=DAILY\nX:y", "daily 0 times"],
)  # fmt: skip
async def test_rules_that_make_no_sense_are_refused(mine: Context, repeat: str) -> None:
    assert (await refused(add, mine, "x", "2026-11-02T08:00", repeat=repeat))[0] == "bad_repeat"


async def test_a_weekly_event_keeps_its_hour_when_the_clocks_change(mine: Context) -> None:
    await add(mine, "x", "2026-10-19T09:00", repeat="weekly")
    found = await listed(mine, "2026-10-19", "2026-11-02")
    assert [start[11:] for _, start, _ in found] == ["09:00"] * 3


async def test_one_time_of_a_series_is_moved_and_another_left_out(mine: Context) -> None:
    uid = await add(mine, "Choir", "2026-11-02T19:00", repeat="weekly")
    shown = await change_event.preview(mine, uid, start="2026-11-10T20:00", only="2026-11-09T19:00")
    assert "-when: Mon 9 Nov 2026, 19:00 to 20:00" in shown.text
    assert "+when: Tue 10 Nov 2026, 20:00 to 21:00" in shown.text
    await change_event.run(mine, uid, start="2026-11-10T20:00", only="2026-11-09T19:00")
    await delete_event.run(mine, uid, only="2026-11-16T19:00")
    found = (await list_events.run(mine, "2026-11-01", "2026-11-30")).output.events
    assert [(one.start[8:13], one.only[8:13]) for one in found] == [
        ("02T19", "02T19"),
        ("10T20", "09T19"),
        ("23T19", "23T19"),
        ("30T19", "30T19"),
    ]
    await change_event.run(mine, uid, title="Choir!", only="2026-11-09T19:00")
    assert ("Choir!", "2026-11-10T20:00", "2026-11-10T21:00") in await listed(mine, "2026-11-10")
    assert (await refused(change_event.run, mine, uid, start="2026-11-03T19:00"))[0] == (
        "has_exceptions"
    )
    await change_event.run(mine, uid, place="Hall")
    _, said = await refused(delete_event.run, mine, uid, only="2026-11-17T19:00")
    assert "does not take place at 2026-11-17T19:00 (Tue 17 Nov 2026)" in said
    await delete_event.run(mine, uid, only="2026-11-09T19:00")
    assert await listed(mine, "2026-11-09", "2026-11-16") == []
    assert (await refused(change_event.run, mine, uid, repeat="daily", only="2026-11-02T19:00"))[
        0
    ] == "bad_arguments"


async def test_what_other_programs_wrote_is_read(mine: Context) -> None:
    put(
        mine,
        "work/outlook.ics",
        *event(
            "a",
            ";TZID=W. Europe Standard Time:20261102T150000",
            "DURATION:PT1H",
            "RRULE:FREQ=WEEKLY;COUNT=4",
            "EXDATE;TZID=W. Europe Standard Time:20261109T150000",
            "SUMMARY:Jour fixe",
        ),
        *event(
            "a",
            ";TZID=W. Europe Standard Time:20261117T100000",
            "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=W. Europe Standard Time:20261116T150000",
            "DURATION:PT2H",
            "SUMMARY:Later",
        ),
        *event("b", ":20261103T080000", "SUMMARY:Floating"),
        *event("c", ";VALUE=DATE:20261104", "RDATE;VALUE=DATE:20261106", "SUMMARY:Days"),
        *event("d", ":20261104T080000Z", "STATUS:CANCELLED", "SUMMARY:Off"),
    )
    found = (await list_events.run(mine, "2026-11-01", "2026-11-30")).output
    assert found.broken == []
    assert [(one.title, one.start, one.end) for one in found.events] == [
        ("Jour fixe", "2026-11-02T15:00", "2026-11-02T16:00"),
        ("Floating", "2026-11-03T08:00", "2026-11-03T08:00"),
        ("Days", "2026-11-04", "2026-11-04"),
        ("Days", "2026-11-06", "2026-11-06"),
        ("Later", "2026-11-17T10:00", "2026-11-17T12:00"),
        ("Later", "2026-11-24T10:00", "2026-11-24T12:00"),
    ]
    assert {one.calendar for one in found.events} == {"work"}
    await delete_event.run(mine, "b")
    await change_event.run(mine, "c", title="Two days")
    titles = {one[0] for one in await listed(mine, "2026-11-01", "2026-11-30")}
    assert titles == {"Jour fixe", "Later", "Two days"}, "the rest of the file stayed"


async def test_broken_files_are_named_and_the_rest_works(mine: Context) -> None:
    await add(mine, "Good", "2026-11-27")
    put(mine, "bad.ics", "BEGIN:VEVENT", "UID:x", "DTSTART:nonsense", "END:VEVENT")
    folder = Path(mine.stores["calendar"])
    (folder / "noise.ics").write_bytes(b"\xff\xfe not a calendar BEGIN:VEVENT")
    (folder / "cut.ics").write_bytes(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1")
    (folder / "big.ics").write_bytes(b"x" * 2_000_001)
    (folder / "link.ics").symlink_to("/etc/passwd")
    found = (await list_events.run(mine, "2026-11-27")).output
    assert [one.title for one in found.events] == ["Good"]
    told = "\n".join(found.broken)
    for name in ("bad.ics", "noise.ics", "cut.ics", "big.ics"):
        assert name in told, told
    assert "link.ics" not in told


@pytest.mark.parametrize(
    "rule",
    ["FREQ=SECONDLY", "FREQ=MINUTELY;BYHOUR=1", "FREQ=DAILY;INTERVAL=0", "FREQ=HOURLY;BYSETPOS=9",
     "FREQ=DAILY;BYSECOND=" + ",".join(map(str, range(60)))],
)  # fmt: skip
async def test_rules_without_end_are_named_not_gone_through(mine: Context, rule: str) -> None:
    put(mine, "dense.ics", *event("a", ":19700101T000000Z", f"RRULE:{rule}", "SUMMARY:Tick"))
    await add(mine, "Good", "2026-11-27")
    found = (await list_events.run(mine, "2026-11-27")).output
    assert [one.title for one in found.events] == ["Good"]
    assert "dense.ics: 'Tick' " in found.broken[0]


async def test_a_rule_that_fits_no_day_is_given_up(mine: Context) -> None:
    rule = "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31"
    put(mine, "never.ics", *event("a", ":20200101T000000Z", rule, "SUMMARY:Never"))
    await add(mine, "Good", "2026-11-27")
    found = (await list_events.run(mine, "2026-11-27")).output
    assert [one.title for one in found.events] == ["Good"]
    assert found.broken == ["never.ics takes too long to be gone through."]
    assert sys.getprofile() is None


async def test_a_dense_but_finite_rule_is_cut(mine: Context) -> None:
    put(mine, "a.ics", *event("a", ":20261127T000000Z", "RRULE:FREQ=HOURLY", "SUMMARY:Tick"))
    found = (await list_events.run(mine, "2026-11-27", "2027-01-20")).output
    assert (len(found.events), found.truncated) == (1_000, True)


async def test_invitations_of_others_are_a_strangers_word(mine: Context) -> None:
    put(
        mine,
        "inv.ics",
        *event(
            "a",
            ":20261127T080000Z",
            "SUMMARY:Win",
            "ORGANIZER:mailto:eve@evil.example",
            "ATTENDEE:mailto:me@example.org",
        ),
    )
    await add(mine, "Own", "2026-11-27T10:00", invitees=["ada@example.org"])
    result = await list_events.run(mine, "2026-11-27")
    assert [one.invitees for one in result.output.events] == [
        ["me@example.org"],
        ["ada@example.org"],
    ]
    marks = {one.path: (one.origin, one.untrusted) for one in result.marks}
    assert marks["events", 0] == ("invitation from eve@evil.example", True)
    assert marks["events", 1] == ("calendar calendar", None)
    assert marks[()] == ("calendar", None)
    assert marks["text",] == ("calendar", True)
    none = await list_events.run(mine, "2026-11-27", None, "nothing like it")
    assert none.output.events == []
    assert none.marks[0].untrusted, "a stranger's words decided that nothing was found"


@pytest.mark.parametrize(
    "address",
    ["ada", "a@b@c.de", "ada@example.org\nATTENDEE:mailto:x@y.z", "", "a b@c.de", "@x.de"],
)
async def test_who_cannot_be_invited_is_refused(mine: Context, address: str) -> None:
    assert (await refused(add, mine, "x", "2026-11-27", invitees=[address]))[0] == "bad_address"


async def test_no_text_breaks_out_of_its_line(mine: Context) -> None:
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:z"
    await add(mine, evil, "2026-11-27", place=evil, notes=evil + "; , \\ \u2028 é 🎉")
    found = (await list_events.run(mine, "2026-11-27")).output
    [one] = found.events
    assert one.title == "x END:VEVENT BEGIN:VEVENT UID:z"
    assert one.notes == evil.replace("\r\n", "\n") + "; , \\ \u2028 é 🎉"
    for bad in ("\x00", "\x1b[2J", "\ud800"):
        assert (await refused(add, mine, "y" + bad, "2026-11-27"))[0] == "bad_arguments"
    assert (await refused(add, mine, " ", "2026-11-27"))[0] == "bad_arguments"
    assert (await refused(add, mine, "x" * 501, "2026-11-27"))[0] == "bad_arguments"
    assert (await refused(change_event.run, mine, one.uid))[0] == "bad_arguments"


async def test_a_file_that_changed_meanwhile_is_left_alone(mine: Context) -> None:
    from butler_tui.tools.calendar.folder import LocalFolder

    uid = await add(mine, "x", "2026-11-27")
    store = LocalFolder(mine)
    stored = await store.find(uid, "VEVENT")
    assert stored is not None
    path = Path(mine.stores["calendar"]) / stored.ref
    path.write_bytes(path.read_bytes().replace(b"SUMMARY:x", b"SUMMARY:y"))
    code, _ = await refused(store.replace, stored, b"", lambda facts: ToolResult(None))
    assert code == "changed"
    assert await listed(mine, "2026-11-27") == [("y", "2026-11-27", "2026-11-27")]
