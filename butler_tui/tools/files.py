"""Tools that look at files: list_files, read_file, compare_files."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.beforehand import readable_files, readable_folder
from butler_tui.tools.confinement import Place, reading_place, telling
from butler_tui.tools.diffs import comparable, unified
from butler_tui.tools.origins import absence_mark, file_mark, one_mark
from butler_tui.tools.places import folder_place, shown_path, to_the_end
from butler_tui.tools.plain_text import read_text
from butler_tui.tools.walking import Entry, fits, walk

MOST_LISTED = 5_000


class Listed(BaseModel):
    """A file or folder; `size` in bytes, `modified` in UTC, `kind` its extension without dot."""

    name: str
    path: str
    size: int
    modified: str
    folder: bool
    kind: str


class Listing(BaseModel):
    """What a folder holds, by name; `truncated` when there was more than could be listed."""

    files: list[Listed]
    truncated: bool = False


class FileText(BaseModel):
    """A file's text; `truncated` when `max_chars` left out the rest of its `characters`."""

    text: str
    characters: int
    truncated: bool = False


class Comparison(BaseModel):
    """A unified diff and how many lines it adds and removes; `same` when the bytes are equal."""

    text: str
    added: int
    removed: int
    same: bool


@tool(effect=Effect.OBSERVE, private=True, targets=("path",))
async def list_files(
    context: ToolContext,
    path: Annotated[str, "the folder"],
    pattern: Annotated[str | None, "a glob such as *.pdf, or **/*.pdf for every depth"] = None,
) -> Annotated[ToolResult, Listing]:
    """List the files and folders in a folder, sorted by name: name, path, size, modified, kind.

    Hidden ones are listed only when the pattern has a part that starts with a dot.
    """
    at = await asyncio.to_thread(folder_place, context, path)
    with telling(at):
        listing, marks = await to_the_end(_list, context, at, pattern or "*")
    return ToolResult(listing, marks=marks)


@tool(effect=Effect.OBSERVE, private=True, targets=("path",))
async def read_file(
    context: ToolContext,
    path: Annotated[str, "the text file"],
    max_chars: Annotated[int, Field(ge=1), "read no more than this"] | None = None,
) -> Annotated[ToolResult, FileText]:
    """Read a text file of any encoding, at most 20 MB; what is not text is refused."""
    at = await asyncio.to_thread(reading_place, context, path)
    read = await asyncio.to_thread(read_text, at)
    cut = read.text if max_chars is None else read.text[:max_chars]
    output = FileText(text=cut, characters=len(read.text), truncated=len(cut) < len(read.text))
    return ToolResult(output, marks=[file_mark(context, at.real, at.shown)])


@tool(effect=Effect.OBSERVE, private=True, targets=("path", "other"))
async def compare_files(
    context: ToolContext,
    path: Annotated[str, "the text file to start from"],
    other: Annotated[str, "the text file to compare it with"],
) -> Annotated[ToolResult, Comparison]:
    """Compare two text files line by line: a unified diff from the first to the second."""
    first, second = [await asyncio.to_thread(reading_place, context, one) for one in (path, other)]
    output = await asyncio.to_thread(_compare, first, second)
    marks = [file_mark(context, at.real, at.shown) for at in (first, second)]
    return ToolResult(output, marks=[one_mark(marks)])


def _compare(first: Place, second: Place) -> Comparison:
    before, after = read_text(first), read_text(second)
    if before.sha256 == after.sha256:
        return Comparison(text="", added=0, removed=0, same=True)
    if not comparable(before.text, after.text):
        raise ToolError(
            "too_big",
            f"{first.shown} and {second.shown} differ, but have too many lines to be compared; "
            "compare parts of them.",
        )
    diff = unified(before.text, after.text, first.shown, second.shown)
    return Comparison(text=diff.text, added=diff.added, removed=diff.removed, same=False)


def _list(
    stop: threading.Event, context: ToolContext, at: Place, pattern: str
) -> tuple[Listing, list[Mark]]:
    parts = pattern.split("/")
    deep = len(parts) > 1 or "**" in parts
    hidden = any(part.startswith(".") for part in parts)
    every = list(walk(context, at, stop, deep=deep, hidden=hidden))
    found = [entry for entry in every if fits(entry.parts, pattern)]
    found.sort(key=Entry.order)
    listed = [_listed(context, at, entry) for entry in found[:MOST_LISTED]]
    marks = [
        mark
        for number, (entry, one) in enumerate(zip(found, listed, strict=False))
        if (
            mark := file_mark(context, at.real.joinpath(*entry.parts), one.path, ("files", number))
        ).untrusted
    ]
    looked_at = [] if found else [at.real.joinpath(*entry.parts) for entry in every]
    whole = absence_mark(context, at.real, at.shown, looked_at)
    return Listing(files=listed, truncated=len(found) > MOST_LISTED), [whole, *marks]


def _listed(context: ToolContext, at: Place, entry: Entry) -> Listed:
    path = at.real.joinpath(*entry.parts)
    shown = shown_path(context, path)
    changed = datetime.fromtimestamp(entry.status.st_mtime, UTC)
    return Listed(
        name=shown_path(context, at.real / entry.parts[-1]).rsplit("/", 1)[-1],
        path=shown,
        size=entry.status.st_size,
        modified=changed.isoformat(timespec="seconds"),
        folder=entry.folder,
        kind="" if entry.folder else path.suffix[1:].lower(),
    )


list_files.checks(readable_folder("path"))
read_file.checks(readable_files("path"))
compare_files.checks(readable_files("path", "other"))
