"""What is left from before: runs that wait for the person, and runs that were interrupted."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from butler_tui.tui import words
from butler_tui.tui.clock import Clock
from butler_tui.tui.parts import TONES
from butler_tui.tui.runs import Left
from butler_tui.tui.text import joined, shown_line

MOST = 20
"""Runs that are listed; the history has all of them."""


class Unfinished(Vertical):
    """A line that counts them and a list to pick from; takes no room where there are none."""

    DEFAULT_CSS = """
    Unfinished { height: auto; max-height: 50%; padding: 0 2 1 2; display: none; }
    Unfinished.-some { display: block; }
    Unfinished Static { height: auto; color: $warning; }
    Unfinished OptionList {
        height: auto; max-height: 8; border: none; background: transparent; padding: 0;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    class Chosen(Message):
        """The person goes on with this run."""

        def __init__(self, run: str) -> None:
            self.run = run
            super().__init__()

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self._shown: Sequence[Left] = ()

    def compose(self) -> ComposeResult:
        """The line and the list."""
        yield Static(markup=False)
        yield OptionList(id="unfinished", markup=False)

    def show(self, left: Sequence[Left]) -> None:
        """Show these, the newest first."""
        # A class and not `display` itself, so that the screen may hide it all the same.
        self.set_class(bool(left), "-some")
        if left == self._shown:
            return
        self._shown = left
        self.query_one(Static).update(shown_line(said_of(left)))
        runs, now = self.query_one(OptionList), self._clock.now()
        at = runs.highlighted or 0
        runs.clear_options()
        for one in left[:MOST]:
            mark = words.mark_of_run(one.status)
            line = joined(
                (f"{mark.sign} {mark.word:<12}", TONES[mark.tone]),
                (f"{words.day_and_time(one.created, now):<12}", "$quiet"),
                shown_line(one.title, "", 200),
            )
            runs.add_option(Option(line, id=one.run))
        if left:
            runs.highlighted = min(at, runs.option_count - 1)

    def focus_list(self) -> None:
        """Go where one is picked."""
        self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id:
            self.post_message(self.Chosen(event.option_id))


def said_of(left: Sequence[Left]) -> str:
    """`2 runs wait for you, 1 was interrupted: ctrl+o goes on with the next, esc picks one`."""
    counts = {status: sum(one.status == status for one in left) for status in _VERBS}
    said: list[str] = []
    for status, (one, several) in _VERBS.items():
        if number := counts[status]:
            noun = "" if said else f" {'run' if number == 1 else 'runs'}"
            said.append(f"{number}{noun} {one if number == 1 else several}")
    return f"{', '.join(said)}: ctrl+o goes on with the next, esc picks one"


_VERBS = {
    "waiting": ("waits for you", "wait for you"),
    "interrupted": ("was interrupted", "were interrupted"),
    "paused": ("is paused", "are paused"),
}
