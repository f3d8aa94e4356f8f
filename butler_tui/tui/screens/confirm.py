"""A question that only a `y` answers, and not one that was typed before it was on the screen."""

from __future__ import annotations

from math import inf

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import ARRIVAL
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.text import shown


class Confirm(OnceScreen[bool], ModalScreen[bool]):
    """True when the person pressed `y`; `n` and Esc say no. Enter says nothing."""

    DEFAULT_CSS = """
    Confirm { align: center middle; background: $background 60%; }
    Confirm > Vertical {
        width: 64; max-width: 95%; height: auto; padding: 1 2;
        border: round $warning; background: $surface;
    }
    Confirm Static { width: 1fr; height: auto; }
    """

    def __init__(self, question: str, yes: str, clock: Clock) -> None:
        super().__init__()
        self._question = question
        self._yes = yes
        self._clock = clock
        self._since = inf

    def compose(self) -> ComposeResult:
        """The question and its two answers."""
        with Vertical():
            yield Static(shown(self._question), markup=False)
            yield Static(shown(f"\ny  {self._yes}      n  no", "$quiet"), markup=False)

    def on_mount(self) -> None:
        """Begin to listen once it has been painted."""
        self.call_after_refresh(self._appeared)

    def _appeared(self) -> None:
        self._since = self._clock.seconds()

    def on_key(self, event: events.Key) -> None:
        """`y` counts when the question has been there for a moment."""
        event.stop()
        if event.key in ("n", "escape"):
            self.dismiss(False)
        elif event.key == "y" and self._clock.of(event) - self._since >= ARRIVAL:
            self.dismiss(True)
