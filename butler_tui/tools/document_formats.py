"""Reads one document from its standard input and answers with Markdown, in a process of its own.

The first argument is the form: pdf, zip, ole or html. The answer is one JSON object: kind, text,
pages and truncated; or error, one of the codes of Unreadable.
"""

from __future__ import annotations

import json
import resource
import sys
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

MOST_CHARACTERS = 5_000_000
MOST_UNPACKED = 500_000_000
MOST_TIMES = 200
"""What unpacks to more times its size was made to do harm, once it is larger than PLAIN bytes."""
PLAIN = 50_000_000
MOST_MEMBERS = 20_000
MEMORY = 2 << 30
SECONDS = 110


class Unreadable(Exception):  # noqa: N818  (says what the document is)
    """The document cannot be read; `args[0]` is a code that read_document puts into words."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document's kind, and its text as Markdown in parts: pages, slides or chapters."""

    kind: str
    parts: list[str]


def main() -> None:
    """Read the document on standard input."""
    _limit()
    sys.stdout.buffer.write(json.dumps(_answer(sys.argv[1], sys.stdin.buffer)).encode())


def _limit() -> None:
    """No more memory and time than a document may need, and no files."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS does not know every limit
            resource.setrlimit(what, (most, most))


def _answer(form: str, file: BinaryIO) -> dict[str, object]:
    try:
        document = _FORMS[form](file)
    except Unreadable as error:
        return {"error": error.args[0]}
    except MemoryError:
        return {"error": "too_big"}
    except Exception:  # noqa: BLE001  (libraries raise anything over a hostile file; the process ends here)
        return {"error": "damaged"}
    text = "\n\n".join(part.strip() for part in document.parts if part.strip())
    return {
        "kind": document.kind,
        "text": text[:MOST_CHARACTERS].encode(errors="replace").decode(),
        "pages": max(1, len(document.parts)),
        "truncated": len(text) > MOST_CHARACTERS,
    }


def _pdf(file: BinaryIO) -> Document:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(file)
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise Unreadable("password")
    texts = _up_to_most(page.extract_text() for page in reader.pages)
    if not any(text.strip() for text in texts):
        raise Unreadable("no_text")
    if len(texts) > 1:
        texts = [f"## Page {number}\n\n{text}" for number, text in enumerate(texts, 1)]
    return Document("pdf", texts)


def _zip(file: BinaryIO) -> Document:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        unpacked = sum(one.file_size for one in members)
        packed = sum(one.compress_size for one in members)
        most = min(MOST_UNPACKED, max(PLAIN, MOST_TIMES * packed))
        if len(members) > MOST_MEMBERS or unpacked > most:
            raise Unreadable("bomb")
        names = {one.filename for one in members}
        if any(one.flag_bits & 1 for one in members):
            raise Unreadable("password")
        if "META-INF/container.xml" in names:
            from butler_tui.tools.document_books import chapters

            return Document("epub", _up_to_most(chapters(archive)))
    file.seek(0)
    if "word/document.xml" in names:
        return _word(file)
    if "ppt/presentation.xml" in names:
        from butler_tui.tools.document_slides import slides

        return Document("pptx", _up_to_most(slides(file)))
    if any(name.startswith("xl/") for name in names):
        raise Unreadable("table")
    raise Unreadable("other_format" if "mimetype" in names else "unknown_format")


def _word(file: BinaryIO) -> Document:
    import mammoth

    html = mammoth.convert_to_html(file, convert_image=lambda _image: []).value
    return Document("docx", [markdown(html)])


def _html(file: BinaryIO) -> Document:
    import trafilatura

    page = file.read()
    article = trafilatura.extract(
        page, output_format="markdown", include_tables=True, include_links=True, favor_recall=True
    )
    return Document("html", [article or markdown(page)])


def _ole(file: BinaryIO) -> Document:
    """The container of Word 97, and of what newer programs lock with a password."""
    locked = "EncryptedPackage".encode("utf-16-le") in file.read()
    raise Unreadable("password" if locked else "old_format")


def markdown(html: str | bytes) -> str:
    """HTML as Markdown, without what a browser would not show as text."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(html, "html.parser")
    for hidden in soup(["script", "style", "template", "noscript", "head", "img", "svg"]):
        hidden.decompose()
    return MarkdownConverter(heading_style="atx", bullets="-").convert_soup(soup)


def _up_to_most(parts: Iterable[str]) -> list[str]:
    """The parts until there is more text than will be given."""
    taken: list[str] = []
    size = 0
    for part in parts:
        taken.append(part)
        size += len(part)
        if size > MOST_CHARACTERS:
            break
    return taken


_FORMS: dict[str, Callable[[BinaryIO], Document]] = {
    "pdf": _pdf,
    "zip": _zip,
    "html": _html,
    "ole": _ole,
}
