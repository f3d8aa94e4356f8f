"""An end for what a stranger's rule may keep going for ever: nothing else ends it from outside.

A rule that fits no day is looked for up to the year 9999, within one call of a library. The thread
that does so is made to look at its own clock at every call of a function, and gives up by itself.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class OutOfPatienceError(BaseException):
    """The time is over; no Exception, since libraries take those for their own."""


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Raise OutOfPatienceError in this thread once it has worked so long within the body."""
    end = time.thread_time() + seconds
    before = sys.getprofile()

    def look(_frame: FrameType, event: str, _arg: object) -> None:
        if event == "call" and time.thread_time() > end:
            sys.setprofile(before)
            raise OutOfPatienceError

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)
