"""Days and times in a goal's words, by a clock that is given."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.planning.dates import moment, period
from butler_tui.planning.recipes import Recipes

NOW = datetime(2026, 11, 26, 11, 0)  # a Thursday
RECIPES = Recipes.load(None)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-26"),
        ("tomorrow", "2026-11-27"),
        ("the day after tomorrow", "2026-11-28"),
        ("tomorrow at 3pm", "2026-11-27T15:00"),
        ("at 3 p.m. tomorrow", "2026-11-27T15:00"),
        ("on Friday at 15:00", "2026-11-27T15:00"),
        ("Thursday", "2026-12-03"),
        ("this Thursday", "2026-11-26"),
        ("next Friday", "2026-12-04"),
        ("next tue noon", "2026-12-01T12:00"),
        ("at 9am", "2026-11-27T09:00"),
        ("at 14:30", "2026-11-26T14:30"),
        ("12am tomorrow", "2026-11-27T00:00"),
        ("12pm tomorrow", "2026-11-27T12:00"),
        ("in 3 days", "2026-11-29"),
        ("in two weeks at 10:00", "2026-12-10T10:00"),
        ("3 December", "2026-12-03"),
        ("on the 3rd of December at 8:15am", "2026-12-03T08:15"),
        ("December 3rd, 2027", "2027-12-03"),
        ("3 March", "2027-03-03"),
        ("29 February", "2028-02-29"),
        ("24.12.2026", "2026-12-24"),
        ("2026-12-01", "2026-12-01"),
        ("2026-12-01 10:00", "2026-12-01T10:00"),
        ("2026-12-01T10:00", "2026-12-01T10:00"),
        ("2026-12-01T10:00+02:00", "2026-12-01T10:00+02:00"),
        ("2026-12-01T10:00/2026-12-01T11:00", "2026-12-01T10:00/2026-12-01T11:00"),
        ("tomorrow from 3pm to 4:30pm", "2026-11-27T15:00/2026-11-27T16:30"),
        ("tomorrow 3-4pm", "2026-11-27T15:00/2026-11-27T16:00"),
        ("on Friday 22:00-01:00", "2026-11-27T22:00/2026-11-28T01:00"),
        ("1 December to 3 December", "2026-12-01/2026-12-03"),
        ("tomorrow at 3pm for 45 minutes", "2026-11-27T15:00/2026-11-27T15:45"),
        ("tomorrow at 3pm for half an hour", "2026-11-27T15:00/2026-11-27T15:30"),
        ("Friday 10:00 for two hours", "2026-11-27T10:00/2026-11-27T12:00"),
        *[(said, None) for said in ("", "soon", "at 25:00", "13pm", "30 February", "2026-13-01")],
        *[(said, None) for said in ("3", "at three", "tomorrow for 2 hours", "0 December", "week")],
        *[(said, None) for said in ("tomorrow to today", "in 999 weeks ago", "32.01.2026", "to")],
    ],
)
def test_moments(said: str, meant: str | None) -> None:
    assert moment(said, NOW) == meant
    if meant is not None:
        assert moment(meant, NOW) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("today", "2026-11-26"),
        ("on Friday", "2026-11-27"),
        ("this week", "2026-11-23/2026-11-29"),
        ("next week", "2026-11-30/2026-12-06"),
        ("last week", "2026-11-16/2026-11-22"),
        ("the weekend", "2026-11-28/2026-11-29"),
        ("next weekend", "2026-12-05/2026-12-06"),
        ("this month", "2026-11-01/2026-11-30"),
        ("next month", "2026-12-01/2026-12-31"),
        ("last month", "2026-10-01/2026-10-31"),
        ("next year", "2027-01-01/2027-12-31"),
        ("in December", "2026-12-01/2026-12-31"),
        ("February 2028", "2028-02-01/2028-02-29"),
        ("march", "2027-03-01/2027-03-31"),
        ("the next 10 days", "2026-11-26/2026-12-05"),
        ("next two weeks", "2026-11-26/2026-12-09"),
        ("from Monday to Wednesday", "2026-11-30/2026-12-02"),
        ("between 1 December and 5 December", "2026-12-01/2026-12-05"),
        ("2026-12-01/2026-12-03", "2026-12-01/2026-12-03"),
        *[(said, None) for said in ("", "week", "tomorrow to today", "next 0 days", "may 99999")],
    ],
)
def test_periods(said: str, meant: str | None) -> None:
    assert period(said, NOW) == meant
    if meant is not None:
        assert period(meant, NOW) == meant


@given(st.text(max_size=40), st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1)))
def test_no_text_breaks_them(said: str, now: datetime) -> None:
    for read in (moment, period):
        found = read(said, now)
        assert found is None or read(found, now) == found


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_week_has_seven_days_and_holds_today(today: date) -> None:
    now = datetime(today.year, today.month, today.day)
    first, last = (date.fromisoformat(one) for one in (period("this week", now) or "").split("/"))
    assert (first.weekday(), (last - first).days) == (0, 6)
    assert first <= today <= last


@pytest.mark.parametrize(
    ("goal", "recipe", "values"),
    [
        ("what is on my calendar this week", "show-calendar", {"when": "2026-11-23/2026-11-29"}),
        ("What's on my agenda tomorrow?", "show-calendar", {"when": "2026-11-27"}),
        ("show my calendar", "show-calendar", {"when": "2026-11-26"}),
        ("which meetings do I have on Friday?", "show-calendar", {"when": "2026-11-27"}),
        (
            "add an appointment dentist tomorrow at 3pm",
            "add-appointment",
            {"title": "dentist", "when": "2026-11-27T15:00"},
        ),
        (
            "add a meeting with Ada on Friday from 12:00 to 13:30 to my calendar",
            "add-appointment",
            {"title": "with Ada", "when": "2026-11-27T12:00/2026-11-27T13:30"},
        ),
        (
            "add an appointment on 2026-12-01 10:00 called Review",
            "add-appointment",
            {"title": "Review", "when": "2026-12-01T10:00"},
        ),
        (
            "put lunch with Bob on 3 December at noon in my calendar",
            "add-appointment",
            {"title": "lunch with Bob", "when": "2026-12-03T12:00"},
        ),
        (
            "move the appointment dentist from tomorrow to Friday at 4pm",
            "move-appointment",
            {"title": "dentist", "when": "2026-11-27", "start": "2026-11-27T16:00"},
        ),
        (
            "cancel my meeting 'Talk' next Monday",
            "cancel-appointment",
            {"title": "Talk", "when": "2026-11-30"},
        ),
        ("tasks due today", "show-tasks-due", {"when": "2026-11-26"}),
        ("tasks due this week", "show-tasks-due", {"when": "2026-11-23/2026-11-29"}),
        ("add a task water the plants", "add-task", {"text": "water the plants"}),
        (
            "add a task water the plants due tomorrow",
            "add-task-due",
            {"text": "water the plants", "when": "2026-11-27"},
        ),
        ("what are my todos?", "show-tasks", {}),
        ("what is the phone number of Ada Lovelace", "find-contact", {"name": "Ada Lovelace"}),
    ],
)
def test_goals_with_days(goal: str, recipe: str, values: dict[str, str]) -> None:
    match = RECIPES.match(goal, now=NOW)
    assert match is not None
    assert (match.recipe.name, dict(match.parameters)) == (recipe, values)
