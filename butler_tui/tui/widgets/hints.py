"""Keys and what they do, in lines that can be clicked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.style import Style
from textual.widget import Widget

from butler_tui.tui.action import Action, key_name

GAP = 2


class Hints(Widget):
    """Names some actions, whole or not at all. A click says which; nothing is run from here."""

    DEFAULT_CSS = """
    Hints { height: auto; color: $quiet; }
    """

    class Clicked(Message):
        """The person clicked an action's name."""

        def __init__(self, action: Action, click: events.Click) -> None:
            self.action = action
            self.click = click
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id)
        self.actions: tuple[Action, ...] = ()
        self.bright = True

    def name_actions(self, actions: Sequence[Action], *, bright: bool = True) -> None:
        """Name these; `bright` when their keys work at this moment."""
        before = (self.actions, self.bright)
        self.actions, self.bright = tuple(actions), bright
        if before != (self.actions, self.bright):
            self.refresh(layout=before[0] != self.actions)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as the hints need."""
        return max(1, len(list(self._lines(width))))

    def render(self) -> Content:
        """The hints, as many a line as fit."""
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> Iterator[Content]:
        held: list[Content] = []
        used = 0
        for place, action in enumerate(self.actions):
            hint = self._hint(place, action)
            if held and used + GAP + hint.cell_length > width:
                yield Content(" " * GAP).join(held)
                held, used = [], 0
            used += hint.cell_length + (GAP if held else 0)
            held.append(hint)
        if held:
            yield Content(" " * GAP).join(held)

    def _hint(self, place: int, action: Action) -> Content:
        keys = "".join(key_name(key) for key in action.keys[: action.named])
        hint = Content.assemble(
            (keys, "$primary bold" if self.bright else "$quiet"),
            " ",
            (action.word, "$foreground" if self.bright else "$quiet"),
        )
        return hint.stylize(Style.from_meta({"hint": place}))

    def on_click(self, event: events.Click) -> None:
        """Say which action was clicked."""
        place = event.style.meta.get("hint")
        if isinstance(place, int) and place < len(self.actions):
            event.stop()
            self.post_message(self.Clicked(self.actions[place], event))
