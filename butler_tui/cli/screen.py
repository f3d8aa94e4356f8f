"""`butler` without a command: the app, on a terminal."""

from __future__ import annotations

import os
import sys

from butler_tui.cli.log import start_log
from butler_tui.core.errors import UsageError
from butler_tui.settings import Places, load


def open_screen() -> int:
    """Open the app and return its exit code. Raises UsageError off a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The app needs a terminal; without one, use `butler run GOAL` (see `butler --help`)."
        )
    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    start_log()
    from butler_tui.tui.app import run_tui

    code = run_tui(settings, places)
    return code if isinstance(code, int) else 0
