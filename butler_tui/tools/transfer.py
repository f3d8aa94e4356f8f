"""One file on its way from a site: resumed after a dropped connection, capped, block by block."""

from __future__ import annotations

import asyncio
import queue
import re
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.bodies import Decoder
from butler_tui.tools.network import named_headers, opened, rested
from butler_tui.tools.network_errors import check_status, shown_address

if TYPE_CHECKING:
    import httpx

MOST_DROPS = 5
PAUSES = (0.0, 0.25, 1.0, 2.0, 4.0)
"""Seconds before each further try: not at all at first, then longer each time."""

_PACKED = (".gz", ".tgz", ".svgz")
_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")

Told = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many if that is known."""


class StartAgain(Exception):  # noqa: N818  (no error: an order)
    """What is there cannot be continued; the file must be fetched from its start."""


class Transfer:
    """The download of one URL; at most `limit` bytes are taken.

    It goes on after a drop only when the site proves that the file is still the same one.
    """

    def __init__(self, context: ToolContext, url: str, limit: int, told: Told) -> None:
        self._context = context
        self._url = url
        self._limit = limit
        self._told = told
        self._drops = 0
        self._proof = ""
        self._raw = 0
        self._total: int | None = None
        self._decoder = Decoder("")
        self.size = 0

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        """The file's bytes from its start; raises ToolError or StartAgain."""
        self._raw = self.size = 0
        self._proof = ""
        while True:
            try:
                async with aclosing(self._blocks_from_here()) as blocks:
                    async for block in blocks:
                        yield block
            except ToolError as error:
                if not error.transient or self._drops >= MOST_DROPS:
                    raise
                await self._pause()
                if self._raw and not self._proof:
                    raise StartAgain from error
            else:
                return

    async def _blocks_from_here(self) -> AsyncGenerator[bytes, None]:
        headers = {"Accept-Encoding": "identity"}
        if self._raw:
            headers |= {"Range": f"bytes={self._raw}-", "If-Range": self._proof}
        await rested(self._url)
        async with opened(self._context, self._url, headers=headers) as answer:
            if self._raw:
                self._continue(answer)
            else:
                self._begin(answer)
            async for block in answer.aiter_raw():
                self._raw += len(block)
                for part in self._decoder.feed(block):
                    self.size += len(part)
                    if self.size > self._limit:
                        raise self._too_big()
                    yield part
                self._told(self._raw, self._total)
        self._decoder.finish()

    def _begin(self, answer: httpx.Response) -> None:
        headers = named_headers(answer)
        check_status(answer.status_code, headers, str(answer.url))
        length = headers.get("content-length", "")
        self._total = int(length[:18]) if length.isdecimal() else None
        if self._total is not None and self._total > self._limit:
            raise self._too_big()
        packed = answer.url.path.lower().endswith(_PACKED)
        self._decoder = Decoder("" if packed else headers.get("content-encoding", ""))
        self._proof = "" if headers.get("accept-ranges") == "none" else _proof(headers)

    def _continue(self, answer: httpx.Response) -> None:
        """Accept an answer that goes on exactly where the last one broke off."""
        headers = named_headers(answer)
        if answer.status_code == 416:  # there is less of the file than we have
            raise StartAgain
        check_status(answer.status_code, headers, str(answer.url))
        found = _RANGE.fullmatch(headers.get("content-range", ""))
        whole = str(self._total) if self._total is not None else "*"
        if answer.status_code != 206 or not found or int(found[1]) != self._raw:
            raise StartAgain
        if "*" not in (whole, found[2]) and whole != found[2]:
            raise StartAgain

    async def _pause(self) -> None:
        await asyncio.sleep(PAUSES[self._drops])
        self._drops += 1

    def _too_big(self) -> ToolError:
        return ToolError(
            "too_big",
            f"{shown_address(self._url)} is larger than {self._limit / 1_000_000:,.0f} MB; ask for "
            "more MB if you want it.",
        )


class Feed:
    """Hands blocks from the event loop to a thread; each side waits for the other."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=8)
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def fill(self, blocks: AsyncIterator[bytes]) -> None:
        """Hand over every block, and at the end how it ended."""
        end: Exception | None = None
        try:
            async for block in blocks:
                await self._put(block)
        except Exception as error:  # noqa: BLE001  (raised again in the thread that waits for it)
            end = error
        await self._put(end)

    def drain(self, stop: threading.Event) -> Iterator[bytes]:
        """The blocks, in the thread; ends early when `stop` is set."""
        while not stop.is_set():
            try:
                block = self._blocks.get(timeout=0.1)
            except queue.Empty:
                continue
            self._loop.call_soon_threadsafe(self._room.set)
            if block is None:
                return
            if isinstance(block, Exception):
                raise block
            yield block

    async def _put(self, block: bytes | Exception | None) -> None:
        while True:
            try:
                self._blocks.put_nowait(block)
            except queue.Full:
                self._room.clear()
                await self._room.wait()
            else:
                return


def _proof(headers: dict[str, str]) -> str:
    """What proves later that the file is the same: a strong ETag, else its date; else empty."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified", "")
