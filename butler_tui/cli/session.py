"""One command's time with Butler: settings, the open history, signals, the event loop."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable

from butler_tui.butler import Butler, open_butler
from butler_tui.cli.exits import INTERRUPTED
from butler_tui.cli.log import start_log
from butler_tui.cli.output import note
from butler_tui.cli.terminal_notices import stderr_terminal
from butler_tui.cli.vault import unlock_before
from butler_tui.settings import Places, load

Work = Callable[[Butler], Awaitable[int]]


def with_butler(
    work: Work, *, model: str | None = None, mode: str | None = None, unlocked: bool = False
) -> int:
    """Run `work` with an open Butler and return its exit code.

    With `unlocked`, whoever sits at a terminal is first asked for the passphrase of the vault.
    Ctrl-C and SIGTERM cancel it, which leaves a run resumable; a second one exits at once.
    """
    start_log()
    places = Places.find(os.environ)
    settings = load(os.environ, model=model, mode=mode, places=places)
    if unlocked:
        unlock_before(settings, places)

    async def session() -> int:
        async with open_butler(settings, places) as butler:
            butler.notices.terminal = stderr_terminal()
            return await work(butler)

    return asyncio.run(_interruptible(session()))


async def _interruptible(work: Awaitable[int]) -> int:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    interrupted = False

    def interrupt() -> None:
        nonlocal interrupted
        if interrupted:
            os._exit(INTERRUPTED)
        interrupted = True
        task.cancel()

    for one in (signal.SIGINT, signal.SIGTERM):
        if sys.platform != "win32":
            loop.add_signal_handler(one, interrupt)
    try:
        return await task
    except asyncio.CancelledError:
        if not interrupted:
            raise
        note("Interrupted.")
        return INTERRUPTED
