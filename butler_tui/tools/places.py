"""The doors to the user's files: every tool that reads or writes one goes through here.

    path = readable(context, "notes.md")            an existing file inside the allowed folders
    with open_reading(context, "notes.md") as file  the same, opened without a race
    path = writable(context, "notes.md")            a file that may be replaced, or a new one
    change = await replace(context, "notes.md", b"...")
    receipt = file_receipt("Wrote notes.md", change)

All raise ToolError with a sentence for the person. The functions that are not `async` block
shortly: call them in a thread, or before anything else.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, Concatenate, ParamSpec, TypeVar

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Receipt, ToolContext
from butler_tui.tools.confinement import (
    Place,
    missing_folders,
    open_folder,
    place,
    regular,
    shown_path,
    telling,
)

__all__ = [
    "Change",
    "file_receipt",
    "folder_place",
    "open_reading",
    "readable",
    "replace",
    "shown_path",
    "writable",
]

BLOCK = 1 << 20
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one file: the SHA-256 (hex) before and after, None where no file was."""

    path: Path
    before: str | None
    after: str | None
    size: int = 0


def file_receipt(summary: str, *changes: Change) -> Receipt:
    """A receipt that names each changed file and its SHA-256 before and after."""
    files = [
        {"path": str(one.path), "sha256_before": one.before, "sha256": one.after} for one in changes
    ]
    return Receipt(summary, {"files": [*files]})


def readable(context: ToolContext, path: str) -> Path:
    """The real path of an existing, ordinary file inside the allowed folders."""
    at = place(context, path)
    with telling(at):
        regular(at.real.lstat(), at.shown)
    return at.real


def folder_place(context: ToolContext, path: str) -> Place:
    """The place of an existing folder inside the allowed folders."""
    at = place(context, path)
    with telling(at):
        if not stat.S_ISDIR(at.real.lstat().st_mode):
            raise ToolError("not_a_folder", f"{at.shown} is a file; name the folder it is in.")
    return at


def writable(context: ToolContext, path: str) -> Path:
    """The real path of a file that may be replaced, or of a new one; links are resolved.

    A file with a second name elsewhere (a hard link) is refused: `hard_link`.
    """
    return writable_place(context, path).real


def writable_place(context: ToolContext, path: str) -> Place:
    """As `writable`, with the folder it is confined to and its name for the person."""
    at = place(context, path)
    with telling(at):
        _check_replaceable(at, _entry_at(at.real))
    return at


def open_reading(context: ToolContext, path: str) -> BinaryIO:
    """An existing, ordinary file inside the allowed folders, open for reading bytes."""
    at = place(context, path)
    with telling(at), in_folder(at) as folder:
        return open_file(at, folder)


async def replace(context: ToolContext, path: str, data: bytes) -> Change:
    """Put `data` at `path`, whole or not at all; what was there is kept for undo first.

    Folders that are missing are made. The permissions of a file that was there stay.
    """
    at = await asyncio.to_thread(writable_place, context, path)
    await keep_all(context, at)
    return await to_the_end(put, at, [data], context.key, overwrite=True)


async def keep_all(context: ToolContext, at: Place) -> None:
    """Keep a place for undo, and before it each folder on the way that will be made."""
    with telling(at):
        missing = await asyncio.to_thread(missing_folders, at, at.real.parent)
    for path in (*missing, at.real):
        await context.keep(path)


async def to_the_end(
    work: Callable[Concatenate[threading.Event, P], T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """Run blocking work in a thread, given an event that says that the call was cancelled.

    A cancelled call ends only when its work has: nothing changes behind the run's back.
    """
    stop = threading.Event()
    task = asyncio.create_task(asyncio.to_thread(work, stop, *args, **kwargs))
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        task.exception()  # looked at, so that asyncio does not report it as forgotten
        raise
    return task.result()


def put(
    stop: threading.Event, at: Place, data: Iterable[bytes], key: str, *, overwrite: bool
) -> Change:
    """Write a file beside the place, flush it, and rename it there; blocks.

    The name of the file beside it comes from the call's key, so that another attempt of the same
    call clears away what a crash left.
    """
    beside = f".{hashlib.sha256(f'{key}/{at.name}'.encode()).hexdigest()[:16]}.butler"
    with telling(at), in_folder(at, make=True) as folder:
        old = _entry_at(at.name, folder)
        _check_replaceable(at, old)
        before = digest(at, folder) if old else None
        with suppress(FileNotFoundError):
            os.unlink(beside, dir_fd=folder)
        try:
            mode = stat.S_IMODE(old.st_mode) & 0o777 if old else None
            after, size = _write(beside, folder, mode, data, stop)
            land(folder, beside, at, folder, overwrite=overwrite)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(beside, dir_fd=folder)
            raise
        os.fsync(folder)
    return Change(at.real, before, after, size)


def land(source: int, name: str, at: Place, folder: int, *, overwrite: bool) -> None:
    """Rename `name` to the place; without `overwrite`, never over a file that is there."""
    if not overwrite:
        try:
            os.close(os.open(at.name, _NEW_FILE, 0o600, dir_fd=folder))
        except FileExistsError as error:
            raise exists(at) from error
    try:
        os.replace(name, at.name, src_dir_fd=source, dst_dir_fd=folder)
    except BaseException:
        if not overwrite:
            os.unlink(at.name, dir_fd=folder)
        raise


def exists(at: Place) -> ToolError:
    """The refusal to overwrite."""
    return ToolError(
        "exists", f"{at.shown} is already there; choose another name or pass overwrite=True."
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
        regular(os.fstat(opened), at.shown)
        os.set_blocking(opened, True)
        return os.fdopen(opened, "rb")
    except BaseException:
        os.close(opened)
        raise


def digest(at: Place, folder: int) -> str:
    """The SHA-256 of a file in an open folder; raises OSError."""
    with open_file(at, folder) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(
    name: str, folder: int, mode: int | None, data: Iterable[bytes], stop: threading.Event
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
        os.fsync(file.fileno())
        size = file.tell()
    if stop.is_set():
        raise ToolError("cancelled", "The call was cancelled before anything changed.")
    return seen.hexdigest(), size


def _entry_at(path: Path | str, folder: int | None = None) -> os.stat_result | None:
    try:
        return os.stat(path, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _check_replaceable(at: Place, entry: os.stat_result | None) -> None:
    if entry is None:
        return
    regular(entry, at.shown)
    if entry.st_nlink > 1:
        raise ToolError(
            "hard_link",
            f"{at.shown} has another name elsewhere (a hard link), and writing would part the two; "
            "copy it and work on the copy.",
        )
