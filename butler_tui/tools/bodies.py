"""Bodies of HTTP answers: decompressed in small bites, and read as text."""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import AsyncGenerator, Iterator
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    import httpx

BITE = 1 << 18
"""The most bytes that one step of decompression gives: a bomb is seen long before it is whole."""

_CHARSET = re.compile(r"""charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.I)
_KNOWN_CHARSETS = re.compile(
    r"utf_?(8|8_sig|16|16_be|16_le|32|32_be|32_le)$|ascii$|latin_?1$|iso8859_\d+$|cp\d+$|koi8_[ru]$|"
    r"mac_\w+$|gb\w+$|hz$|big5\w*$|euc_\w+$|shift_jis\w*$|iso2022_\w+$|johab$|tis_620$|ptcp154$"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))


async def decoded(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body, decompressed, in blocks of at most `BITE` bytes.

    Raises ToolError `bad_encoding` for a compression that was not asked for or that is broken.
    """
    decoder = Decoder(answer.headers.get("content-encoding", ""))
    async for block in answer.aiter_raw():
        for part in decoder.feed(block):
            yield part
    decoder.finish()


class Decoder:
    """Undoes one content encoding, block by block."""

    def __init__(self, encoding: str) -> None:
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise ToolError(
                "bad_encoding",
                "The site sent its answer in a compression that Butler did not ask for.",
            )
        self._name = name
        self._inflate = (
            None if name in ("", "identity") else zlib.decompressobj(zlib.MAX_WBITS | 32)
        )
        self._started = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        """The content of the next block, in pieces of at most `BITE` bytes."""
        if self._inflate is None:
            if block:
                yield block
            return
        rest = block
        while rest and not self._inflate.eof:
            part = self._inflated(rest)
            rest = self._inflate.unconsumed_tail
            if part:
                yield part

    def finish(self) -> None:
        """Raise ToolError when the compressed body ended too early."""
        if self._inflate is not None and self._started and not self._inflate.eof:
            raise ToolError(
                "connection_lost",
                "The site's compressed answer ended too early; try again.",
                transient=True,
            )

    def _inflated(self, block: bytes) -> bytes:
        assert self._inflate is not None  # noqa: S101  (the caller looked)
        try:
            part = self._inflate.decompress(block, BITE)
        except zlib.error as error:
            if self._name == "deflate" and not self._started:
                # Some servers send the bare stream that RFC 9110 warns of.
                self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
                self._started = True
                return self._inflated(block)
            raise ToolError("bad_encoding", "The site's compressed answer is broken.") from error
        self._started = True
        return part


def text_from(body: bytes, content_type: str) -> str:
    """The body as text: by its mark, the declared character set, UTF-8, or else Windows-1252.

    A page (HTML, XML, or what has no declared type) may declare its character set itself.
    What cannot be read becomes U+FFFD.
    """
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body.decode(name, errors="replace")
    declared = charset_in(content_type)
    if not declared and "ml" in (content_type or "html"):
        declared = charset_in(body[:4096].decode("latin-1"))
    if declared:
        return body.decode(declared, errors="replace")
    try:
        return body.decode("utf_8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def charset_in(text: str) -> str | None:
    """The codec of the first `charset=...` in a header or in the head of a page, if it is one.

    Only character sets of the web count: Python's other codecs are slow or do other things.
    """
    match = _CHARSET.search(text)
    if not match:
        return None
    try:
        name = codecs.lookup(match[1]).name.replace("-", "_")
    except (LookupError, ValueError):
        return None
    if name in ("ascii", "iso8859_1", "latin_1"):
        return "cp1252"  # what browsers read these labels as
    return name if _KNOWN_CHARSETS.match(name) else None


def is_binary(body: bytes) -> bool:
    """True when the body is nothing that people read: NULs or many control characters."""
    head = body[:4096]
    if any(head.startswith(mark) for mark, _ in _MARKS):
        return False
    return b"\0" in head or len(head.translate(None, _CONTROLS)) < 0.9 * len(head)
