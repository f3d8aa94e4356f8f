"""What screens with fields have in common: lines, fields, and a key that is heard when meant."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Label, Static, TextArea

from butler_tui.core.clean import visible
from butler_tui.tui.action import Place
from butler_tui.tui.actions import hints
from butler_tui.tui.clock import Clock
from butler_tui.tui.quiet import Quiet
from butler_tui.tui.screens.once import OnceScreen
from butler_tui.tui.text import shown_line
from butler_tui.tui.widgets.hints import Hints

TALLEST, WIDE = 14, 70


class Area(TextArea):
    """A field for text. What nobody changed reads back as it was, hidden characters and all."""

    def __init__(self, text: str, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(visible(text), id=id, tab_behavior="focus")
        self._original = text
        self.move_cursor(self.document.end)
        rows = sum(1 + len(line) // WIDE for line in text.split("\n"))
        self.styles.height = min(rows + 2, TALLEST)

    @property
    def value(self) -> str:
        """The text as it is now."""
        return self._original if self.text == visible(self._original) else self.text


class OneLine(Area):
    """A field for what has no second line: Enter goes on to the next field."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.screen.focus_next()
            return
        await super()._on_key(event)


def label_for(text: str) -> Label:
    """A field's name."""
    return Label(shown_line(text, "$primary"), markup=False)


class FormScreen(OnceScreen[Any]):
    """Fields above what they come to, and a key that keeps it: never Enter, and only when meant.

    The key is deaf while the screen has just come up and within a second of the last keystroke.
    """

    PLACE: ClassVar[Place] = "rule"

    def __init__(self, clock: Clock, quiet: Quiet) -> None:
        super().__init__()
        self.clock = clock
        self.ears = quiet.beside()

    def compose(self) -> ComposeResult:
        """The head, the fields, and what they come to."""
        yield Static(self.head(), id="edit-head", markup=False)
        with VerticalScroll(id="edit"):
            yield from self.fields()
        yield Static("", id="comes-to", markup=False)
        yield Hints(id="keys")

    def head(self) -> Content:
        """What this screen is about."""
        raise NotImplementedError

    def fields(self) -> ComposeResult:
        """The fields."""
        raise NotImplementedError

    def comes_to(self) -> tuple[Content, object | None]:
        """What the fields come to, in words, and it; None while something is wrong with them."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Begin with the first field, and count from when it is all there to be read."""
        self.query("Input, TextArea").first().focus()
        self.look()
        self.call_after_refresh(self._appeared)
        self.set_interval(0.1, self._name_keys)

    def _appeared(self) -> None:
        self.ears.arrived("form", self.clock.seconds())

    @on(Input.Changed)
    @on(TextArea.Changed)
    def look(self) -> None:
        """Check what is in the fields, on every change."""
        said, _ = self.comes_to()
        self.query_one("#comes-to", Static).update(said)

    def _name_keys(self) -> None:
        hears = self.ears.hears("form", self.clock.seconds(), key=False)
        self.query_one(Hints).name_actions(hints(self.PLACE), bright=hears)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        if event.action.run == "screen.keep":
            self._keep(self.ears.hears("form", self.clock.of(event.click), key=False))
        elif event.action.run:
            self.call_later(self.run_action, event.action.run)

    def action_keep(self) -> None:
        """Keep what the fields come to, if the key was meant for it."""
        self._keep(self.ears.hears("form", self.ears.last()))

    def _keep(self, meant: bool) -> None:
        _, kept = self.comes_to()
        if kept is None:
            self.notify("Something here is not right yet; it is said below the fields.")
        elif not meant:
            self.notify("A moment: read it, then press the key again.")
        else:
            self.dismiss(kept)

    def action_back(self) -> None:
        """Keep nothing."""
        self.dismiss(None)
