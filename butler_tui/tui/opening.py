"""Opens the app on a terminal: what the command line calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from butler_tui.tui.app import ButlerApp

if TYPE_CHECKING:
    from butler_tui.butler import Butler
    from butler_tui.settings import Places, Settings


def run_tui(settings: Settings, places: Places) -> int:
    """The app until the person leaves it; 0, or 130 when it was ended from outside."""
    return open_tui(lambda: (settings, places))


def open_tui(prepare: Callable[[], tuple[Settings, Places]]) -> int:
    """The same, with settings that are read once something has been painted.

    Whatever goes wrong while Butler opens ends the app and is raised here.
    """

    @asynccontextmanager
    async def factory() -> AsyncIterator[Butler]:
        module = await asyncio.to_thread(import_module, "butler_tui.butler")
        settings, places = await asyncio.to_thread(prepare)
        async with module.open_butler(settings, places) as butler:
            app.notices = butler.notices
            butler.notices.terminal = app.write_notice
            yield butler

    app = ButlerApp(factory)
    app.run()
    if app.fault is not None:
        raise app.fault
    return app.return_code or 0
