"""What an interrupted call on files came to: one way for all, by what it was about to leave.

Before its effect a call writes down the result that it then has; the receipt in it names each file
with its SHA-256 before and after. Files are put in place by one rename each, so that a crash leaves
them as they were or as the receipt says.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, cast

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import ToolContext, ToolResult
from butler_tui.tools.confinement import shown_path
from butler_tui.tools.storing import name_beside

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OTHER = "something else"


async def as_intended(context: ToolContext, **args: Json) -> ToolResult | None:
    """The intended result when all files are as it says, None when all are as they were before.

    A file that the interrupted call left half written beside its place is removed. Raises ToolError
    `unsure` when the files are neither.
    """
    return await asyncio.to_thread(_settled, context, args)


def _settled(context: ToolContext, args: Mapping[str, Json]) -> ToolResult | None:
    intended = context.intended
    told = _files(intended)
    _clear(context, [*(str(one["path"]) for one in told), *_texts(args)])
    if intended is None:
        return None
    found = [_content(Path(str(one["path"]))) for one in told]
    if told and all(now == one["sha256"] for now, one in zip(found, told, strict=True)):
        return intended
    if all(now == one["sha256_before"] for now, one in zip(found, told, strict=True)):
        return None
    differing = [
        _difference(context, one, now)
        for now, one in zip(found, told, strict=True)
        if now not in (one["sha256"], one["sha256_before"])
    ]
    raise ToolError("unsure", "; ".join(differing) or "only a part of it was done")


def _files(intended: ToolResult | None) -> Sequence[Mapping[str, Any]]:
    if intended is None or intended.receipt is None:
        return []
    return cast("Sequence[Mapping[str, Any]]", intended.receipt.facts.get("files") or [])


def _texts(args: Mapping[str, Json]) -> Iterator[str]:
    """The arguments that may name a file or a folder."""
    return (one for one in args.values() if isinstance(one, str) and 0 < len(one) < 4096)


def _content(path: Path) -> str | None:
    """The SHA-256 of an ordinary file, None when nothing is there, `_OTHER` for all else."""
    try:
        opened = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError:
        return _OTHER
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return _OTHER
        return hashlib.file_digest(file, "sha256").hexdigest()


def _difference(context: ToolContext, one: Mapping[str, Any], now: str | None) -> str:
    shown = shown_path(context, PurePath(str(one["path"])))
    return (
        f"{shown} was {_named(one['sha256_before'])} and was to become {_named(one['sha256'])}, "
        f"but is {_named(now)}"
    )


def _named(content: object) -> str:
    """A content in words, short."""
    if content is None:
        return "not there"
    return _OTHER if content == _OTHER else f"content {str(content)[:8]}"


def _clear(context: ToolContext, named: Sequence[str]) -> None:
    """Remove what the call wrote beside the places that it names; others' files never match."""
    paths = [Path(context.folder, one) for one in named if "\0" not in one]
    names = {path.name for path in paths if path.name}
    folders = {folder for path in paths for folder in (path.parent, path)}
    for folder in folders:
        for name in names:
            beside = folder / name_beside(context.key, name)
            try:
                beside.unlink()
            except OSError:  # most were never there
                continue
