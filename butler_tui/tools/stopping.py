"""Why a program was stopped, in a sentence."""

from __future__ import annotations

from butler_tui.core.errors import ToolError
from butler_tui.tools.boxed import Reason
from butler_tui.tools.sandbox import Limits


def stopped(what: str, why: Reason, limits: Limits, *, too_late: str) -> ToolError:
    """The error for a program that had to be stopped; `too_late` is the code for a time-out."""
    match why:
        case "time":
            return ToolError(
                too_late,
                f"{what} took longer than {limits.seconds:g} seconds and was stopped; give it a "
                "longer timeout (at most 600) or less to do.",
            )
        case "processes":
            return ToolError(
                "too_much",
                f"{what} started more than {limits.processes} processes and was stopped.",
            )
        case "memory":
            return ToolError(
                "too_much",
                f"{what} took more than {limits.memory >> 20:,} MB of memory and was stopped; "
                "work on less at a time.",
            )
        case "disk":
            return ToolError(
                "too_much", f"{what} wrote more than it may and was stopped; write less."
            )
        case "cancelled":
            return ToolError("cancelled", f"{what} was cancelled and stopped.")
