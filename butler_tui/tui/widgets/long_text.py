"""Text of any length, in full: what is far below is laid out when one scrolls towards it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from butler_tui.core.clean import visible
from butler_tui.tui.parts import Part, Prose, Rows
from butler_tui.tui.text import pages

FIRST = 3
"""Parts that are laid out before anybody scrolls."""

LONGEST_PROSE = 40_000
"""Characters up to which text is shown as Markdown."""


class LongText(VerticalScroll):
    """Shows parts one below the other; those that changed are changed in place."""

    DEFAULT_CSS = """
    LongText { height: 1fr; }
    LongText > Static { height: auto; }
    LongText > .-rows { text-wrap: nowrap; text-overflow: ellipsis; }
    LongText > Markdown { height: auto; padding: 0; margin: 0; background: transparent; }
    """

    as_written = False
    """True to show what could be Markdown as it was written."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__(id=id, can_focus=False)
        self._parts: list[Part] = []
        self._laid_out: list[Widget] = []

    def show(self, parts: Sequence[Part], *, from_top: bool = False) -> None:
        """Show these parts; `from_top` when they are about something else than before."""
        parts = list(self._as_shown(parts))
        if from_top:
            self.scroll_home(animate=False)
        elif parts == self._parts:
            return
        reach = FIRST if from_top else max(FIRST, len(self._laid_out))
        before, self._parts = self._parts, parts
        for place, part in enumerate(parts[: len(self._laid_out)]):
            if part != before[place]:
                self._change(place, part)
        for widget in self._laid_out[min(len(parts), reach) :]:
            widget.remove()
        del self._laid_out[min(len(parts), reach) :]
        self._lay_out(reach)

    def toggle_markdown(self) -> None:
        """Show Markdown as it was written, or again as Markdown."""
        self.as_written = not self.as_written
        parts, self._parts = self._parts, []
        for widget in self._laid_out:
            widget.remove()
        self._laid_out.clear()
        self.show(parts)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Lay out what comes next when the end is near."""
        super().watch_scroll_y(old_value, new_value)
        if self.max_scroll_y - new_value < 2 * self.size.height:
            self._lay_out(len(self._laid_out) + 1)

    def _as_shown(self, parts: Sequence[Part]) -> Iterator[Part]:
        for part in parts:
            if isinstance(part, Prose) and len(part.text) > LONGEST_PROSE:
                yield from (Content(visible(page)) for page in pages(part.text))
            else:
                yield part

    def _lay_out(self, reach: int) -> None:
        new = [self._widget(part) for part in self._parts[len(self._laid_out) : reach]]
        if new:
            self._laid_out += new
            self.mount(*new)

    def _widget(self, part: Part) -> Widget:
        if isinstance(part, Prose) and not self.as_written:
            from textual.widgets import Markdown

            return Markdown(visible(part.text), open_links=False)
        if isinstance(part, Rows):
            return Static(part.content, markup=False, classes="-rows")
        text = Content(visible(part.text)) if isinstance(part, Prose) else part
        return Static(text, markup=False)

    def _change(self, place: int, part: Part) -> None:
        widget = self._laid_out[place]
        if isinstance(widget, Static) and isinstance(part, Rows) and widget.has_class("-rows"):
            widget.update(part.content)
            return
        if (
            isinstance(widget, Static)
            and isinstance(part, Content)
            and not widget.has_class("-rows")
        ):
            width, height = widget.content_size
            same = bool(width) and part.get_height({}, width) == height
            widget.update(part, layout=not same)
            return
        new = self._laid_out[place] = self._widget(part)
        self.mount(new, before=widget)
        widget.remove()
