"""notify: a short notice to the person, where they are."""

from __future__ import annotations

from typing import Annotated

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext, tool
from butler_tui.tools.conversation import Text

_NOBODY = "Nobody was told: no terminal and no desktop shows notices here."


@tool(effect=None)
async def notify(
    context: ToolContext, text: Annotated[str, "one short line for the person"]
) -> Text:
    """Show the person a notice by the terminal or the desktop; the output says how, or nobody."""
    if not text.strip():
        raise ToolError("bad_arguments", "The notice is empty; say something.")
    ways = await context.notify(text)
    return Text(text=f"Told by the {' and the '.join(ways)}." if ways else _NOBODY)
