"""Files read and stored by descriptor, whole or not at all; every function here blocks.

Each function reaches its file through a descriptor of the folder it lies in, so that nothing can
be swapped between a check and its use.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.core.undoing import Entry
from butler_tui.tools.confinement import Place, open_folder, regular, telling
from butler_tui.tools.hard_links import check_names
from butler_tui.tools.renaming import rename_new

BLOCK = 1 << 20
Finish = Callable[[int], None]
"""Does what is left to do to a file that was written, by its descriptor; raises OSError."""
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one file: the SHA-256 (hex) before and after, None where no file was."""

    path: Path
    before: str | None
    after: str | None
    size: int = 0


About = Callable[..., None]
"""Told the changes that a call is about to make, all of them at once; blocks until it is known."""


def open_place(at: Place) -> BufferedReader:
    """An ordinary file, open for reading bytes; raises ToolError."""
    with telling(at), in_folder(at) as folder:
        return open_file(at, folder)


def put(
    stop: threading.Event,
    at: Place,
    data: Iterable[bytes],
    key: str,
    *,
    overwrite: bool,
    kept: Entry | None = None,
    mode: int | None = None,
    exactly: str | None = None,
    finish: Finish | None = None,
    about: About | None = None,
) -> Change:
    """Write a file beside the place, flush it, and rename it there.

    What is there must be what was `kept` for undo, and stay so until the file takes its place.
    `mode` are the permissions of a new file, if not the usual ones. `exactly` is the SHA-256 that
    the data must have, and `finish` is given the whole file before it is flushed; `about` is told
    the change just before it is made. The name of the file beside it comes from the call's key, so
    that another attempt of the same call clears away what a crash left.
    """
    beside = name_beside(key, at.name)
    with telling(at), in_folder(at, make=True) as folder:
        old = entry_at(at.name, folder)
        check_replaceable(at, old)
        before = digest(stop, at, folder) if old else None
        check_kept(at, kept, before)
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
        try:
            mode = stat.S_IMODE(old.st_mode) & 0o777 if old else mode
            after, size = _write(beside, folder, mode, data, stop, finish)
            if exactly is not None and after != exactly:
                raise ToolError("damaged", f"What was kept of {at.shown} is damaged.")
            if about is not None:
                about(Change(at.real, before, after, size))
            check_same(at, folder, old)
            land(folder, beside, at, folder, overwrite=overwrite)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
            raise
        os.fsync(folder)
    return Change(at.real, before, after, size)


def name_beside(key: str, name: str) -> str:
    """The name under which a call writes a file before it is renamed to its own."""
    return f".{hashlib.sha256(f'{key}/{name}'.encode()).hexdigest()[:16]}.butler"


def land(source: int, name: str, at: Place, folder: int, *, overwrite: bool) -> None:
    """Rename `name` to the place; without `overwrite`, never over a file that is there."""
    if not overwrite:
        try:
            if rename_new(source, name, folder, at.name):
                return
            os.close(os.open(at.name, _NEW_FILE, 0o600, dir_fd=folder))
        except FileExistsError as error:
            raise exists(at) from error
    try:
        os.replace(name, at.name, src_dir_fd=source, dst_dir_fd=folder)
    except BaseException:
        if not overwrite:
            os.unlink(at.name, dir_fd=folder)
        raise


def check_kept(at: Place, kept: Entry | None, found: str | None) -> None:
    """Refuse to replace or clear away content that is not the one that was kept for undo."""
    if kept is not None and kept.sha256 != (found or ""):
        raise _changed(at)


def check_same(at: Place, folder: int, old: os.stat_result | None) -> None:
    """Refuse to replace what somebody else has changed since it was looked at as `old`."""
    now = entry_at(at.name, folder)
    if _identity(now) != _identity(old):
        raise _changed(at)


def _identity(entry: os.stat_result | None) -> tuple[int, ...]:
    if entry is None:
        return ()
    return entry.st_dev, entry.st_ino, entry.st_size, entry.st_mtime_ns, entry.st_mode


def _changed(at: Place) -> ToolError:
    return ToolError(
        "changed", f"{at.shown} changed while it was being worked on; look at it and try again."
    )


def exists(at: Place) -> ToolError:
    """The refusal to overwrite."""
    return ToolError(
        "exists", f"{at.shown} is already there; choose another name, or say to replace it."
    )


@contextmanager
def in_folder(at: Place, *, make: bool = False) -> Iterator[int]:
    """A descriptor of the folder that the place is in; raises OSError."""
    if at.real == at.root:
        raise ToolError("is_folder", f"{at.shown} is a folder; name a file in it.")
    folder = open_folder(at, at.real.parent, make=make)
    try:
        yield folder
    finally:
        os.close(folder)


def open_file(at: Place, folder: int) -> BufferedReader:
    """An ordinary file in an open folder, for reading bytes; raises OSError."""
    regular(os.stat(at.name, dir_fd=folder, follow_symlinks=False), at.shown)
    opened = os.open(at.name, _READ, dir_fd=folder)
    try:
        entry = os.fstat(opened)
        regular(entry, at.shown)
        check_names(entry, os.fstat(folder), at.shown)
        os.set_blocking(opened, True)
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def digest(stop: threading.Event, at: Place, folder: int) -> str:
    """The SHA-256 of a file in an open folder; raises OSError, ToolError `cancelled`."""
    seen = hashlib.sha256()
    with open_file(at, folder) as file:
        while block := file.read(BLOCK):
            if stop.is_set():
                raise _cancelled()
            seen.update(block)
    return seen.hexdigest()


def _write(
    name: str,
    folder: int,
    mode: int | None,
    data: Iterable[bytes],
    stop: threading.Event,
    finish: Finish | None,
) -> tuple[str, int]:
    seen = hashlib.sha256()
    opened = os.open(name, _NEW_FILE, 0o666 if mode is None else 0o600, dir_fd=folder)
    with os.fdopen(opened, "wb") as file:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        for block in data:
            if stop.is_set():
                break
            file.write(block)
            seen.update(block)
        file.flush()
        if finish is not None:
            finish(file.fileno())
        os.fsync(file.fileno())
        size = file.tell()
    if stop.is_set():
        raise _cancelled()
    return seen.hexdigest(), size


def _cancelled() -> ToolError:
    return ToolError("cancelled", "The call was cancelled before anything changed.")


def entry_at(path: Path | str, folder: int | None = None) -> os.stat_result | None:
    """What the system says of a path, itself if it is a link; None when nothing is there."""
    try:
        return os.stat(path, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def check_replaceable(at: Place, entry: os.stat_result | None) -> None:
    """Refuse to write over what is no ordinary file or has a second name."""
    if entry is None:
        return
    regular(entry, at.shown)
    if entry.st_nlink > 1:
        raise ToolError(
            "hard_link",
            f"{at.shown} has another name elsewhere (a hard link), and writing would part the two; "
            "copy it and work on the copy.",
        )
