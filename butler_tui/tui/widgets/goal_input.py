"""The line in which a goal is typed, or an instruction for the run on the screen.

What Enter does is said where one types, and never changes under the fingers: when the run ends
while one types, the first Enter only says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from textual import events
from textual.message import Message
from textual.widgets import Input

from butler_tui.core.clean import visible_line
from butler_tui.tui.actions import bindings

Purpose = Literal["goal", "instruction", "follow-up"]
"""What becomes of what is typed."""

PLACEHOLDERS: dict[Purpose, str] = {
    "goal": "type a goal",
    "instruction": "type an instruction for this run; ctrl+n makes it a new goal",
    "follow-up": "type a goal that can use what this run found",
}
_TITLES: dict[Purpose, str] = {
    "goal": "",
    "instruction": "an instruction for this run",
    "follow-up": "a goal that follows this run",
}
_CHANGED: dict[Purpose, str] = {
    "goal": "This run takes no instruction now. Enter again starts it as a new goal.",
    "instruction": "A run goes on here. Enter again gives it this instruction; "
    "ctrl+n makes it a new goal.",
    "follow-up": "",
}


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

    class Instructed(Message):
        """The person says how the run on the screen shall go on."""

        def __init__(self, text: str) -> None:
            self.text = text
            super().__init__()

    class Followed(Message):
        """The person wants this done, with what a run has found."""

        def __init__(self, goal: str, run: str) -> None:
            self.goal = goal
            self.run = run
            super().__init__()

    class Offered(Message):
        """What is typed becomes something else from now on."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(
            placeholder=PLACEHOLDERS["goal"], compact=True, id=id, select_on_focus=False
        )
        self._past: list[str] = []
        self._at = -1
        self._draft = ""
        self.purpose: Purpose = "goal"
        self._typed_for: Purpose = "goal"
        self._follows: str | None = None
        self._else: Purpose = "goal"

    def follow(self, run: str | None) -> None:
        """What is typed is a goal that follows this run, until it was given; None: it is not."""
        if run is None and self._follows is None:
            return
        self._follows = run
        self._become("follow-up" if run is not None else self._else, meant=True)

    def offer(self, purpose: Purpose, *, meant: bool = False) -> None:
        """What is typed is a goal, or an instruction. `meant`: the person has just said so."""
        self._else = purpose
        if meant:
            self._follows = None
        if self._follows is None:
            self._become(purpose, meant=meant)

    def _become(self, purpose: Purpose, *, meant: bool) -> None:
        if meant or not self.value:
            self._typed_for = purpose
        if purpose != self.purpose:
            self.purpose = purpose
            self.placeholder = PLACEHOLDERS[purpose]
            self.border_title = _TITLES[purpose]
            self.post_message(self.Offered())

    def give_back(self, text: str) -> None:
        """What was typed could not be carried out: it is not lost."""
        if not self.value:
            self.value = text
            self.cursor_position = len(text)

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
        """Enter starts the goal, or gives the instruction, and leaves the line empty."""
        event.stop()
        if self.value.strip() and self._typed_for != self.purpose:
            self._typed_for = self.purpose
            self.notify(_CHANGED[self.purpose], timeout=8)
        elif self.purpose == "goal":
            self.start()
        elif said := self._take():
            follows = self._follows
            if follows is None:
                self.post_message(self.Instructed(said))
            else:
                self.follow(None)
                self.post_message(self.Followed(said, follows))

    def start(self, *, rehearse: bool = False) -> bool:
        """Start what was typed, or only rehearse it; False when nothing was typed."""
        goal = self._take()
        if goal:
            self.post_message(self.Started(goal, rehearse=rehearse))
        return bool(goal)

    def _take(self) -> str:
        """What was typed; the line is empty then, and remembers it."""
        typed = self.value.strip()
        if typed:
            self._past = list(dict.fromkeys([typed, *self._past]))
            self._at, self._draft, self.value = -1, "", ""
            self._typed_for = self.purpose
        return typed

    def on_paste(self, event: events.Paste) -> None:
        """Several pasted lines become one: nothing of them is lost."""
        event.stop()
        event.prevent_default()
        text = " ".join(line.strip() for line in event.text.splitlines())
        start, end = self.selection
        self.replace(visible_line(text), *sorted((start, end)))
