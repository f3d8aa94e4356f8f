"""All keys, by where they work."""

from __future__ import annotations

from collections.abc import Iterator

from textual.content import Content

from butler_tui.tui.action import HEADINGS, key_name
from butler_tui.tui.actions import actions_in
from butler_tui.tui.parts import View
from butler_tui.tui.screens.full import FullScreen
from butler_tui.tui.text import joined, lines

SAFETY = (
    "A card hears no key in its first half second, nor within a second of the last key pressed "
    "anywhere but to look at it or to mark its calls while it has the focus, so nothing you type "
    "for something else decides. It says when a key came too soon. Enter and Esc never allow "
    "anything, and a first click only brings the focus. In the outbox, Enter sends only what has "
    "been under the cursor for half a second."
)


def help_screen() -> FullScreen:
    """The help, to be pushed."""
    return FullScreen(View("help", (lines(_said()),)))


def _said() -> Iterator[Content]:
    for place, heading in HEADINGS.items():
        yield Content.styled(heading, "bold")
        for action in actions_in(place):
            keys = " ".join(key_name(key) for key in action.keys)
            yield joined((f"  {keys:<14}", "$primary"), action.help)
        yield Content("")
    yield Content.styled("Why a key is sometimes not heard", "bold")
    yield Content(SAFETY)
