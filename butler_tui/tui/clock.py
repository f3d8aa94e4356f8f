"""The time as the screens see it; tests bring a clock of their own."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Protocol

from textual.events import Event


class Clock(Protocol):
    """Two times: one that never jumps, for waiting, and the one that people read."""

    def seconds(self) -> float:
        """Seconds since some moment; never goes back."""
        ...

    def of(self, event: Event) -> float:
        """When the event happened, on the scale of `seconds`."""
        ...

    def now(self) -> datetime:
        """The time of day, with its zone."""
        ...


class SystemClock:
    """The machine's own clock. An event's time is when it came in, not when its turn came."""

    def seconds(self) -> float:
        """Seconds of the monotonic clock, on which events are stamped too."""
        return time.monotonic()

    def of(self, event: Event) -> float:
        """When the terminal sent the event."""
        return event.time

    def now(self) -> datetime:
        """The time of day where the person is."""
        return datetime.now().astimezone()
