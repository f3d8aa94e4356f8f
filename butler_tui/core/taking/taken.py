"""What takes an event into the state of a run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from butler_tui.core.run import RunState

Takes = Mapping[type, "Callable[[RunState, Any, datetime], None]"]
"""For a type of event, what it does to a run's state when it happened at that time."""
