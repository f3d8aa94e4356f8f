"""The tool read_document: PDF, Word, PowerPoint, HTML and EPUB files as Markdown.

A document is a stranger's program for the library that reads it. So it is read in a process of its
own, with limits on memory and time and no way to write, that ends with the call.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from io import BufferedReader
from pathlib import PurePath
from typing import Annotated, Any

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolContext, ToolResult, tool
from butler_tui.tools.beforehand import readable_files
from butler_tui.tools.confinement import Place, reading_place
from butler_tui.tools.origins import file_mark
from butler_tui.tools.plain_text import read_text
from butler_tui.tools.storing import open_place

MOST_BYTES = 200_000_000
_READER = "from butler_tui.tools.document_formats import main; main()"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WEB = (".html", ".htm", ".xhtml")

_SAID = {
    "password": "is protected by a password; save a copy without one and read that",
    "no_text": "holds no text, only pictures of it (a scan?); run text recognition on it first",
    "bomb": "would unpack to far more than a document should hold; it may be meant to do harm",
    "table": "is a table, not a document; ask to describe it",
    "old_format": "is in a format before 2007; save it as .docx or .pptx and read that",
    "other_format": "is in a format that Butler does not read; save it as PDF or .docx",
    "unknown_format": "is an archive, not a document; unpack it and name a file from it",
    "damaged": "cannot be read as a document; it may be damaged or not be what its name says",
    "too_big": "needs more memory or time to read than a document may; split it",
}


class DocumentText(BaseModel):
    """A document as Markdown; `pages` counts pages, slides or chapters, 1 where there are none."""

    text: str
    kind: str
    pages: int
    truncated: bool = False


@tool(
    effect=Effect.OBSERVE, private=True, untrusted=True, targets=("path",), timeout=120, at_once=2
)
async def read_document(
    context: ToolContext,
    path: Annotated[str, "a PDF, DOCX, PPTX, HTML, EPUB, Markdown or text file"],
) -> Annotated[ToolResult, DocumentText]:
    """Read a PDF, Word, PowerPoint, HTML, EPUB, Markdown or text file as Markdown."""
    at = await asyncio.to_thread(reading_place, context, path)
    file = await asyncio.to_thread(open_place, at)
    with file:
        form = await asyncio.to_thread(_form, at, file)
        if form == "text":
            plain = await asyncio.to_thread(read_text, at)
            output = DocumentText(text=plain.text, kind="text", pages=1)
        else:
            context.progress(f"reading {at.shown}")
            output = DocumentText(**await _apart(at, file, form))
    return ToolResult(output, marks=[file_mark(context, at.real, at.shown)])


def _form(at: Place, file: BufferedReader) -> str:
    """What the file's first bytes say it is: pdf, zip, ole, html or text."""
    if os.fstat(file.fileno()).st_size > MOST_BYTES:
        raise ToolError(
            "too_big", f"{at.shown} is larger than {MOST_BYTES // 1_000_000} MB; split it."
        )
    head = file.read(1024)
    file.seek(0)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if b"%PDF-" in head:
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(_OLE):
        return "ole"
    if head.startswith(b"{\\rtf"):
        raise _refusal(at, "other_format")
    if start.startswith((b"<!doctype html", b"<html")) or PurePath(at.name).suffix.lower() in _WEB:
        return "html"
    return "text"


async def _apart(at: Place, file: BufferedReader, form: str) -> dict[str, Any]:
    """What the reading process makes of the file; raises ToolError with one of its codes."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-P", "-s", "-c", _READER, form),
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
    )
    try:
        answer, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        read: dict[str, Any] = json.loads(answer)
    except ValueError:  # it ended before it could answer; by a signal when a limit ended it
        read = {"error": "too_big" if (process.returncode or 0) < 0 else "damaged"}
    if "error" in read:
        raise _refusal(at, read["error"])
    return read


def _refusal(at: Place, code: str) -> ToolError:
    return ToolError(code, f"{at.shown} {_SAID[code]}.")


read_document.checks(readable_files("path"))
