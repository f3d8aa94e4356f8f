"""The tool find_files: by name, by the text inside, or both.

With ripgrep installed, it picks the files that may hold the text; what counts as a match is always
decided here, so that the results are the same without it.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolContext, ToolResult, tool
from butler_tui.tools.beforehand import readable_folder
from butler_tui.tools.confinement import Place, telling
from butler_tui.tools.origins import absence_mark, file_mark
from butler_tui.tools.places import folder_place, shown_path, to_the_end
from butler_tui.tools.plain_text import MOST_BYTES, read_text
from butler_tui.tools.walking import Entry, fits, walk

MOST_FILES = 500
MOST_LINES = 50
LONGEST_LINE = 300
_WILD = frozenset("*?[")


class Line(BaseModel):
    """A line that holds the text; `line` counts from 1, a long line is cut around the match."""

    line: int
    text: str


class Found(BaseModel):
    """A file and its first matching lines; none when only its name was asked for."""

    path: str
    lines: list[Line]


class FoundFiles(BaseModel):
    """The files that match, by path; `truncated` when files or lines were left out."""

    files: list[Found]
    truncated: bool = False


@tool(effect=Effect.OBSERVE, private=True, targets=("path",), timeout=120)
async def find_files(
    context: ToolContext,
    path: Annotated[str, "the folder to search, with all folders in it"],
    name: Annotated[str | None, "a part of the file's name, or a glob such as *.md"] = None,
    text: Annotated[str | None, "words that a line of the file must hold, as they stand"] = None,
) -> Annotated[ToolResult, FoundFiles]:
    """Find files by name, by a text in them, or both, with the lines that hold the text.

    Upper and lower case are the same. Hidden files, links and files over 20 MB are left out.
    """
    if not (name or text):
        raise ToolError("bad_arguments", "Say what to look for: a name, a text, or both.")
    if text and ("\n" in text or "\r" in text):
        raise ToolError("bad_arguments", "Text is looked for line by line; give one line of it.")
    at = await asyncio.to_thread(folder_place, context, path)
    likely = await _ripgrep(at, text) if text else None
    with telling(at):
        found, missed = await to_the_end(_find, context, at, name, text, likely)
        looked_at = [] if found else missed
        whole = await asyncio.to_thread(absence_mark, context, at.real, at.shown, looked_at)
    given = found[:MOST_FILES]
    output = FoundFiles(
        files=[Found(path=here.shown, lines=lines[:MOST_LINES]) for here, lines in given],
        truncated=len(found) > MOST_FILES or any(len(lines) > MOST_LINES for _, lines in given),
    )
    marks = [
        file_mark(context, here.real, here.shown, ("files", number))
        for number, (here, _) in enumerate(given)
    ]
    return ToolResult(output, marks=[whole, *marks])


def _find(
    stop: threading.Event,
    context: ToolContext,
    at: Place,
    name: str | None,
    text: str | None,
    likely: frozenset[str] | None,
) -> tuple[list[tuple[Place, list[Line]]], list[Path]]:
    """The places that match, and the lines; one more of each than may be given tells of a cut.

    Beside them every path that was looked at.
    """
    every = [entry for entry in walk(context, at, stop) if entry.regular]
    entries = [
        entry
        for entry in every
        if (likely is None or "/".join(entry.parts) in likely)
        and (name is None or _named(entry.parts, name))
    ]
    entries.sort(key=Entry.order)
    pattern = _pattern(text) if text else None
    found: list[tuple[Place, list[Line]]] = []
    for entry in entries:
        if stop.is_set() or len(found) > MOST_FILES:
            break
        path = at.real.joinpath(*entry.parts)
        here = Place(path, at.root, shown_path(context, path))
        lines = _lines(here, entry, pattern) if pattern else []
        if lines or pattern is None:
            found.append((here, lines))
    return found, [at.real.joinpath(*entry.parts) for entry in every]


def _named(parts: Sequence[str], name: str) -> bool:
    if "/" in name:
        return fits(parts, name)
    if _WILD & set(name):
        return fits(parts[-1:], name)
    return name.lower() in parts[-1].lower()


def _pattern(text: str) -> re.Pattern[str]:
    """Case is folded for ASCII alone when the text is ASCII: ripgrep then misses no match."""
    return re.compile(re.escape(text), re.IGNORECASE | (re.ASCII if text.isascii() else 0))


def _lines(at: Place, entry: Entry, pattern: re.Pattern[str]) -> list[Line]:
    if entry.status.st_size > MOST_BYTES:
        return []
    try:
        text = read_text(at).text
    except ToolError:  # not text, not ours to read, or gone: it has no lines to show
        return []
    lines: list[Line] = []
    for number, line in enumerate(text.split("\n"), 1):
        if (match := pattern.search(line)) is None:
            continue
        start = max(0, match.start() - LONGEST_LINE // 3) if len(line) > LONGEST_LINE else 0
        lines.append(Line(line=number, text=line[start : start + LONGEST_LINE].strip("\r")))
        if len(lines) > MOST_LINES:
            break
    return lines


async def _ripgrep(at: Place, text: str) -> frozenset[str] | None:
    """The files that hold an ASCII text or more than those; None when ripgrep cannot tell.

    Other text may stand in an encoding that ripgrep does not know.
    """
    program = shutil.which("rg")
    if program is None or not text.isascii() or "\0" in text:
        return None
    options = ["--no-config", "--no-messages", "--no-ignore", "--text", "--ignore-case"]
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        *("--fixed-strings", "--files-with-matches", "--null", f"--max-filesize={MOST_BYTES}"),
        *("--regexp", text, "--", "."),
        cwd=at.real,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        names, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode not in (0, 1):
        return None
    return frozenset(
        name.decode(errors="surrogateescape").removeprefix("./") for name in names.split(b"\0")
    )


find_files.checks(readable_folder("path"))
