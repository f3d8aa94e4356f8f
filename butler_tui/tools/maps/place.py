"""What a place is, whoever knows of it."""

from __future__ import annotations

import math
import re

from pydantic import BaseModel

MOST = 10
_POINT = re.compile(r"\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;]\s*(-?\d{1,3}(?:\.\d+)?)\s*")


class Place(BaseModel):
    """One place; what is not known of it is empty."""

    name: str
    address: str
    phone: str
    url: str
    latitude: float
    longitude: float


class Places(BaseModel):
    """Places that were found, best first; empty when there are none."""

    places: list[Place]


def point_in(text: str) -> tuple[float, float] | None:
    """Latitude and longitude where the text is nothing but those: `48.137, 11.575`."""
    match = _POINT.fullmatch(text)
    if match is None:
        return None
    latitude, longitude = float(match[1]), float(match[2])
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def place_from(
    name: object, address: object, phone: object, url: object, latitude: object, longitude: object
) -> Place | None:
    """The place, if what a server said of it can be one."""
    try:
        at = float(str(latitude)), float(str(longitude))
    except ValueError:
        return None
    if not all(math.isfinite(one) for one in at) or abs(at[0]) > 90 or abs(at[1]) > 180:
        return None
    where = _line(address)
    called = _line(name) or where.split(",")[0]
    if not called:
        return None
    link = _line(url)
    return Place(
        name=called,
        address=where,
        phone=_line(phone),
        url=link if link.startswith(("http://", "https://")) else "",
        latitude=at[0],
        longitude=at[1],
    )


def _line(text: object) -> str:
    return " ".join(text.split())[:500] if isinstance(text, str) else ""
