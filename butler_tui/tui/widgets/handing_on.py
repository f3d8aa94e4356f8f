"""What is typed goes where the text cursor is, also when it moved there while a key was coming."""

from __future__ import annotations

from textual import events
from textual.widget import Widget
from textual.widgets import Input

from butler_tui.tui.actions import TO_GOAL


def handed_on(widget: Widget, event: events.Event) -> bool:
    """Hand a key on that reached the widget when a line elsewhere has the focus; True if so.

    The key that leads to the goal is obeyed here, before any other key can overtake it.
    """
    if not isinstance(event, events.Key) or not widget.is_attached:
        return False
    if event.key in TO_GOAL.keys and widget.has_focus:
        widget.screen.set_focus(widget.screen.query_one("#goal"))
        return True
    focused = widget.screen.focused
    if not isinstance(focused, Input) or widget.has_focus_within:
        return False
    focused._forward_event(event)
    return True
