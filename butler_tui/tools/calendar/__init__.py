"""The calendar: events and tasks, in a folder of .ics files or on a CalDAV server."""

from butler_tui.tools.calendar.changing import add_event, change_event, delete_event
from butler_tui.tools.calendar.listing import list_events
from butler_tui.tools.calendar.tasks import add_task, complete_task, list_tasks

__all__ = [
    "add_event",
    "add_task",
    "change_event",
    "complete_task",
    "delete_event",
    "list_events",
    "list_tasks",
]
