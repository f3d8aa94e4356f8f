"""A plan's text from a file or from standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from butler_tui.core.errors import UsageError

_LONGEST_PLAN = 1_000_000


def read_plan_file(file: str) -> str:
    """The plan's text, from a file or (`-`) standard input. Raises UsageError."""
    name = "standard input" if file == "-" else file
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except FileNotFoundError:
        raise UsageError(f"--plan {file}: there is no such file.") from None
    except OSError as error:
        raise UsageError(f"--plan {file}: it cannot be read ({error.strerror}).") from error
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{name} is not UTF-8 text, so it is no plan.") from error
    if not text.strip():
        raise UsageError(f"{name} is empty; a plan has at least one step.")
    if len(text) > _LONGEST_PLAN:
        raise UsageError(f"{name} is too long for a plan ({len(text)} characters).")
    return text
