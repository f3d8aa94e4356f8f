"""`butler browser` and its commands, with their options; the work is done in `browser.py`."""

from __future__ import annotations

from typing import Annotated

import typer

browser = typer.Typer(rich_markup_mode=None, help="Set up the browser that tools use.")


@browser.callback()
def _() -> None:
    """Set up the browser that tools use."""


@browser.command("install")
def browser_install(
    yes: Annotated[bool, typer.Option("--yes", help="Run the commands without asking.")] = False,
) -> int:
    """Find Chrome, Chromium or Edge, or install one; and what drives it. Asks before it does."""
    from butler_tui.cli.browser import install

    return install(yes=yes)
