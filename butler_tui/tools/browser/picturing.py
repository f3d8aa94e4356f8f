"""Where the pictures of pages are kept that nobody asked to have in a folder of theirs."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

from butler_tui.core.tool import ToolContext

MOST_KEPT = 50


async def kept_picture(context: ToolContext, data: bytes) -> Path:
    """Keep a picture in Butler's data folder, for the person alone; the oldest make room."""
    folder = Path(context.storage("pictures"))
    return await asyncio.to_thread(_keep, folder, f"page-{context.key[:12]}.png", data)


def _keep(folder: Path, name: str, data: bytes) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    with suppress(FileNotFoundError):
        path.unlink()
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "wb") as out:
        out.write(data)
    kept = sorted(folder.glob("page-*.png"), key=lambda one: one.stat().st_mtime)
    for old in kept[:-MOST_KEPT]:
        with suppress(OSError):
            old.unlink()
    return path
