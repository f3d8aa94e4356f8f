"""What a server that runs says of itself and its tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.offers import MOST_CHARACTERS, MOST_TOOLS, Offer, Offers

if TYPE_CHECKING:
    from mcp import Client

_MOST_PAGES = 100


async def listing(name: str, server: McpServer, client: Client) -> Offers:
    """Everything that the server offers, page by page. Raises ToolError when it is too much."""
    from mcp_types import PaginatedRequestParams

    found: dict[str, Offer] = {}
    cursor: str | None = None
    size = 0
    for _ in range(_MOST_PAGES):
        params = PaginatedRequestParams(cursor=cursor) if cursor is not None else None
        page = await client.session.list_tools(params=params)
        for one in page.tools:
            offer = Offer(one.name, one.description or "", one.input_schema, one.output_schema)
            size += len(repr(offer))
            if len(found) >= MOST_TOOLS or size > MOST_CHARACTERS:
                raise ToolError(
                    "too_many",
                    f"MCP server {name} offers more than {MOST_TOOLS} tools, or says too much "
                    "of them; Butler takes none of it.",
                )
            if one.name in found:
                raise ToolError(
                    "bad_answer", f"MCP server {name} offers two tools with the same name."
                )
            found[one.name] = offer
        cursor = page.next_cursor
        if not cursor:
            break
    return Offers(server.fingerprint, found).chosen(server.tools)


def greeting(client: Client) -> str:
    """How the server calls itself."""
    said = client.server_info
    return shortened(f"{said.name} {said.version}", 100) if said is not None else ""
