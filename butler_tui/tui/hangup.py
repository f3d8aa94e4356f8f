"""The terminal was closed: the app still ends, and what runs can be resumed.

Textual's writer waits for ever for a terminal that is gone, so its files are pointed at nothing;
and where it waits already, the process ends all the same: the journal has what was done.
"""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import threading
from collections.abc import Callable
from types import FrameType

AT_MOST = 5.0
"""Seconds that the app has to end in order."""


def leave_on_hangup(leave: Callable[[], None], code: int) -> None:
    """From now on, when the terminal goes, `leave` is called in the running event loop.

    Where that does not end the process in time, it ends at once with that exit code.
    """
    loop = asyncio.get_running_loop()

    def hung_up(_number: int, _frame: FrameType | None) -> None:
        _let_go()
        last = threading.Timer(AT_MOST, os._exit, [code])
        last.daemon = True
        last.start()
        loop.call_soon_threadsafe(leave)

    # Not the loop's own handler: the loop itself may be what waits for the terminal.
    signal.signal(signal.SIGHUP, hung_up)


def _let_go() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        if stat.S_ISCHR(os.fstat(number).st_mode):
            os.dup2(nothing, number)
    os.close(nothing)
