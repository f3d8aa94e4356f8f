"""Files that a page hands over: saved in the run's folder, never over one that is there."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from butler_tui.core.clean import shortened, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import ToolContext
from butler_tui.tools.browser.session import Session
from butler_tui.tools.confinement import Place
from butler_tui.tools.origins import DOWNLOAD_MARKS
from butler_tui.tools.places import to_the_end, writable_place
from butler_tui.tools.storing import Change, entry_at, put

if TYPE_CHECKING:
    from playwright.async_api import Download

SECONDS = 300.0
MOST_BYTES = 1_000_000_000
_MOST_FILES = 10
_MOST_TRIES = 100
_BLOCK = 1 << 20
_BAD = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')


async def received(context: ToolContext, session: Session) -> list[dict[str, Json]]:
    """Save the files that came since this was last asked; each is told in the next output."""
    downloads, session.downloads = session.downloads, []
    saved: list[dict[str, Json]] = []
    for one in downloads[:_MOST_FILES]:
        name = plain_name(one.suggested_filename)
        try:
            change, at = await _saved(context, one, name)
        except ToolError as error:
            session.note(f"The file {name} was not saved: {error}")
            continue
        saved.append({"path": str(at.real), "sha256_before": None, "sha256": change.after})
        session.note(f"The file {at.shown} was saved ({change.size:,} bytes).")
    for one in downloads[_MOST_FILES:]:
        await one.cancel()
    if len(downloads) > _MOST_FILES:
        session.note(f"The page handed over more than {_MOST_FILES} files; the others were left.")
    return saved


async def refused(session: Session) -> None:
    """Let nothing be saved by what only reads."""
    downloads, session.downloads = session.downloads, []
    for one in downloads:
        with suppress(Exception):
            await one.cancel()
        session.note(
            f"The page wanted to hand over the file {plain_name(one.suggested_filename)}, which "
            "was left: only a click or a form saves one."
        )


def plain_name(suggested: str) -> str:
    """The name that a site suggests, as a name that hides nothing and leads nowhere."""
    name = _BAD.sub("_", visible_line(PurePath(suggested.replace("\\", "/")).name))
    name = name.strip(" .") or "download"
    stem, dot, ending = name.rpartition(".")
    return f"{shortened(stem, 100)}.{ending[:12]}" if dot else shortened(name, 100)


async def _saved(context: ToolContext, download: Download, name: str) -> tuple[Change, Place]:
    from playwright.async_api import Error

    context.progress(f"receiving {name}")
    try:
        async with asyncio.timeout(SECONDS):
            failure = await download.failure()
            path = Path(await download.path()) if failure is None else None
    except TimeoutError as error:
        await download.cancel()
        raise ToolError("timeout", "it took too long to come.") from error
    except Error as error:
        raise ToolError("connection_lost", "it broke off in the middle.") from error
    if path is None:
        raise ToolError("connection_lost", "it broke off in the middle.")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ToolError("too_big", f"it is larger than {MOST_BYTES // 1_000_000:,} MB.")
        at = await asyncio.to_thread(_free_place, context, name)
        return await to_the_end(_put, context.key, at, path, download.url), at
    finally:
        with suppress(Error):
            await download.delete()


def _put(stop: threading.Event, key: str, at: Place, path: Path, url: str) -> Change:
    return put(stop, at, _blocks(path), key, overwrite=False, finish=lambda file: _mark(file, url))


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from _read(file)


def _read(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield block


def _mark(file: int, url: str) -> None:
    """Leave the system's download mark, so that every reader knows a stranger wrote the file."""
    if hasattr(os, "setxattr"):
        with suppress(OSError):  # a file system without attributes
            os.setxattr(file, DOWNLOAD_MARKS[0], url.split("?", 1)[0].encode()[:2000])


def _free_place(context: ToolContext, name: str) -> Place:
    """A place in the run's folder where nothing is yet: `report.pdf`, else `report (2).pdf`."""
    stem, dot, ending = name.rpartition(".")
    for number in range(1, _MOST_TRIES):
        more = f" ({number})" if number > 1 else ""
        at = writable_place(context, f"{stem}{more}.{ending}" if dot else f"{name}{more}")
        if entry_at(at.real) is None:
            return at
    raise ToolError("exists", f"{_MOST_TRIES} files of this name are there already.")
