"""What changed between two revisions of a plan, on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding

from butler_tui.core.run import RunState
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.revisions import diff_view, numbers
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.titles import set_title


class CompareScreen(OnceScreen[None]):
    """At first the newest revision and the one before it; the arrow keys choose others."""

    BINDINGS: ClassVar = [
        *bindings("revisions"),
        Binding("left", "new(-1)", "older", priority=True),
        Binding("right", "new(1)", "newer", priority=True),
        Binding("up", "old(-1)", "with an older one", priority=True),
        Binding("down", "old(1)", "with a newer one", priority=True),
        ("pageup", "page(-1)", "page up"),
        ("pagedown,space", "page(1)", "page down"),
    ]

    def __init__(self, state: RunState) -> None:
        super().__init__()
        self._state = state
        self._numbers = numbers(state)
        self._new = len(self._numbers) - 1
        self._old = self._new - 1

    def compose(self) -> ComposeResult:
        """The diff and the keys."""
        yield LongText(id="full")
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Show the newest change."""
        self.query_one(Hints).name_actions([*hints("revisions"), *hints("anywhere")])
        self._show()

    def _show(self) -> None:
        view = diff_view(self._state, self._numbers[self._old], self._numbers[self._new])
        set_title(self._text, f"{view.title} of {len(self._numbers)}")
        self._text.show(view.parts, from_top=True)

    @property
    def _text(self) -> LongText:
        return self.query_one(LongText)

    def action_new(self, by: int) -> None:
        """Look at another revision, and at what it changed of the one before it."""
        self._new = min(max(self._new + by, 1), len(self._numbers) - 1)
        self._old = self._new - 1
        self._show()

    def action_old(self, by: int) -> None:
        """Compare it with another one before it."""
        self._old = min(max(self._old + by, 0), self._new - 1)
        self._show()

    def action_page(self, by: int) -> None:
        """A page further."""
        self._text.scroll_relative(y=by * max(self._text.size.height - 2, 1), animate=False)

    def action_back(self) -> None:
        """Back to the plan."""
        self.dismiss()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        if event.action.run:
            self.call_later(self.run_action, event.action.run)
