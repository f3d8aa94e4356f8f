"""Where a question is answered: a line, a choice, or several fields. It never takes the focus."""

from __future__ import annotations

from collections.abc import Iterator

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from butler_tui.core.events import QuestionAsked
from butler_tui.core.labels import Json
from butler_tui.tui.clock import Clock
from butler_tui.tui.text import shown_line

SETTLED = 0.3
"""Seconds that a list must have had the focus: a first click only focuses."""


class Reply(Vertical):
    """One question's answer. Enter gives it; in several fields, Enter goes on to the next."""

    DEFAULT_CSS = """
    Reply { height: auto; max-height: 12; }
    Reply Input { height: 1; border: none; padding: 0 1; background: $panel; }
    Reply OptionList { height: auto; max-height: 10; border: none; background: transparent; }
    """

    class Given(Message):
        """The person's answer: text, or an object where fields were asked for."""

        def __init__(self, question: str, answer: Json) -> None:
            self.question = question
            self.answer = answer
            super().__init__()

    def __init__(self, asked: QuestionAsked, clock: Clock) -> None:
        super().__init__()
        self._asked = asked
        self._clock = clock
        self._since = 0.0
        self._fields = list(asked.fields) if isinstance(asked.fields, dict) else []

    def compose(self) -> ComposeResult:
        """A list for choices, a line for each field, or one line."""
        if self._asked.choices:
            yield OptionList(*self._options(), markup=False)
        elif self._fields:
            for name in self._fields:
                yield Label(shown_line(name, "$primary"), markup=False)
                yield Input(compact=True)
        else:
            yield Input(placeholder="your answer", compact=True)

    def _options(self) -> Iterator[Option]:
        for choice in self._asked.choices or ():
            yield Option(Content.styled(shown_line(choice).plain))

    def take_focus(self) -> None:
        """Go where the answer is given."""
        self.query(Widget).filter("Input, OptionList").first().focus()

    @on(events.DescendantFocus)
    def _focused(self) -> None:
        self._since = self._clock.seconds()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._clock.seconds() - self._since >= SETTLED and self._asked.choices:
            self._give(self._asked.choices[event.option_index])

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        inputs = list(self.query(Input))
        place = inputs.index(event.input)
        if place + 1 < len(inputs):
            inputs[place + 1].focus()
        elif self._fields:
            self._give({name: one.value for name, one in zip(self._fields, inputs, strict=True)})
        elif event.value.strip():
            self._give(event.value)

    def _give(self, answer: Json) -> None:
        self.post_message(self.Given(self._asked.id, answer))
