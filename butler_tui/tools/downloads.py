"""download_file: a file from the web, put in its place whole or not at all."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import (
    Again,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.core.undoing import Entry
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.beforehand import check_address
from butler_tui.tools.confinement import Place
from butler_tui.tools.network_errors import shown_address
from butler_tui.tools.origins import DOWNLOAD_MARKS
from butler_tui.tools.places import (
    file_receipt,
    keep_all,
    telling_ahead,
    to_the_end,
    turn,
    writable_place,
)
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended
from butler_tui.tools.storing import About, Change, entry_at, exists, put
from butler_tui.tools.transfer import Feed, StartAgain, Told, Transfer

MOST_STARTS = 3
_BETWEEN_PROGRESS = 0.2


class Downloaded(BaseModel):
    """A file that was fetched: its size in bytes and its SHA-256 in hex."""

    path: str
    bytes: int
    sha256: str


@tool(
    effect=Effect.CHANGE,
    again=Again.QUERYABLE,
    timeout=3600,
    undoable=True,
    reaches=True,
    targets=("url", "path"),
    untrusted=True,
)
async def download_file(
    context: ToolContext,
    url: Annotated[str, "the file's address, starting with https://"],
    path: Annotated[str, "the file to save it as; folders that are missing are made"],
    overwrite: Annotated[bool, "replace a file that is there"] = False,
    max_mb: Annotated[int, Field(ge=1, le=1_000_000), "take no more than this, in MB"] = 1000,
) -> Annotated[ToolResult, Downloaded]:
    """Download a file from the web and save it: its path, size in bytes and SHA-256."""
    checked_url(url)
    at = await asyncio.to_thread(_target, context, path, overwrite)
    transfer = Transfer(context, url, max_mb * 1_000_000, _telling_of(context))

    def result(change: Change) -> ToolResult:
        assert change.after is not None  # noqa: S101  (put writes the file)
        saved = Downloaded(path=at.shown, bytes=change.size, sha256=change.after)
        files = file_receipt(
            f"Saved {shown_address(url)} as {at.shown} ({change.size:,} bytes).", change
        )
        receipt = Receipt(files.summary, {**files.facts, "url": url, "bytes": change.size})
        return ToolResult(saved, receipt, [Mark((), f"web page {checked_url(url).host}")])

    storing = Storing(at, url, context.key, overwrite, telling_ahead(context, result))
    async with turn(at):
        return result(await _fetched(context, transfer, storing))


download_file.verifies(files_as_written)
download_file.settles(as_intended, late=False)


@download_file.previews
async def _(
    context: ToolContext, url: str, path: str, overwrite: bool = False, max_mb: int = 1000
) -> Preview:
    at = await asyncio.to_thread(_target, context, path, overwrite)
    old = await asyncio.to_thread(entry_at, at.real)
    words = f"replacing the {old.st_size:,} bytes there" if old else "a new file"
    return Preview(f"fetches {checked_url(url)} (at most {max_mb:,} MB)\nto {at.shown}, {words}")


def _target(context: ToolContext, path: str, overwrite: bool) -> Place:
    at = writable_place(context, path)
    if not overwrite and entry_at(at.real) is not None:
        raise exists(at)
    return at


@dataclass(frozen=True, slots=True)
class Storing:
    """Where a download goes, and who is told before it is there."""

    at: Place
    url: str
    key: str
    overwrite: bool
    about: About

    def store(self, stop: threading.Event, first: bytes, feed: Feed, kept: Entry | None) -> Change:
        """Write the file as it arrives, and rename it to its place. Blocks."""

        def blocks() -> Iterator[bytes]:
            yield first
            yield from feed.drain(stop)

        return put(
            stop,
            self.at,
            blocks(),
            self.key,
            overwrite=self.overwrite,
            kept=kept,
            finish=lambda file: _mark_downloaded(file, self.url),
            about=self.about,
        )


async def _fetched(context: ToolContext, transfer: Transfer, storing: Storing) -> Change:
    for _ in range(MOST_STARTS):
        with suppress(StartAgain):
            return await _fetched_once(context, transfer, storing)
    raise ToolError(
        "connection_lost",
        f"{shown_address(storing.url)} keeps breaking off or changing on the way; try again later.",
        transient=True,
    )


async def _fetched_once(context: ToolContext, transfer: Transfer, storing: Storing) -> Change:
    """Write the file as it arrives; nothing is kept or touched before its first bytes are here."""
    async with aclosing(transfer.blocks()) as blocks:
        first = await anext(blocks, b"")
        kept = await keep_all(context, storing.at)
        feed = Feed()
        filling = asyncio.create_task(feed.fill(blocks))
        try:
            return await to_the_end(storing.store, first, feed, kept)
        finally:
            filling.cancel()
            await asyncio.wait([filling])


def _mark_downloaded(file: int, url: str) -> None:
    """Leave the system's download mark, so that every reader knows a stranger wrote the file."""
    if hasattr(os, "setxattr"):
        with suppress(OSError):  # a file system without attributes
            bare = url.split("?", 1)[0].encode()
            os.setxattr(file, DOWNLOAD_MARKS[0], bare)


def _telling_of(context: ToolContext) -> Told:
    """Shows how far a download is, a few times a second."""
    loop = asyncio.get_running_loop()
    last = -_BETWEEN_PROGRESS

    def told(there: int, total: int | None) -> None:
        nonlocal last
        if loop.time() - last < _BETWEEN_PROGRESS and there != total:
            return
        last = loop.time()
        if total:
            context.progress(f"{_mb(there)} of {_mb(total)}", min(1.0, there / total))
        else:
            context.progress(_mb(there))

    return told


def _mb(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"


download_file.checks(check_address)
