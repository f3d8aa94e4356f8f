"""Titles in borders: never markup, and painted only when they change."""

from __future__ import annotations

from textual.widget import Widget

from butler_tui.tui.text import shown_line

LONGEST = 120


def set_title(widget: Widget, text: str) -> None:
    """Give the widget's upper border this title."""
    title = shown_line(text, "", LONGEST)
    if widget.border_title != title.markup:
        widget.border_title = title


def set_subtitle(widget: Widget, text: str) -> None:
    """Give the widget's lower border this title."""
    title = shown_line(text, "", LONGEST)
    if (widget.border_subtitle or "") != title.markup:
        widget.border_subtitle = title
