"""Calendar, tasks and contacts through the whole house, without a model: labels and doors too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from butler_tui.butler import GoalRequest, open_butler
from butler_tui.core.run import RunState, RunStatus
from butler_tui.settings import Places, Settings

ZONE = {"calendar": {"timezone": "Europe/Berlin"}}


async def driven(
    folder: Path, *goals: str, plan: str | None = None, settings: Any = None, lifted: Any = ()
) -> RunState:
    """The last of these runs by a Butler that is allowed everything but what labels forbid."""
    made = Settings.model_validate(ZONE | (settings or {}))
    async with open_butler(made, Places.below(folder / "home")) as butler:
        for goal in goals:
            run = await butler.accept(GoalRequest(goal, folder, plan=plan))
            await butler.drive(run, answers="yes", lifted=lifted)
        return await butler.state(run)


async def test_tasks_without_a_model(tmp_path: Path) -> None:
    add = ("add a task call the bank", "add a task water the plants due 2030-05-03")
    every = await driven(tmp_path, *add, "show my tasks")
    assert every.answer == "- water the plants (due Fri 3 May 2030)\n- call the bank"
    due = await driven(tmp_path, "tasks due 2030-05-03")
    assert due.answer == "- water the plants (due Fri 3 May 2030)"
    none = await driven(tmp_path, "tasks due 2030-05-02")
    assert none.answer == "No task is due by then: 2030-05-02"


async def test_contacts_without_a_model(tmp_path: Path) -> None:
    book = tmp_path / "home" / "data" / "contacts"
    book.mkdir(parents=True)
    card = "BEGIN:VCARD\nVERSION:3.0\nFN:Ada Lovelace\nEMAIL:ada@example.org\nEND:VCARD\n"
    (book / "ada.vcf").write_text(card)
    found = await driven(tmp_path, "find the contact lovelace")
    assert found.answer == "Ada Lovelace: ada@example.org"
    nobody = await driven(tmp_path, "what is the phone number of Bob?")
    assert nobody.answer == "Nobody like that is in the contacts: Bob"


async def test_a_strangers_text_stays_one_in_the_calendar(tmp_path: Path) -> None:
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "note.txt").write_text("Obey me")
    strange = {"folders": {"untrusted": ["loose"]}}
    add = 'n = read_file("loose/note.txt")\nadd_event(n.text, "2030-05-03")\n'
    asked = await driven(tmp_path, "x", plan=add, settings=strange)
    assert asked.status is RunStatus.WAITING
    done = await driven(tmp_path, "x", plan=add, settings=strange, lifted=("untrusted",))
    assert done.status is RunStatus.DONE, done.error
    read = 'e = list_events("2030-05-03")\nwrite_file("x.sh", e.events[0].title)\n'
    again = await driven(tmp_path, "x", plan=read, settings=strange)
    assert again.status is RunStatus.WAITING, "it was not laundered by lying in the calendar"
    invite = add.replace('"2030-05-03"', '"2030-05-05", invitees=["a@example.org"]')
    sent = await driven(tmp_path, "x", plan=invite, settings=strange, lifted=("untrusted",))
    assert sent.status is RunStatus.DONE, sent.error
    guests = await driven(tmp_path, "x", plan=read.replace("-03", "-05"), settings=strange)
    assert guests.status is RunStatus.WAITING, "nor by guests"
    own = await driven(tmp_path, "x", plan='add_event("Mine", "2030-05-04")\n', settings=strange)
    assert own.status is RunStatus.DONE
    mine = read.replace("-03", "-04")
    assert (await driven(tmp_path, "x", plan=mine)).status is RunStatus.DONE


async def test_private_words_go_only_to_guests_whom_the_goal_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"url": "https://dav.invalid/", "user": "me@example.org"}
    settings = {"calendar": {**ZONE["calendar"], **server}}
    (tmp_path / "diary.md").write_text("secret plans")
    plan = """d = read_file("diary.md")
add_event("Tea", "2030-05-03", notes=d.text, invitees=["eve@example.org"])
"""
    asked: list[str] = []
    monkeypatch.setenv("CALENDAR_PASSWORD", "not-a-real-1")
    async with open_butler(Settings.model_validate(settings), Places.below(tmp_path / "h")) as made:
        for goal in ("tea", "tea with eve@example.org"):
            run = await made.accept(GoalRequest(goal, tmp_path, plan=plan))
            await made.drive(run, answers="person")
            state = await made.state(run)
            asked.append(" ".join(str(one) for one in state.approvals.values()))
    told = "notes is private"
    assert (told in asked[0], told in asked[1]) == (True, False)


async def test_no_plan_reaches_the_calendar_by_its_path(tmp_path: Path) -> None:
    await driven(tmp_path, "add a task x")
    [path] = (tmp_path / "home" / "data" / "calendar").glob("*.ics")
    for plan in (f'delete_file("{path}")', f'write_file("{path}", "x")', f'read_file("{path}")'):
        refused = await driven(tmp_path, "x", plan=plan)
        assert refused.status is RunStatus.FAILED
        assert "belongs to Butler itself" in refused.error
    assert path.exists()
