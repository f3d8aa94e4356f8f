"""The app over a whole Butler: real history, real tools, recipes, and a scripted model."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from model_server import Answer, ModelServer
from scripted_butler import HandClock
from textual.pilot import Pilot

from butler_tui.butler import open_butler
from butler_tui.settings import Places, Settings
from butler_tui.tui.app import ButlerApp

ROOT = Path(__file__).parents[2]

COPY = """
+++
title = "Copy a note"
examples = ["copy a.md to b.md"]
phrasings = ["copy {source} to {to}"]

[parameters.source]
type = "path"

[parameters.to]
type = "path"
+++
# Copy a note
note = read_file(source)  # Read it
saved = write_file(to, note.text)  # Write it
answer(f"Copied to {saved.path}.")
""".lstrip()


@dataclass
class Person:
    """Somebody at a terminal, with a home and a folder."""

    home: Path
    folder: Path
    model: ModelServer | None = None
    network: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def sits_down(self) -> AsyncIterator[Seat]:
        model = {"name": "openai/scripted", "api_base": self.model.url} if self.model else {}
        settings = Settings.model_validate(
            {"model": model, "network": {"allow": self.network}, "outbox": {"seconds": 30}}
        )
        places = Places.below(self.home)
        clock = HandClock()
        app = ButlerApp(lambda: open_butler(settings, places), folder=self.folder, clock=clock)
        async with app.run_test(size=(120, 36)) as pilot, asyncio.timeout(55):
            await app.opened.wait()
            yield Seat(app, pilot, clock)

    async def elsewhere(self, *words: str) -> asyncio.subprocess.Process:
        """`butler WORDS`, in another process."""
        environ = {
            **os.environ,
            "BUTLER_HOME": str(self.home),
            "PYTHONPATH": str(ROOT),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            cwd=self.folder,
            env=environ,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )


@dataclass
class Seat:
    """The open app before which somebody sits."""

    app: ButlerApp
    pilot: Pilot
    clock: HandClock

    def screen(self) -> str:
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def sees(self, *texts: str) -> None:
        try:
            while not all(text in self.screen() for text in texts):
                await self.pilot.pause(0.02)
        except asyncio.CancelledError:
            print(f"{texts} did not appear on:\n{self.screen()}")
            raise

    async def asks(self, goal: str) -> None:
        self.app.main.goal.value = goal
        self.app.main.goal.focus()
        await self.pilot.press("enter")

    async def allows(self, *texts: str) -> None:
        """Read the card, wait until it hears, and press `y`."""
        await self.sees("needs you", "y once", *texts)
        needs = self.app.main.bench.needs
        while self.app.quiet.card != needs.card.id:
            await self.pilot.pause(0.02)
        self.clock.advance(3)
        await self.pilot.press("y")

    async def opens_the_newest(self) -> None:
        await self.pilot.press("ctrl+r")
        while not (runs := self.app.screen.query("#runs")) or not runs.first().option_count:
            await self.pilot.pause(0.02)
        await self.pilot.press("enter")
        while not self.app.main.shows_run:
            await self.pilot.pause(0.02)


@pytest.fixture
def person(tmp_path: Path) -> Person:
    home, folder = tmp_path / "home", tmp_path / "work"
    (home / "recipes").mkdir(parents=True)
    (home / "recipes" / "copy-note.recipe").write_text(COPY)
    folder.mkdir()
    (folder / "a.md").write_text("# A note\n")
    return Person(home, folder)


async def test_a_recipe_runs_and_writes_only_what_was_allowed(person: Person):
    copy = person.folder / "b.md"
    async with person.sits_down() as seat:
        await seat.sees("no model: recipes only")
        await seat.asks("copy a.md to b.md")
        await seat.sees("+# A note", "from your goal")
        assert not copy.exists()
        await seat.allows("write_file")
        await seat.sees("Copied to b.md.", "done")
    assert copy.read_text() == "# A note\n"


async def test_what_was_interrupted_goes_on_and_happens_once(person: Person):
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.sees("write_file", "needs you")
    async with person.sits_down() as seat:
        await seat.sees("1 run needs you: ctrl+r")
        await seat.opens_the_newest()
        await seat.allows("write_file")
        await seat.sees("Copied to b.md.", "done")
    assert (person.folder / "b.md").read_text() == "# A note\n"


async def test_a_run_that_another_process_left_waiting_is_answered_here(person: Person):
    run = await person.elsewhere("-m", "butler_tui", "run", "copy a.md to b.md")
    out, err = await run.communicate()
    assert run.returncode == 3, (out, err)
    async with person.sits_down() as seat:
        await seat.opens_the_newest()
        await seat.allows("write_file")
        await seat.sees("Copied to b.md.", "done")


DRIVE = """
import asyncio, os, pathlib
from butler_tui.butler import GoalRequest, open_butler
from butler_tui.settings import Places, Settings

async def main():
    async with open_butler(Settings(), Places.find(os.environ)) as butler:
        run = await butler.accept(GoalRequest("copy a.md to b.md", pathlib.Path(".")))
        print(run, flush=True)
        print(await butler.drive(run, stays=True), flush=True)

asyncio.run(main())
"""


async def test_a_run_that_another_process_drives_is_answered_here_and_goes_on_there(
    person: Person,
):
    engine = await person.elsewhere("-c", DRIVE)
    await engine.stdout.readline()
    async with person.sits_down() as seat:
        await seat.sees("1 run needs you: ctrl+r")
        await seat.opens_the_newest()
        await seat.allows("write_file")
        assert await asyncio.wait_for(engine.stdout.readline(), 20) == b"done\n"
        await seat.sees("Copied to b.md.", "done")
        assert seat.app.desk.runs.driven() == []
    await engine.communicate()


async def test_a_plan_appears_while_the_model_still_writes_it(
    person: Person, model_server: ModelServer
):
    person.model = model_server
    plan = (
        "# Say what the note says\n"
        'note = read_file("a.md")  # Read the note\n'
        'short = write_text("Say it in three words.", inputs=[note.text])  # Say it short\n'
        "answer(short.text)\n"
    )
    model_server.add(
        Answer(plan, when="What does", token_delay=0.06),
        Answer("It is *short*."),
        Answer('approve("It is what the note says.")'),
    )
    async with person.sits_down() as seat:
        await seat.sees("openai/scripted")
        await seat.asks("What does a.md say?")
        await seat.sees("plan · being made", "Read the note")
        await seat.sees("It is short.", "3 calls", "done")


async def test_sigterm_ends_the_app_and_the_run_can_be_resumed(person: Person):
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.sees("write_file", "needs you")
        os.kill(os.getpid(), signal.SIGTERM)
        while not seat.app._exit:
            await seat.pilot.pause(0.02)
        assert seat.app.return_code == 130
    async with person.sits_down() as seat:
        await seat.sees("1 run needs you: ctrl+r")


async def test_settings_that_are_wrong_end_the_app_with_their_sentence(person: Person):
    from butler_tui.core.errors import SettingsError

    @asynccontextmanager
    async def fails() -> AsyncIterator[None]:
        raise SettingsError("config.toml, line 3: mode must be careful, normal or trusting.")
        yield

    app = ButlerApp(fails, folder=person.folder, clock=HandClock())
    async with app.run_test() as pilot:
        while app.fault is None:
            await pilot.pause(0.02)
    assert "config.toml, line 3" in str(app.fault)
