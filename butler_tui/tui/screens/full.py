"""One step or card on the whole screen, to be read in full."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.parts import View
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.titles import set_title


class FullScreen(OnceScreen[None]):
    """Shows; decides nothing."""

    BINDINGS: ClassVar = [
        *bindings("full"),
        ("up", "scroll(-1)", "up"),
        ("down", "scroll(1)", "down"),
        ("pageup", "page(-1)", "page up"),
        ("pagedown,space", "page(1)", "page down"),
        ("home", "edge(True)", "top"),
        ("end", "edge(False)", "end"),
        ("m", "markdown", "as written"),
    ]

    def __init__(self, view: View, takes: Callable[[events.Key], None] | None = None) -> None:
        """`takes` hears of the keys that this screen heeds, before they do anything."""
        super().__init__()
        self._view = view
        self._takes = takes

    def compose(self) -> ComposeResult:
        """The text and the keys."""
        text = LongText(id="full")
        set_title(text, self._view.title)
        yield text
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Show it from the top."""
        self._text.show(self._view.parts, from_top=True)
        self.query_one(Hints).name_actions([*hints("full"), *hints("anywhere")])

    async def on_event(self, event: events.Event) -> None:
        """Say which keys are heeded here, for whoever has to tell them from typing."""
        if (
            self._takes is not None
            and isinstance(event, events.Key)
            and event.key in self._bindings.key_to_bindings
        ):
            self._takes(event)
        await super().on_event(event)

    @property
    def _text(self) -> LongText:
        return self.query_one(LongText)

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        self.call_later(self.run_action, event.action.run)

    def action_back(self) -> None:
        """Back to where one came from."""
        self.dismiss()

    def action_scroll(self, by: int) -> None:
        """Some lines further."""
        self._text.scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """A page further."""
        self._text.scroll_relative(y=by * max(self._text.size.height - 2, 1), animate=False)

    def action_edge(self, top: bool) -> None:
        """To the top or to the end of what is laid out."""
        (self._text.scroll_home if top else self._text.scroll_end)(animate=False)

    def action_markdown(self) -> None:
        """Show Markdown as it was written, or again as Markdown."""
        self._text.toggle_markdown()
