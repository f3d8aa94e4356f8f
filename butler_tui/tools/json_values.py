"""Values of a database as JSON holds them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from butler_tui.core.labels import Json


def json_value(value: object) -> Json:
    """Dates and times in ISO form, decimals as numbers, what is not a finite number as None."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Decimal():
            return json_value(float(value))
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return str(value)
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {str(key): json_value(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [json_value(part) for part in value]
        case _:
            return str(value)
