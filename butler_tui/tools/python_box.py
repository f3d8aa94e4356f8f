"""The box of run_python: a folder of its own with copies of files, and what it left there."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from pydantic import BaseModel

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.boxed import Ended, Reason, Watch, filling_up, run_boxed
from butler_tui.tools.confinement import place, telling
from butler_tui.tools.sandbox import (
    PATH,
    Box,
    Confinement,
    Limits,
    packages,
    seen_of,
    this_system,
)
from butler_tui.tools.sandboxing.python_code import MOST_VALUE
from butler_tui.tools.scratch import (
    entries_beyond,
    files_in,
    read_from,
    scratch_folder,
    size_of,
)
from butler_tui.tools.stopping import stopped
from butler_tui.tools.storing import open_place

MOST_CODE = 200_000
MOST_COPIED = 100 << 20
MOST_WRITTEN = 256 << 20
MOST_FILES = 100
MOST_ENTRIES = 2_000
MOST_TEXT = 100_000
_MOST_TEXT_IN_ALL = 500_000


class MadeFile(BaseModel):
    """A file that code made: its path, size in bytes, and its text if it is a short text."""

    path: str
    bytes: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of the person's to be copied in: its path for the code, and its bytes."""

    path: str
    data: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class RanCode:
    """How the code ended, what it made, and the value of its last expression."""

    ended: Ended
    files: list[MadeFile]
    value: Any


def python_limits(seconds: float) -> Limits:
    """What code may use."""
    gigabyte = 1 << 30
    return Limits(seconds, gigabyte, 32, 100 << 20, address_space=gigabyte * 2)


def copied(context: ToolContext, files: Sequence[str]) -> Sequence[Copied]:
    """The bytes of the person's files, at the paths they have in the run's folder; blocks.

    A file from another folder goes by its name alone. Raises ToolError.
    """
    found: dict[str, Copied] = {}
    room = MOST_COPIED
    for path in files:
        at = place(context, path)
        inside = PurePath(at.shown)
        name = at.real.name if inside.is_absolute() else at.shown
        with telling(at), open_place(at) as file:
            data = file.read(room + 1)
        if len(data) > room:
            raise ToolError(
                "too_big", f"The files are larger than {MOST_COPIED >> 20} MB in all; name fewer."
            )
        if name in found:
            raise ToolError("bad_arguments", f"Two of the files would be {name}; name one of them.")
        room -= len(data)
        found[name] = Copied(name, data, hashlib.sha256(data).hexdigest())
    return list(found.values())


def run_code(
    stop: threading.Event,
    confinement: Confinement,
    code: str,
    copies: Sequence[Copied],
    forbidden: Sequence[PurePath],
    seconds: float,
    show: Callable[[str], None],
) -> RanCode:
    """Run the code in a folder of its own, gone afterwards; blocks. Raises ToolError."""
    limits = python_limits(seconds)
    with scratch_folder() as folder:
        work, given, out = (folder / name for name in ("work", "given", "out"))
        for inner in (work, given, out):
            inner.mkdir(mode=0o700)
        (given / "code.py").write_text(code, encoding="utf-8", newline="")
        for one in copies:
            _put(work / one.path, one.data)
        system = this_system()
        libraries = packages()
        argv = [str(system.python), "-I", "-B", "-u", str(system.launcher / "python_code.py")]
        argv += [
            str(given / "code.py"),
            str(out / "value.json"),
            os.pathsep.join(map(str, libraries)),
        ]
        box = Box(
            argv,
            work,
            limits,
            writable=[work, out],
            readable=[given, *libraries],
            hidden=seen_of(forbidden, libraries),
            environment={"PATH": PATH, "HOME": str(work), "TMPDIR": str(work), "LANG": "C.UTF-8"},
        )
        ended = run_boxed(stop, confinement, box, _watching(folder), show)
        if ended.stopped is not None:
            raise stopped("The code", ended.stopped, limits, too_late="too_long")
        if ended.code:
            raise _failed(ended)
        return RanCode(ended, list(_made(work, copies)), _value(out))


def _put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(0o400)


def _watching(folder: Path) -> Watch:
    """Stops code that writes more than its share, or so many files that they are a burden."""
    full = filling_up(folder)

    def watch() -> Reason | None:
        if entries_beyond(folder, MOST_ENTRIES) or size_of(folder) > MOST_WRITTEN + MOST_COPIED:
            return "disk"
        return full()

    return watch


def _failed(ended: Ended) -> ToolError:
    lines = [line.strip() for line in ended.text.splitlines() if line.strip()]
    last = visible_line(lines[-1])[:300] if lines else ""
    said = f": {last}" if last else "."
    return ToolError("code_failed", f"The code ended with exit code {ended.code}{said}")


def _made(work: Path, copies: Sequence[Copied]) -> Iterator[MadeFile]:
    """The files that are new or changed, at most MOST_FILES; of a text file, the text too."""
    before = {one.path: one.data for one in copies}
    room = _MOST_TEXT_IN_ALL
    count = 0
    for entry in files_in(work):
        size = entry.status.st_size
        given = before.get(entry.path)
        if given is not None and size == len(given) and read_from(work, entry.path, size) == given:
            continue
        count += 1
        if count > MOST_FILES:
            return
        text = _text(work, entry.path) if size <= min(MOST_TEXT, room) else None
        room -= len(text) if text else 0
        shown = os.fsencode(entry.path).decode(errors="replace")
        yield MadeFile(path=shown, bytes=size, text=text)


def _text(work: Path, path: str) -> str | None:
    data = read_from(work, path, MOST_TEXT)
    if data is None or b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _value(out: Path) -> Any:  # noqa: ANN401  (any JSON)
    data = read_from(out, "value.json", MOST_VALUE + 1)
    if not data or len(data) > MOST_VALUE:
        return None
    try:
        return json.loads(data, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return None
