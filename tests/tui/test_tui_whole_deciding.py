"""Sheets, bounds, changed calls, kept rules, rehearsals and the outbox over a whole Butler."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest
from model_server import Answer, ModelServer
from test_tui_whole import COPY, Person, Seat
from textual.widgets import Input, TextArea

from butler_tui.core.calls import CallStatus
from butler_tui.tui.screens.bounds import BoundsScreen
from butler_tui.tui.screens.edit import EditScreen
from butler_tui.tui.screens.rule import RuleScreen

TWO = """# Two notes
one = write_file("one.md", "The first.")  # First
two = write_file("two.md", "The second.")  # Second
answer("Both are written.")
"""

EACH = """# A note for each
names = list_files("towns")
notes = [write_file(f"{town.name}.md", "A town.") for town in names.files]
answer("All are written.")
"""


@pytest.fixture
def person(tmp_path: Path, model_server: ModelServer) -> Person:
    home, folder = tmp_path / "home", tmp_path / "work"
    (home / "recipes").mkdir(parents=True)
    folder.mkdir()
    return Person(home, folder, model_server)


async def shows(seat: Seat, screen: type) -> None:
    while not isinstance(seat.app.screen, screen):
        await seat.pilot.pause(0.02)
    await seat.pilot.pause(0.02)


async def hears(seat: Seat) -> None:
    """Wait until the card on the screen has been painted, and a moment more."""
    needs = seat.app.main.bench.needs
    while needs.card is None or seat.app.quiet.card != needs.card.id:
        await seat.pilot.pause(0.02)
    seat.clock.advance(3)


async def keep(seat: Seat, key: str = "ctrl+s") -> None:
    await seat.pilot.pause(0.05)
    seat.clock.advance(3)
    await seat.pilot.press(key)


async def test_a_sheet_is_accepted_with_one_call_changed_and_one_taken_off(person: Person):
    person.model.add(Answer(TWO, when="two notes"))
    async with person.sits_down() as seat:
        await seat.sees("openai/scripted")
        await seat.asks("Write two notes")
        await seat.sees("y accept 2", "The first.")
        await hears(seat)
        seat.app.main.bench.needs.focus()
        await seat.pilot.press("e")
        await shows(seat, EditScreen)
        seat.app.screen.query(TextArea).last().text = "The very first."
        await keep(seat)
        await seat.sees("+The very first.", "y puts it on the sheet so")
        await keep(seat, "y")
        await seat.sees("changed by you")
        await seat.pilot.press("down", "space")
        await seat.sees("y accept 1")
        await hears(seat)
        assert not (person.folder / "one.md").exists()
        await seat.pilot.press("y")
        await seat.sees("done, without 1 call you denied: write_file two.md")
    assert (person.folder / "one.md").read_text() == "The very first."
    assert not (person.folder / "two.md").exists()


async def test_bounds_let_pass_what_is_within_them_and_stop_the_next(person: Person):
    (person.folder / "towns").mkdir()
    for town in ("Husum", "Lauf", "Ulm"):
        (person.folder / "towns" / town).write_text("A town.")
    person.model.add(Answer(EACH, when="a note for each"))
    async with person.sits_down() as seat:
        await seat.sees("openai/scripted")
        await seat.asks("Write a note for each town")
        await seat.sees("write_file · 3 calls", "y all 3")
        await seat.pilot.press("S")
        await shows(seat, BoundsScreen)
        screen = seat.app.screen
        screen.query_one("#most-0", Input).value = "2"
        screen.query_one("#argument-0-0", TextArea).text = f"{person.folder}/*.md"
        await seat.sees("allow at most 2 write_file where path is", "with any content")
        assert not list(person.folder.glob("*.md"))
        await keep(seat)
        while len(list(person.folder.glob("*.md"))) < 2:
            await seat.pilot.pause(0.02)
        await seat.allows("write_file", "Ulm.md")
        await seat.sees("All are written.", "done")
    assert len(list(person.folder.glob("*.md"))) == 3


async def test_a_changed_call_is_looked_at_again_and_is_the_one_that_runs(person: Person):
    (person.home / "recipes" / "copy-note.recipe").write_text(COPY)
    (person.folder / "a.md").write_text("# A note\n")
    person.model = None
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.sees("+# A note", "y once")
        await hears(seat)
        await seat.pilot.press("e")
        await shows(seat, EditScreen)
        path = seat.app.screen.query(TextArea).first()
        path.text = "/etc/passwd"
        await keep(seat)
        await seat.sees("outside")
        path.text = "c.md"
        await keep(seat)
        await seat.sees("+++ c.md", "from you")
        await keep(seat, "y")
        await seat.sees("done")
    assert (person.folder / "c.md").read_text() == "# A note\n"
    assert not (person.folder / "b.md").exists()


async def test_a_rule_is_kept_as_it_was_changed_and_nothing_is_asked_the_next_time(person: Person):
    (person.home / "recipes" / "copy-note.recipe").write_text(COPY)
    (person.folder / "a.md").write_text("# A note\n")
    person.model = None
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.sees("+# A note", "y once")
        await hears(seat)
        await seat.pilot.press("A")
        await shows(seat, RuleScreen)
        assert str(person.folder / "b.md") in seat.screen()
        seat.app.screen.query_one("#argument-0", TextArea).text = f"{person.folder}/*.md"
        await keep(seat)
        await seat.sees("Copied to b.md.", "done")
        await seat.asks("copy a.md to c.md")
        await seat.sees("Copied to c.md.", "done")
    (rule,) = tomllib.loads((person.home / "rules.toml").read_text())["rules"]
    assert (rule["tool"], rule["args"]) == ("write_file", {"path": f"{person.folder}/*.md"})


async def test_a_rehearsal_changes_nothing_and_says_what_would(person: Person):
    (person.home / "recipes" / "copy-note.recipe").write_text(COPY)
    (person.folder / "a.md").write_text("# A note\n")
    person.model = None
    async with person.sits_down() as seat:
        seat.app.main.goal.value = "copy a.md to b.md"
        await seat.pilot.press("ctrl+t")
        await seat.sees("rehearsal: copy a.md", "would be changed: 1 call", "+# A note")
        await seat.sees("it would be asked")
    assert not (person.folder / "b.md").exists()


async def test_u_takes_a_call_back_before_anybody_hears_of_it(person: Person):
    heard: list[bytes] = []

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = f"http://127.0.0.1:{port}/order"
    person.model.add(Answer(f'http_request("POST", "{url}", body="x")\n', when="place the order"))
    person.network = [f"http://127.0.0.1:{port}"]
    async with server, person.sits_down() as seat:
        await seat.sees("openai/scripted")
        await seat.asks("place the order")
        await seat.allows("http_request")
        await seat.sees("outbox · 1 call to send", "sends in")
        await seat.pilot.press("u")
        await seat.sees("taken back")
        (call,) = seat.app.desk.current.state.calls.values()
        assert call.status is CallStatus.TAKEN_BACK
    assert heard == []


async def test_U_puts_back_what_a_run_changed_by_a_run_that_is_asked_too(person: Person):  # noqa: N802
    (person.home / "recipes" / "copy-note.recipe").write_text(COPY)
    (person.folder / "a.md").write_text("# A note\n")
    (person.folder / "b.md").write_text("What was there.\n")
    person.model = None
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.allows("write_file")
        await seat.sees("Copied to b.md.", "done")
        assert (person.folder / "b.md").read_text() == "# A note\n"
        await seat.pilot.press("U")
        await seat.allows("b.md")
        await seat.sees("done")
        while (person.folder / "b.md").read_text() != "What was there.\n":
            await seat.pilot.pause(0.02)
