"""The outbox: what sends waits a few seconds in which one key takes it back; then it goes, once.

A crash during the wait sends nothing: the call has not started. Whoever goes on with the run finds
it allowed, and sends it once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from butler_tui.core.calls import CallStatus
from butler_tui.core.events import SendHeld
from butler_tui.core.ready import ReadyCall
from butler_tui.execution.live import LiveRun


@dataclass(frozen=True, slots=True)
class Outbox:
    """Holds each call that sends for `seconds`; with 0 it goes at once."""

    seconds: float
    now: Callable[[], datetime]

    async def passes(self, live: LiveRun, ready: ReadyCall) -> bool:
        """True when the call may go: the time is over, or the person let it go. Not taken back."""
        if self.seconds <= 0:
            return True
        until = self.now() + timedelta(seconds=self.seconds)
        held = SendHeld(step=ready.call.id, item=ready.item, until=until)
        await live.record(held, flush=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await live.until(lambda: not _waits(live, ready))
        return _status(live, ready) is not CallStatus.TAKEN_BACK


def _waits(live: LiveRun, ready: ReadyCall) -> bool:
    call = live.state.calls[ready.address]
    return call.status is CallStatus.OUTBOX and call.until is not None


def _status(live: LiveRun, ready: ReadyCall) -> CallStatus:
    return live.state.calls[ready.address].status
