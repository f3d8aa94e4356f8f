"""Files that a command made, moved or changed: it read who knows what, so they are strangers'."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from butler_tui.core.labels import Label
from butler_tui.core.ports import FileMemory

_TOGETHER = 500
"""Files that are noted side by side, so that they share a flush."""

Seen = Mapping[str, tuple[int, int]]
"""Inode and time of the last change of every file in a folder, by its real path."""


@asynccontextmanager
async def labelling(files: FileMemory, folder: str, label: Label) -> AsyncGenerator[None]:
    """Label what changes in the folder meanwhile, however it ends."""
    before = await asyncio.to_thread(_seen, folder)
    try:
        yield
    finally:
        after = await asyncio.to_thread(_seen, folder)
        changed = [path for path, state in after.items() if before.get(path) != state]
        for start in range(0, len(changed), _TOGETHER):
            part = changed[start : start + _TOGETHER]
            await asyncio.gather(*[_note(files, path, label) for path in part])


async def _note(files: FileMemory, path: str, label: Label) -> None:
    known = await asyncio.to_thread(files.find, path)
    await files.note(path, None, label if known is None else label | known.label)


def _seen(folder: str) -> Seen:
    """Blocks; what cannot be entered or has vanished is left out, links are not followed."""
    found: dict[str, tuple[int, int]] = {}
    for where, _, names in os.walk(os.path.realpath(folder)):
        for name in names:
            path = Path(where, name)
            try:
                status = path.lstat()
            except OSError:
                continue
            found[str(path)] = (status.st_ino, status.st_ctime_ns)
    return found
