"""Which arguments of a call name files, and how a file is called from the run's folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from butler_tui.core.rules import host_of
from butler_tui.core.tool import Tool
from butler_tui.settings import PATH_ARGUMENTS
from butler_tui.settings.real_paths import real_path

_ONLY_BESIDE = {"to": "path", "table": "save_to"}
"""Arguments that name a file only in a tool that has the other one too."""

_NEVER_BESIDE = {"folder": "query"}
"""Arguments that name no file in a tool that has the other one too: a mailbox has folders too."""

_READ_ALONE = frozenset({"table", "paths", "files", "attachments", "image"})

_OR_ADDRESS = frozenset({"image"})
"""Arguments that name a file or a web address; their tools never take an address for a file."""


def is_path(tool: Tool, name: str) -> bool:
    """True for an argument that names files or folders.

    Mail goes `to` a person, no file; a `table` is a file where it is drawn, not in a database.
    """
    beside, never = _ONLY_BESIDE.get(name), _NEVER_BESIDE.get(name)
    if name not in PATH_ARGUMENTS or (never is not None and tool.parameter(never) is not None):
        return False
    return beside is None or tool.parameter(beside) is not None


def names_file(tool: Tool, name: str, value: str) -> bool:
    """True for an argument whose value is a path, not a web address."""
    return is_path(tool, name) and not (name in _OR_ADDRESS and host_of(value))


def paths_of(tool: Tool, args: Mapping[str, str]) -> Iterator[str]:
    """The real paths among a call's arguments at which a change may write."""
    return (path for name, path in args.items() if is_path(tool, name) and name not in _READ_ALONE)


def inner_path(path: str, folder: str) -> str:
    """A real path from the run's folder on, where the file lies in it."""
    real = Path(path)
    home = Path(real_path(folder))
    return str(real.relative_to(home) if real.is_relative_to(home) else real)
