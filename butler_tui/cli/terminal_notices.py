"""Notices of the command line: written to the terminal that standard error is."""

from __future__ import annotations

import sys
from collections.abc import Callable


def stderr_terminal() -> Callable[[str], None] | None:
    """Writes to the terminal; None where standard error is none."""
    stream = sys.stderr
    if stream is None or not stream.isatty():
        return None

    def write(text: str) -> None:
        stream.write(text)
        stream.flush()

    return write
