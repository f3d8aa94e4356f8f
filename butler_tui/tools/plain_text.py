"""Files as text: the encoding is found out, what is not text is refused."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import PurePath

from butler_tui.core.errors import ToolError
from butler_tui.tools.confinement import Place, telling
from butler_tui.tools.storing import open_place

MOST_BYTES = 20_000_000
_SAMPLE = 65_536
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ASCII = bytes(range(0x20, 0x7F))
_WHITE = frozenset("\t\n\r\f\v\b\x1b\x1a")

_DOCUMENTS = (".pdf", ".docx", ".pptx", ".epub")
_TABLES = (".xlsx", ".xlsm", ".parquet")


@dataclass(frozen=True, slots=True)
class PlainText:
    """A text and how it stood in its file: encoding, byte order mark, SHA-256 (hex)."""

    text: str
    encoding: str
    bom: bytes
    sha256: str

    def encoded(self, text: str, shown: str) -> bytes:
        """Another text as bytes of the same encoding; ToolError `encoding` when it has none."""
        try:
            return self.bom + text.encode(self.encoding)
        except UnicodeEncodeError as error:
            raise ToolError(
                "encoding",
                f"{shown} is written in {self.encoding}, which lacks the character "
                f"{text[error.start]!r}; leave it out, or write the whole file anew.",
            ) from error


def read_text(at: Place, most: int = MOST_BYTES) -> PlainText:
    """The text of a file of at most `most` bytes; raises ToolError `binary`, `too_big`, ..."""
    with telling(at), open_place(at) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ToolError(
            "too_big",
            f"{at.shown} is larger than {most // 1_000_000} MB, too much to read as text; "
            "look for the lines that you need instead.",
        )
    return decode(data, at.shown)


def decode(data: bytes, shown: str) -> PlainText:
    """Bytes as text in the encoding they most likely have; ToolError `binary` if they are none."""
    bom, encoding = next((pair for pair in _BOMS if data.startswith(pair[0])), (b"", ""))
    body = data[len(bom) :]
    text = _in(body, encoding or "utf-8")
    if text is None and not bom and b"\0" not in body:
        encoding = _guess(body)
        text = _in(body, encoding)
    if text is None or not _readable(text):
        raise _binary(shown)
    return PlainText(text, encoding or "utf-8", bom, hashlib.sha256(data).hexdigest())


def _in(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        return None


def _guess(body: bytes) -> str:
    """The encoding of text that is not Unicode.

    Statistics say little about a short Western text, so a guess that no language supports gives
    way to Windows-1252 when most characters are plain ASCII.
    """
    from charset_normalizer import from_bytes

    western = next(name for name in ("cp1252", "latin-1") if _in(body, name) is not None)
    sample = body[:_SAMPLE]
    best = from_bytes(sample).best()
    if best is None or _in(body, best.encoding) is None:
        return western
    rare = sum(byte > 0x7F for byte in sample) * 5 < len(sample) * 2
    if (rare and best.coherence < 0.3) or _in(_ASCII, best.encoding) != _ASCII.decode():
        return western
    return western if str(best) == _in(sample, western) else best.encoding


def _readable(text: str) -> bool:
    """Text has no NUL and hardly any control characters."""
    if "\0" in text:
        return False
    sample = text[:_SAMPLE]
    controls = sum(sign < " " and sign not in _WHITE for sign in sample)
    return controls * 50 <= len(sample)


def _binary(shown: str) -> ToolError:
    ending = PurePath(shown).suffix.lower()
    if ending in _TABLES:
        said = f"{shown} is a table, not text; ask to describe {shown}."
    elif ending in _DOCUMENTS:
        said = f"{shown} is a document, not plain text; ask to summarise {shown}."
    else:
        said = f"{shown} is not a text file; name one that is."
    return ToolError("binary", said)
