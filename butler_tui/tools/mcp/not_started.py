"""Why a server cannot be used, in a sentence."""

from __future__ import annotations

from contextlib import suppress

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError

LONGEST = 300
"""Characters of a server's own words in a sentence of Butler's."""


def not_started(name: str, error: BaseException | None, refused: str) -> ToolError:
    """What went wrong when it was started, in a sentence."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    if isinstance(error, ToolError):
        return error
    from pydantic import ValidationError

    why = "it ended before it answered"
    if refused:
        why = refused
    elif isinstance(error, ValidationError):
        why = "what it says of itself or its tools cannot be read"
    elif error is not None:
        with suppress(Exception):
            said = shortened(str(error), LONGEST)
            if said and said != "Connection closed":
                why = said
    return ToolError(
        "not_started",
        f"MCP server {name} cannot be used: {why.rstrip('.')}; `butler mcp test {name}` tries it.",
    )
