"""Looking again at what a receipt says: code reads the world, not the tool's word."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from butler_tui.core.labels import Json
from butler_tui.core.tool import Checked, ToolContext

_SHOWN = 3


async def files_as_written(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """Each file of the receipt holds what the receipt says, or is gone where it says so."""
    files = [one for one in cast(Sequence[Any], facts.get("files") or []) if isinstance(one, dict)]
    if not files:
        return Checked("unverified", "the receipt names no file")
    wrong = await asyncio.to_thread(_wrong, cast("list[dict[str, Any]]", files))
    if not wrong:
        read = "1 file was" if len(files) == 1 else f"{len(files)} files were"
        return Checked("verified", f"{read} read again")
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Checked("failed", f"not as written: {', '.join(wrong[:_SHOWN])}{more}")


async def entries_as_told(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """Each path of the receipt is what the receipt says: a file with that content, or gone, ..."""
    entries = [
        one for one in cast(Sequence[Any], facts.get("entries") or []) if isinstance(one, dict)
    ]
    if not entries:
        return Checked("unverified", "the receipt names no path")
    told = cast("list[dict[str, Any]]", entries)
    wrong = await asyncio.to_thread(lambda: [one["path"] for one in told if not _is_so(one)])
    if not wrong:
        seen = "1 path was" if len(told) == 1 else f"{len(told)} paths were"
        return Checked("verified", f"{seen} looked at again")
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return Checked("failed", f"not as told: {', '.join(wrong[:_SHOWN])}{more}")


async def folder_is_there(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """The folder of the receipt is there, and is no link to another."""
    folder = facts.get("folder")
    if not isinstance(folder, str):
        return Checked("unverified", "the receipt names no folder")
    there = await asyncio.to_thread(_is_folder, Path(folder))
    return Checked("verified", "it is there") if there else Checked("failed", "it is not there")


async def answered_well(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """The server's own answer says that it took what was sent; it is not asked again."""
    status = facts.get("status")
    if not isinstance(status, int):
        return Checked("unverified", "the receipt holds no answer of the server")
    if status in _NOT_YET:
        return Checked("unverified", f"status {status} does not say that it was done")
    if 200 <= status < 300:
        return Checked("verified", f"the server answered with status {status}")
    if status < 400:
        return Checked("failed", f"the server sent it elsewhere with status {status}")
    return Checked("failed", f"the server refused it with status {status}")


async def ended_well(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """The program said that it succeeded; what else it did nobody can read again."""
    code = facts.get("exit_code")
    if code == 0:
        return Checked("unverified", "it ended with exit code 0; what it did is not read again")
    return Checked("failed", f"it ended with exit code {code}")


_NOT_YET = frozenset({202, 207, 303})
"""Accepted but not done, done in part, and done where another address would say more."""


def _wrong(files: Sequence[Mapping[str, Any]]) -> list[str]:
    return [str(one.get("path")) for one in files if not _as_said(one)]


def _is_so(one: Mapping[str, Any]) -> bool:
    path = Path(str(one.get("path")))
    match one.get("kind"):
        case "file":
            return _as_said(one)
        case "link":
            return path.is_symlink() and str(path.readlink()) == one.get("target")
        case "folder":
            return _is_folder(path)
        case _:
            return not os.path.lexists(path)


def _as_said(one: Mapping[str, Any]) -> bool:
    """True when the path holds that content now; when nothing is there, where none was said."""
    path, said = Path(str(one.get("path"))), one.get("sha256")
    if said is None:
        return not os.path.lexists(path)
    if path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == said


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
