"""Folders and files that the goal names: they may be read in that run, and only read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_MARKS = "\"'\u201c\u201d\u201e\u2018\u2019"
"""Quotation marks of English and German."""

_QUOTED = re.compile(rf"[{_MARKS}]((?:~|/)[^{_MARKS}\n]*)[{_MARKS}]")
_BARE = re.compile(rf"(?<![\w/.~:{_MARKS}])((?:~[\w.-]*)?/[^\s{_MARKS},;:()<>|]+|~(?=[\s,;:.]|$))")
_ENDS = ".!?…"


def named_in(goal: str) -> Sequence[Path]:
    """The folders and files, absolute, that a goal names by a path from `/` or `~` and that exist.

    Relative ones start in the run's folder, where reading is allowed anyway; `/` itself names
    nothing.
    """
    found: dict[Path, None] = {}
    for text in [*_QUOTED.findall(goal), *_BARE.findall(goal)]:
        for written in (text, text.rstrip(_ENDS)):
            if (path := _existing(written)) is not None:
                found[path] = None
                break
    return list(found)


def _existing(written: str) -> Path | None:
    try:
        path = Path(written).expanduser().resolve()
        return path if path != Path(path.anchor) and path.exists() else None
    except (OSError, RuntimeError, ValueError):
        return None
