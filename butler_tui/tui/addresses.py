"""Links in what is shown: never followed by themselves, and only to the web or to a mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler_tui.core.clean import visible_line
from butler_tui.tui.screens.confirm import Confirm

if TYPE_CHECKING:
    from butler_tui.tui.app import ButlerApp

OPENED = ("https://", "http://", "mailto:")


def ask_to_open(app: ButlerApp, address: str) -> None:
    """Show the exact address, and open it when the person says so."""
    if not address.lower().startswith(OPENED):
        app.notify(f"{visible_line(address)[:200]} is not opened: it is no web or mail address.")
        return

    def answered(yes: bool | None) -> None:
        if yes:
            app.open_url(address)

    app.push_screen(Confirm(f"Open this address?\n\n{address}", "open it", app.clock), answered)
