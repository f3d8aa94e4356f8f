"""Keys and what they do, in a line that can be clicked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from butler_tui.tui.actions import Action, key_name

NO_BREAK = "\u00a0"


class Hints(Static):
    """Names some actions. A click says which was clicked; nothing is run from here."""

    DEFAULT_CSS = """
    Hints { height: auto; color: $quiet; }
    """

    class Clicked(Message):
        """The person clicked an action's name, at the event's time."""

        def __init__(self, action: Action, click: events.Click) -> None:
            self.action = action
            self.click = click
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, markup=False)
        self.actions: tuple[Action, ...] = ()
        self.bright = True

    def name_actions(self, actions: Sequence[Action], *, bright: bool = True) -> None:
        """Name these; `bright` when their keys work at this moment."""
        if (tuple(actions), bright) == (self.actions, self.bright):
            return
        same = tuple(actions) == self.actions
        self.actions, self.bright = tuple(actions), bright
        self.update(self._named(), layout=not same)

    def _named(self) -> Content:
        named: list[Content] = []
        for place, action in enumerate(self.actions):
            keys = "".join(
                key_name(key) for key in action.keys[: 2 if action.keys[0] == "up" else 1]
            )
            word = action.word.replace(" ", NO_BREAK)
            hint = Content.assemble(
                (keys, "$primary bold" if self.bright else "$quiet"),
                NO_BREAK,
                (word, "$foreground" if self.bright else "$quiet"),
            )
            named.append(hint.stylize(Style.from_meta({"hint": place})))
        return Content("   ").join(named)

    def on_click(self, event: events.Click) -> None:
        """Say which action was clicked."""
        place = event.style.meta.get("hint")
        if isinstance(place, int) and place < len(self.actions):
            event.stop()
            self.post_message(self.Clicked(self.actions[place], event))
