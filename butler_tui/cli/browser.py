"""`butler browser install`: a browser and what drives it, each command said before it is run."""

from __future__ import annotations

import asyncio
import importlib
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec

from butler_tui.cli.exits import DONE, FAILED
from butler_tui.cli.output import note
from butler_tui.core.errors import ToolError, UsageError
from butler_tui.settings import Places, load
from butler_tui.tools.browser.installing import browser_command, driver_command
from butler_tui.tools.browser.programs import find_program


def install(*, yes: bool) -> int:
    """See to it that a browser can be used; 1 where it cannot. Raises UsageError off a terminal."""
    settings = load(os.environ, places=Places.find(os.environ))
    named = str(settings.browser.program) if settings.browser.program else None
    program = find_program(named)
    if program is None and named:
        note(f"[browser] program names {named}, which is no program that runs here.")
        return FAILED
    if program is None:
        note("No Chrome, Chromium or Edge is installed.")
        if not _run(browser_command(), yes=yes, otherwise="Install Chrome, Chromium or Edge."):
            return FAILED
        program = find_program(None)
    if program is None:
        note("There is still no Chrome, Chromium or Edge to be found; name it under [browser].")
        return FAILED
    if find_spec("playwright") is None:
        note("The package that drives the browser is not installed.")
        otherwise = "Install butler-tui[browser] the way you installed Butler."
        if not _run(driver_command(), yes=yes, otherwise=otherwise):
            return FAILED
        importlib.invalidate_caches()
    return _prove(program)


def _prove(program: str) -> int:
    from butler_tui.tools.browser.proving import proved

    try:
        note(f"{asyncio.run(proved(program))}.")
    except (ToolError, ImportError) as error:
        note(str(error))
        return FAILED
    return DONE


def _run(command: Sequence[str], *, yes: bool, otherwise: str) -> bool:
    """Run a command once the person said so; True when it did its work."""
    if not command:
        note(otherwise)
        return False
    note(f"This installs it: {shlex.join(command)}")
    if not yes:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise UsageError("Nothing was installed: run the command yourself, or say --yes.")
        sys.stderr.write("Run it? y/n > ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            note("Nothing was installed.")
            return False
    try:
        done = subprocess.run(command, check=False)  # noqa: S603  (shown, and agreed to)
    except OSError as error:
        note(f"It could not be run: {error.strerror}.")
        return False
    if done.returncode != 0:
        note(f"It failed (exit code {done.returncode}); what it wrote says why.")
    return done.returncode == 0
