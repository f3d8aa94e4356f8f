"""An app over a scripted Butler, with a clock that stands still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from scripted_butler import HandClock, ScriptedButler, dinner, held
from textual.pilot import Pilot

from butler_tui.core.events import Event
from butler_tui.tui.app import ButlerApp
from butler_tui.tui.widgets.workbench import Workbench


@dataclass
class Table:
    """A test's app, its pilot, its Butler and its clock."""

    app: ButlerApp
    pilot: Pilot
    butler: ScriptedButler
    clock: HandClock

    async def until(self, test: Callable[[], object]) -> None:
        """Wait until the test is true."""
        async with asyncio.timeout(30):
            while not test():
                await self.pilot.pause(0.01)

    async def settle(self) -> None:
        """Wait until everything that was told has been painted."""
        await self.pilot.pause()
        await self.until(lambda: self._idle() and self._painted())
        await self.pilot.pause()

    def _idle(self) -> bool:
        """True when every wish has been carried out."""
        return not any(one.group == "wishes" for one in self.app.workers)

    def _painted(self) -> bool:
        desk = self.app.desk
        assert desk is not None
        followed = desk.runs.watches.values()
        taken = all(one.state.seq == len(self.butler.journals[one.run]) for one in followed)
        return taken and (desk.current is None or not desk.current.has_changes())

    async def start(self, goal: str = "Dinner for two") -> str:
        """Type a goal, press Enter, and return the run."""
        before = len(self.butler.journals)
        self.app.main.goal.focus()
        self.app.main.goal.value = goal
        await self.pilot.press("enter")
        await self.until(lambda: len(self.butler.journals) > before)
        await self.settle()
        return list(self.butler.journals)[-1]

    async def listen(self) -> None:
        """Let so much time pass that the card hears."""
        await self.settle()
        card = self.bench.needs.card
        if card is not None and card.calls:
            await self.until(lambda: self.app.quiet.card == card.id)
        self.clock.advance(5)
        await self.pilot.pause()

    async def keep(self, key: str = "ctrl+s") -> None:
        """Wait until a form hears, and press its key."""
        await self.pilot.pause()
        self.clock.advance(2)
        await self.pilot.press(key)
        await self.settle()

    @property
    def bench(self) -> Workbench:
        bench = self.app.main.bench
        assert bench is not None
        return bench

    def screen(self) -> str:
        """Everything on the screen, as text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text for strip in strips)

    async def card(self, *more: Event) -> str:
        """A run that has come to its card, which hears; the plan has the focus."""
        run = await self.start()
        self.butler.play(run, *dinner(), held(), *more)
        await self.listen()
        return run


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
        async with app.run_test(size=size, **options) as pilot, asyncio.timeout(50):
            await app.opened.wait()
            yield Table(app, pilot, butler, clock)

    return opened
