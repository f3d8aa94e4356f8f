"""Google Places (New): one POST, with the fields that are wanted named in a header."""

from __future__ import annotations

import json
from typing import Any

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.maps.place import MOST, Place, place_from, point_in
from butler_tui.tools.network import fetch
from butler_tui.tools.network_errors import check_status

KEY = "GOOGLE_PLACES_KEY"
PUBLIC = "https://places.googleapis.com"
FIELDS = ",".join(
    f"places.{one}"
    for one in (
        "displayName",
        "formattedAddress",
        "internationalPhoneNumber",
        "nationalPhoneNumber",
        "websiteUri",
        "googleMapsUri",
        "location",
    )
)
_METRES = 5000.0


async def find(context: ToolContext, key: str, query: str, near: str) -> list[Place]:
    """Places by Google, which charges for each search."""
    base = (context.option("places.google") or PUBLIC).rstrip("/")
    asked: dict[str, Any] = {"textQuery": query, "pageSize": MOST}
    if point := point_in(near):
        centre = {"latitude": point[0], "longitude": point[1]}
        asked["locationBias"] = {"circle": {"center": centre, "radius": _METRES}}
    elif near:
        asked["textQuery"] = f"{query} near {near}"
    try:
        answer = await fetch(
            context,
            f"{base}/v1/places:searchText",
            method="POST",
            headers={"Content-Type": "application/json", "X-Goog-FieldMask": FIELDS},
            credentials={"X-Goog-Api-Key": key},
            body=json.dumps(asked).encode(),
            meant=[base],
        )
    except ToolError as error:
        if error.code != "no_answer":  # a search may be sent twice, unlike other POSTs
            raise
        raise ToolError("connection_lost", "Google broke off.", transient=True) from error
    try:
        found = answer.json()
    except ValueError:
        found = None
    if answer.status in (400, 401, 403):
        raise ToolError(
            "key_refused", f"Google refuses the search{_reason(found)}; check the secret {KEY}."
        )
    check_status(answer.status, answer.headers, str(answer.url))
    if not isinstance(found, dict):
        raise ToolError("bad_answer", "Google answered in a shape that it does not document.")
    listed = found.get("places")
    places = (
        [_place(one) for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    )
    return [one for one in places if one is not None]


def _place(one: dict[str, Any]) -> Place | None:
    name, at = one.get("displayName"), one.get("location")
    where: dict[str, Any] = at if isinstance(at, dict) else {}
    return place_from(
        name.get("text") if isinstance(name, dict) else None,
        one.get("formattedAddress"),
        one.get("internationalPhoneNumber") or one.get("nationalPhoneNumber"),
        one.get("websiteUri") or one.get("googleMapsUri"),
        where.get("latitude"),
        where.get("longitude"),
    )


def _reason(found: object) -> str:
    error = found.get("error") if isinstance(found, dict) else None
    said = error.get("message") if isinstance(error, dict) else None
    return f" ({visible_line(said)[:200].rstrip('.')})" if isinstance(said, str) else ""
