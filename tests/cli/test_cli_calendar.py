"""A calendar from the first day: recipes without a model, cards, undo, and what strangers wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

WIDE = {"COLUMNS": "200", "TZ": "Europe/Berlin"}


@pytest.fixture(autouse=True)
def _in_berlin(butler: CommandLine) -> None:
    butler.environ["TZ"] = "Europe/Berlin"


def files(butler: CommandLine) -> list[Path]:
    return sorted((butler.home / "data" / "calendar").rglob("*.ics"))


def test_an_appointment_is_asked_added_found_and_undone(butler: CommandLine) -> None:
    goal = 'add an appointment "Dentist" on 2030-05-03 at 15:00'
    waiting = butler("run", goal, env=WIDE)
    assert waiting.code == 3, waiting.err
    [held] = butler("approvals", "--json").lines
    assert "title: Dentist" in held["preview"]
    assert "when: Fri 3 May 2030, 15:00 to 16:00 (1 hour), Europe/Berlin (CEST)" in held["preview"]
    assert not files(butler)
    run = held["run"]
    allowing = [f"allow {held['id']}", f"resume {run}", f"report {run}"]
    _, added, report = butler.each(allowing)
    assert (added.code, added.out) == (0, "Added Dentist: Fri 3 May 2030, 15:00 to 16:00\n")
    assert "Added Dentist, Fri 3 May 2030, 15:00 to 16:00." in " ".join(report.out.split())
    assert "verified" in report.out
    shown = butler("run", "what is on my calendar on 2030-05-03", env=WIDE)
    assert (shown.code, shown.out) == (0, "- Fri 3 May 2030, 15:00 to 16:00: Dentist\n"), shown.err
    asked, cards = butler.each([f"undo {run}", "approvals --json"])
    assert asked.code == 3, asked.err
    [card] = cards.lines
    assert "which was not there before" in card["preview"]
    assert "-SUMMARY:Dentist" in card["preview"]
    _, undone = butler.each([f"allow {card['id']}", f"resume {card['run']}"])
    assert undone.out == "Put 1 path back as before.\n"
    assert not files(butler)


def test_it_is_moved_and_cancelled_by_its_name_and_each_comes_back(butler: CommandLine) -> None:
    goal = "add a meeting Choir on 2030-05-06 from 19:00 to 21:00"
    assert butler("run", goal, "--yes", env=WIDE).code == 0
    [path] = files(butler)
    before = path.read_bytes()
    move = "move the appointment choir from 2030-05-06 to 2030-05-07 at 18:00"
    moved = butler("run", move, "--yes", env=WIDE)
    assert moved.out == "Moved choir:\n\n- Tue 7 May 2030, 18:00 to 20:00\n", moved.err
    gone = butler("run", "cancel the appointment choir 2030-05-07", "--yes", env=WIDE)
    assert gone.out == "No longer in the calendar:\n\n- Choir\n", gone.err
    assert not files(butler)
    cancelled, run = (one["id"] for one in butler("runs", "--json").lines[:2])
    undone, back = butler.each([f"undo {cancelled} --yes", f"undo {run} --yes"])
    assert (undone.code, back.code) == (0, 0), undone.err + back.err
    assert path.read_bytes() == before


def test_without_an_account_that_is_set_up_it_says_what_is_lacking(butler: CommandLine) -> None:
    settings = '[calendar]\nurl = "https://dav.example.org/"\nuser = "ada"\n'
    (butler.home / "config.toml").write_text(settings)
    lacking = butler("run", "show my calendar", env=WIDE)
    assert lacking.code == 2
    assert "`butler secrets set CALENDAR_PASSWORD` makes it ready." in lacking.err
