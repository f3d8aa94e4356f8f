"""Giving a run another title."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input

from butler_tui.core.clean import visible_line
from butler_tui.tui.actions import bindings
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.form import FormScreen
from butler_tui.tui.text import lines, shown_error, shown_line


class TitleScreen(FormScreen):
    """The title that was typed, or None. A title decides nothing: Enter keeps it at once."""

    BINDINGS = bindings("title")
    PLACE: ClassVar = "title"

    def __init__(self, title: str, clock: Clock, quiet: Quiet) -> None:
        super().__init__(clock, quiet)
        self._title = visible_line(title)

    def head(self) -> Content:
        """What a title is for."""
        first = Content.styled("the run's title", "bold")
        return lines([first, shown_line("Lists show it in place of the goal.", "$quiet")])

    def fields(self) -> ComposeResult:
        """The title."""
        yield Input(self._title, id="title", compact=True, max_length=200, select_on_focus=False)

    def comes_to(self) -> tuple[Content, str | None]:
        """The title, if it has a word."""
        title = " ".join(self.query_one(Input).value.split())
        if not title:
            return shown_error("A run's title has at least one word."), None
        return Content(""), title

    @on(Input.Submitted)
    def _typed(self, event: Input.Submitted) -> None:
        event.stop()
        event.prevent_default()
        self.action_keep()

    def _keep(self, meant: bool) -> None:
        super()._keep(True)
