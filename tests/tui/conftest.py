"""An app over a scripted Butler, with a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripted_butler import HandClock, ScriptedButler
from textual.pilot import Pilot
from textual.widgets import Static

from butler_tui.tui.app import ButlerApp


@dataclass
class Table:
    """A test's app, its pilot, its Butler and its clock."""

    app: ButlerApp
    pilot: Pilot
    butler: ScriptedButler
    clock: HandClock

    async def settle(self) -> None:
        """Wait until what was told has been painted."""
        for _ in range(3):
            await self.pilot.pause(0.03)

    async def start(self, goal: str = "Dinner for two") -> str:
        """Type a goal, press Enter, and return the run."""
        self.app.main.goal.focus()
        await self.pilot.press(*goal.replace(" ", "_"), "enter")
        await self.settle()
        return list(self.butler.journals)[-1]

    async def listen(self) -> None:
        """Let so much time pass that the card hears."""
        await self.settle()
        self.clock.advance(5)
        await self.pilot.pause()

    def text(self, selector: str) -> str:
        """What a widget says."""
        return str(self.app.screen.query_one(selector, Static).render())


Tables = Callable[..., AbstractAsyncContextManager[Table]]


@pytest.fixture
def table() -> Tables:
    """Opens an app: `async with table(size=(120, 36)) as it: ...`."""

    @asynccontextmanager
    async def opened(
        size: tuple[int, int] = (120, 36), butler: ScriptedButler | None = None, **options
    ) -> AsyncIterator[Table]:
        clock = butler.clock if butler is not None else HandClock()
        butler = butler or ScriptedButler(clock)
        app = ButlerApp(butler.open, folder=Path("/home/me"), clock=clock)
        async with app.run_test(size=size, **options) as pilot:
            await app.opened.wait()
            yield Table(app, pilot, butler, clock)

    return opened
