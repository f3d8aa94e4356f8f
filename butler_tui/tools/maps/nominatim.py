"""OpenStreetMap's search, as its usage policy asks: one's own name, one request a second."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

from butler_tui import __version__
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.maps.place import MOST, Place, place_from, point_in
from butler_tui.tools.network import fetch
from butler_tui.tools.network_errors import check_status

PUBLIC = "https://nominatim.openstreetmap.org"
AGENT = f"butler-tui/{__version__} (personal assistant; https://pypi.org/project/butler-tui/)"
AROUND_KM = 5.0
_KM_PER_DEGREE = 111.0
_LONGEST_LINE = 60.0


class Pace:
    """Lets one pass at a time, so many seconds after the last, whichever run it is of."""

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._seconds, self._clock, self._sleep = seconds, clock, sleep
        self._next = -math.inf
        self._lock = threading.Lock()

    async def turn(self) -> None:
        """Wait for one's turn; raises ToolError when the line is too long."""
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            if at - now > _LONGEST_LINE:
                raise ToolError(
                    "rate_limited",
                    "Too many searches for places wait for their turn; try again in a minute.",
                    transient=True,
                )
            self._next = at + self._seconds
        if at > now:
            await self._sleep(at - now)


_PACE = Pace(1.0)


async def find(context: ToolContext, query: str, near: str) -> list[Place]:
    """Places by OpenStreetMap; `near` is a place's name or its coordinates."""
    asked: dict[str, str] = {"q": query, "limit": str(MOST), "extratags": "1"}
    if near:
        west, south, east, north = await _around(context, near)
        asked |= {"viewbox": f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}", "bounded": "1"}
    found = [_place(one) for one in await _ask(context, asked)]
    return [one for one in found if one is not None]


async def _around(context: ToolContext, near: str) -> tuple[float, float, float, float]:
    """The box (west, south, east, north) of what is near a place: all of a town, or 5 km."""
    point, box = point_in(near), None
    if point is None:
        found = await _ask(context, {"q": near, "limit": "1"})
        place = _place(found[0]) if found else None
        if place is None:
            raise ToolError("not_found", f"There is no place {near!r:.100}; write it in full.")
        point, box = (place.latitude, place.longitude), _box(found[0].get("boundingbox"))
    high = AROUND_KM / _KM_PER_DEGREE
    wide = high / max(math.cos(math.radians(point[0])), 0.01)
    least = (point[1] - wide, point[0] - high, point[1] + wide, point[0] + high)
    if box is None:
        return least
    return (
        min(least[0], box[0]),
        min(least[1], box[1]),
        max(least[2], box[2]),
        max(least[3], box[3]),
    )


def _box(given: object) -> tuple[float, float, float, float] | None:
    """Nominatim's south, north, west, east; None for one that is a country's or no box."""
    if not isinstance(given, list) or len(given) != 4:
        return None
    try:
        south, north, west, east = (float(str(one)) for one in given)
    except ValueError:
        return None
    sane = all(math.isfinite(one) for one in (south, north, west, east))
    return (west, south, east, north) if sane and north - south < 2 and east - west < 2 else None


async def _ask(context: ToolContext, asked: dict[str, str]) -> list[dict[str, Any]]:
    own = context.option("places.nominatim")
    base = (own or PUBLIC).rstrip("/")
    if own is None:
        await _PACE.turn()
    url = f"{base}/search?{urlencode({**asked, 'format': 'jsonv2'})}"
    meant = [own] if own else []
    answer = await fetch(context, url, headers={"User-Agent": AGENT}, meant=meant)
    check_status(answer.status, answer.headers, str(answer.url))
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, list):
        raise ToolError("bad_answer", f"{base} answered in a shape that Nominatim does not have.")
    return [one for one in found if isinstance(one, dict)]


def _place(one: dict[str, Any]) -> Place | None:
    tags = one.get("extratags")
    more: dict[str, Any] = tags if isinstance(tags, dict) else {}
    return place_from(
        one.get("name"),
        one.get("display_name"),
        more.get("phone") or more.get("contact:phone"),
        more.get("website") or more.get("contact:website"),
        one.get("lat"),
        one.get("lon"),
    )
