"""find_places: shops, offices, restaurants and addresses, by OpenStreetMap or by Google."""

from __future__ import annotations

import asyncio
from typing import Annotated

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.maps import google_places, nominatim
from butler_tui.tools.maps.place import Places

_LONGEST = 300


@tool(effect=Effect.FETCH, timeout=90, reaches=True, untrusted=True)
async def find_places(
    context: ToolContext,
    query: Annotated[str, "what to look for, such as Italian restaurant"],
    near: Annotated[str | None, "a town or an address, or latitude and longitude"] = None,
) -> Annotated[ToolResult, Places]:
    """Find places: each with name, address, phone, url, latitude and longitude, best first."""
    wanted, around = " ".join(query.split()), " ".join((near or "").split())
    if not wanted or len(wanted) > _LONGEST or len(around) > _LONGEST:
        raise ToolError("bad_arguments", "Say in a few words what to look for, and near what.")
    key = await asyncio.to_thread(context.secret, google_places.KEY)
    if key and not (key.isascii() and key.isprintable()):
        raise ToolError("bad_secret", f"The secret {google_places.KEY} is no key of Google's.")
    if key:
        who, found = "Google Places", await google_places.find(context, key, wanted, around)
    else:
        who, found = "OpenStreetMap", await nominatim.find(context, wanted, around)
    return ToolResult(Places(places=found), marks=[Mark((), f"places by {who}")])
