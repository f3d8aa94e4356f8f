"""Which names are plain data: files that nothing on the machine runs, obeys or is set up by."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath

_DATA = frozenset(
    {
        ".csv",
        ".eml",
        ".jpeg",
        ".jpg",
        ".json",
        ".jsonl",
        ".log",
        ".markdown",
        ".md",
        ".pdf",
        ".png",
        ".rst",
        ".tab",
        ".tsv",
        ".txt",
        ".xlsx",
    }
)
"""Endings of files that are read, never run."""

_OBEYED = frozenset(
    {
        "agents.md",
        "appsettings.json",
        "claude.md",
        "cmakelists.txt",
        "composer.json",
        "constraints.txt",
        "copilot-instructions.md",
        "deno.json",
        "gemini.md",
        "launch.json",
        "manifest.json",
        "package-lock.json",
        "package.json",
        "pipfile.lock.json",
        "pyrightconfig.json",
        "requirements.txt",
        "robots.txt",
        "settings.json",
        "skill.md",
        "tasks.json",
        "tsconfig.json",
        "vercel.json",
    }
)
"""Names that look like data and steer a program or another assistant."""


_STEERS = re.compile(
    r"(?:agents|claude|gemini|copilot|skill|memory)\b.*\.(?:md|markdown)"
    r"|.*\.(?:instructions|prompt|chatmode|agent|rules)\.(?:md|markdown)"
    r"|.*(?:requirements|constraints).*\.txt"
    r"|.*(?:config|settings|package|manifest|preferences|extensions|plugins|hooks|mcp|lock).*\.json"
    r"|.*rc\.json"
)
"""Names of the same kinds in the ways in which they vary."""

_OBEYING_FOLDERS = frozenset({"autostart", "hooks", "node_modules", "site-packages", "startup"})


def is_plain_data(path: str) -> bool:
    """True when a file of that path is data alone: not hidden, no script, no settings.

    Folders count too: what lies below a hidden one is hidden. Letters that a file system takes for
    each other are one here.
    """
    pure = PurePath(unicodedata.normalize("NFKC", path).casefold())
    name = pure.name
    if any(part.startswith(".") for part in pure.parts) or name.rstrip(" .") != name:
        return False
    if name in _OBEYED or _STEERS.fullmatch(name) or _OBEYING_FOLDERS & set(pure.parts):
        return False
    return pure.suffix in _DATA
