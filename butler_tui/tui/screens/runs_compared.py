"""Two runs side by side, on the whole screen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from butler_tui.core.comparing import Comparison
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.side_by_side import comparison_view
from butler_tui.tui.widgets.hints import Hints
from butler_tui.tui.widgets.long_text import LongText
from butler_tui.tui.widgets.titles import set_title


class RunsCompared(OnceScreen[None]):
    """The columns are as wide as the screen lets them be."""

    BINDINGS: ClassVar = [
        *bindings("full"),
        ("down,j", "line(1)", "down"),
        ("up,k", "line(-1)", "up"),
        ("pagedown,space", "page(1)", "page down"),
        ("pageup", "page(-1)", "page up"),
    ]

    def __init__(self, found: Comparison) -> None:
        super().__init__()
        self._found = found

    def compose(self) -> ComposeResult:
        """The table and the keys."""
        yield LongText(id="full")
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Name the keys."""
        self.query_one(Hints).name_actions([*hints("full"), *hints("anywhere")])

    def on_resize(self) -> None:
        """Lay the columns out anew."""
        text = self.query_one(LongText)
        view = comparison_view(self._found, max(self.size.width - 4, 1))
        set_title(text, view.title)
        text.show(view.parts)

    def action_line(self, by: int) -> None:
        """A line further."""
        self.query_one(LongText).scroll_relative(y=by, animate=False)

    def action_page(self, by: int) -> None:
        """A page further."""
        text = self.query_one(LongText)
        text.scroll_relative(y=by * max(text.size.height - 2, 1), animate=False)

    def action_back(self) -> None:
        """Back to the runs."""
        self.dismiss()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        if event.action.run:
            self.call_later(self.run_action, event.action.run)
