"""The names that Butler gives new files and folders: each can be seen, typed and told apart."""

from __future__ import annotations

import os
import re
import unicodedata
from pathlib import Path

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.tools.confinement import Place, missing_folders, telling

_JOINERS = re.compile(r"(?<=[^\x00-\x7f])[\u200c\u200d](?=[^\x00-\x7f])")
"""Joiners belong inside words of some scripts and inside emoji."""


def check_new(at: Place) -> None:
    """Refuse to make what is missing at a place under a name that deceives.

    Raises ToolError `bad_name` for hidden characters, and blanks or dots at the end; `twin` when
    the same name is there already, only composed of other characters.
    """
    with telling(at):
        missing = missing_folders(at, at.real)
        for path in missing:
            _check(path.name, at.shown)
        if missing:
            _check_twin(missing[0], at.shown)


def _check(name: str, shown: str) -> None:
    seen = _JOINERS.sub("", name)
    if visible_line(seen) != seen:
        raise ToolError(
            "bad_name", f"{shown} would hold a character that nobody sees; choose a plain name."
        )
    if name != name.strip() or name.endswith("."):
        raise ToolError(
            "bad_name",
            f"{shown!r} would begin or end with a blank, or end with a dot, which many programs "
            "drop; choose a name without.",
        )


def _check_twin(path: Path, shown: str) -> None:
    if path.name.isascii():
        return
    same = unicodedata.normalize("NFC", path.name)
    for other in os.listdir(path.parent):  # noqa: PTH208  (names, not paths)
        if unicodedata.normalize("NFC", other) == same and other != path.name:
            raise ToolError(
                "twin",
                f"{shown} is there already under a name that looks the same but is written with "
                "other characters; take that name from a listing, or choose another.",
            )
