"""Names that strangers gave, as names that a plan can write."""

from __future__ import annotations

import re
from keyword import iskeyword

LONGEST_NAME = 64

_OTHER = re.compile(r"[^A-Za-z0-9_]")


def plan_name(given: str) -> str | None:
    """The name with `_` for whatever is no letter, digit or _; None where that is no name.

    One that begins otherwise than with a letter, or is a word of the language, gets an `_` more:
    behind it, or behind an `x` before it.
    """
    name = _OTHER.sub("_", given)
    if not name.strip("_") or len(name) > LONGEST_NAME:
        return None
    if not name[0].isalpha():
        name = f"x_{name.lstrip('_')}"
    return f"{name}_" if iskeyword(name) else name
