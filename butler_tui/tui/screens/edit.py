"""Changing a held call's arguments: a field each; what is kept is what is asked to be allowed."""

from __future__ import annotations

import json
from typing import Any

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Label, Static, TextArea

from butler_tui.core.clean import visible
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.labels import Json
from butler_tui.settings import PATH_ARGUMENTS
from butler_tui.tui.actions import bindings, hints
from butler_tui.tui.card import head_of
from butler_tui.tui.text import shown_line
from butler_tui.tui.widgets.hints import Hints

TALLEST, WIDE = 14, 70

ONE_LINE = PATH_ARGUMENTS | {"url", "method", "subject"}
"""Arguments of which every tool expects one line."""


class OneLine(TextArea):
    """A field for what has no second line: Enter goes on to the next field."""

    async def _on_key(self, event: Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.screen.focus_next()
            return
        await super()._on_key(event)


class EditScreen(Screen[dict[str, Json] | None]):
    """The changed arguments, or None when the person went back. Text is text, the rest is JSON."""

    BINDINGS = bindings("edit")

    def __init__(self, asked: ApprovalRequested) -> None:
        super().__init__()
        self._asked = asked

    def compose(self) -> ComposeResult:
        """A field for each argument."""
        yield Static(head_of(self._asked), id="edit-head", markup=False)
        with VerticalScroll(id="edit"):
            for place, (name, value) in enumerate(self._asked.args.items()):
                kind = "" if isinstance(value, str) else "  as JSON"
                yield Label(shown_line(name + kind, "$primary"), markup=False)
                text = _written(value)
                field = OneLine if name in ONE_LINE and "\n" not in text else TextArea
                area = field(text, id=f"argument-{place}", tab_behavior="focus")
                area.move_cursor(area.document.end)
                rows = sum(1 + len(line) // WIDE for line in text.split("\n"))
                area.styles.height = min(rows + 2, TALLEST)
                yield area
        yield Hints(id="keys")

    def on_mount(self) -> None:
        """Begin with the first argument."""
        self.query_one(Hints).name_actions(hints("edit"))
        self.query(TextArea).first().focus()

    def on_hints_clicked(self, event: Hints.Clicked) -> None:
        """A click on the key line does what the key does."""
        self.call_later(self.run_action, event.action.run)

    def action_keep(self) -> None:
        """Allow the call with these arguments, or say which of them cannot be read."""
        changed: dict[str, Any] = {}
        for place, (name, value) in enumerate(self._asked.args.items()):
            text = self.query_one(f"#argument-{place}", TextArea).text
            if text == _written(value):
                changed[name] = value
            elif isinstance(value, str):
                changed[name] = text
            else:
                try:
                    changed[name] = json.loads(text)
                except ValueError as error:
                    self.notify(f"{name} is no JSON: {error}.", severity="error")
                    return
        self.dismiss(changed)

    def action_back(self) -> None:
        """Change nothing."""
        self.dismiss(None)


def _written(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return visible(text)
