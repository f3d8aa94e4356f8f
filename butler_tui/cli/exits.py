"""The exit codes, and which one a run ends with."""

from __future__ import annotations

from butler_tui.core.run import RunStatus

DONE = 0
FAILED = 1
USAGE = 2
WAITING = 3
INTERRUPTED = 130


def exit_code(status: RunStatus) -> int:
    """The exit code of a command that carried a run on to `status`."""
    if status is RunStatus.DONE:
        return DONE
    return WAITING if status is RunStatus.WAITING else FAILED
