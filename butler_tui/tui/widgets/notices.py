"""Short notices of the main screen, in a place of their own: they never lie over plan or card."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from butler_tui.tui.text import lines, shown

SECONDS = 5.0
"""How long one is shown, unless whoever says it wants it longer."""

MOST = 3
"""How many are shown at once, the newest of them."""

_LOOKS = {"error": ("✗ ", "$error"), "warning": ("! ", "$warning")}


class Notices(Static):
    """One line each, the oldest above; a click takes them away. Takes no room while empty."""

    DEFAULT_CSS = """
    Notices { height: auto; max-height: 6; display: none; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(markup=False, id=id)
        self._said: Sequence[Content] = ()

    def say(self, text: str, severity: str = "information", seconds: float | None = None) -> None:
        """Show a notice for some seconds; said again, it is shown once."""
        sign, style = _LOOKS.get(severity, ("· ", ""))
        notice = shown(f"{sign}{text}", style)
        self._show([*(one for one in self._said if one.plain != notice.plain), notice][-MOST:])
        self.set_timer(seconds or SECONDS, lambda: self._forget(notice))

    def on_click(self) -> None:
        """They were read."""
        self._show([])

    def _forget(self, notice: Content) -> None:
        self._show([one for one in self._said if one is not notice])

    def _show(self, said: Sequence[Content]) -> None:
        self._said = said
        self.update(lines(said))
        self.display = bool(said)
