"""What is typed goes where the text cursor is, also when it moved there while a key was coming."""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input


def handed_on(widget: Widget, event: events.Event) -> bool:
    """Hand a key on that reached the widget when a line elsewhere has the focus; True if so."""
    if not isinstance(event, events.Key) or not widget.is_attached:
        return False
    focused = widget.screen.focused
    if not isinstance(focused, Input) or widget.has_focus_within:
        return False
    focused._forward_event(event)
    return True
