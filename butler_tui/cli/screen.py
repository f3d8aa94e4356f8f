"""`butler` without a command: the app, on a terminal."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from butler_tui.core.errors import UsageError

if TYPE_CHECKING:
    from butler_tui.settings import Places, Settings


def open_screen() -> int:
    """Open the app and return its exit code. Raises UsageError off a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal; without one, use `butler run GOAL` (see `butler --help`)."
        )
    from butler_tui.tui.opening import open_tui

    return open_tui(_prepare)


def _prepare() -> tuple[Settings, Places]:
    """What the app needs; read once it has painted, so that nobody waits for it."""
    from butler_tui.cli.log import start_log
    from butler_tui.settings import Places, load

    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    start_log()
    return settings, places
