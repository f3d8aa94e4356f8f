"""What each event does to the state of a run: the only place where events become state."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from butler_tui.core.events import Event
from butler_tui.core.taking import asking, plans, runs, steps
from butler_tui.core.taking.taken import Takes

if TYPE_CHECKING:
    from butler_tui.core.run import RunState

_TAKES: Takes = {**runs.TAKES, **plans.TAKES, **steps.TAKES, **asking.TAKES}


def take(state: RunState, event: Event, at: datetime) -> None:
    """Take one event into the state."""
    if (handler := _TAKES.get(type(event))) is not None:
        handler(state, event, at)
