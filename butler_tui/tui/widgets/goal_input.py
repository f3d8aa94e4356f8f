"""The line in which a goal is typed; up and down go through past goals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.widgets import Input

from butler_tui.core.clean import visible_line
from butler_tui.tui.actions import bindings


class GoalInput(Input):
    """A goal. What was being typed is kept while one looks through the past."""

    BINDINGS: ClassVar = [
        *bindings("goal"),
        ("up", "past(1)", "past goals"),
        ("down", "past(-1)", "past goals"),
    ]

    class Started(Message):
        """The person wants this done, or only rehearsed."""

        def __init__(self, goal: str, *, rehearse: bool = False) -> None:
            self.goal = goal
            self.rehearse = rehearse
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(placeholder="type a goal", compact=True, id=id, select_on_focus=False)
        self._past: list[str] = []
        self._at = -1
        self._draft = ""

    def remember(self, goals: Sequence[str]) -> None:
        """Past goals, the newest first."""
        self._past = list(dict.fromkeys(goals))

    def action_past(self, by: int) -> None:
        """Go back in the past, or forth to what was being typed."""
        at = min(max(self._at + by, -1), len(self._past) - 1)
        if at == self._at:
            return
        if self._at == -1:
            self._draft = self.value
        self._at = at
        self.value = self._draft if at == -1 else visible_line(self._past[at])
        self.cursor_position = len(self.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter starts the goal and leaves the line empty."""
        event.stop()
        self.start()

    def start(self, *, rehearse: bool = False) -> bool:
        """Start what was typed, or only rehearse it; False when nothing was typed."""
        goal = self.value.strip()
        if not goal:
            return False
        self._past = list(dict.fromkeys([goal, *self._past]))
        self._at, self._draft, self.value = -1, "", ""
        self.post_message(self.Started(goal, rehearse=rehearse))
        return True

    def on_paste(self, event: events.Paste) -> None:
        """Several pasted lines become one: nothing of them is lost."""
        event.stop()
        event.prevent_default()
        text = " ".join(line.strip() for line in event.text.splitlines())
        start, end = self.selection
        self.replace(visible_line(text), *sorted((start, end)))
