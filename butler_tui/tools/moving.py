"""Tools that move whole files: move_file, copy_file, delete_file."""

from __future__ import annotations

import asyncio
import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from io import BufferedReader
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, Preview, ToolContext, ToolResult, tool
from butler_tui.core.undoing import Entry
from butler_tui.tools.changes import diff_preview
from butler_tui.tools.confinement import Place, place, telling
from butler_tui.tools.diffs import comparable
from butler_tui.tools.new_names import check_new
from butler_tui.tools.origins import pass_on_marks
from butler_tui.tools.places import file_receipt, keep_all, telling_ahead, to_the_end, turn
from butler_tui.tools.plain_text import read_text
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended
from butler_tui.tools.storing import (
    BLOCK,
    About,
    Change,
    check_kept,
    check_replaceable,
    digest,
    entry_at,
    exists,
    in_folder,
    land,
    open_place,
    put,
)

Copied = Callable[[int], None]
"""Told how many bytes were copied so far."""


class MovedFile(BaseModel):
    """Where the file, or its copy, is now."""

    path: str


class DeletedFile(BaseModel):
    """The file that is no longer there."""

    path: str


@tool(
    effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path", "to"), timeout=600
)
async def move_file(
    context: ToolContext,
    path: Annotated[str, "the file to move or rename"],
    to: Annotated[str, "its new name, or the folder to move it into"],
    overwrite: Annotated[bool, "replace a file that is there"] = False,
) -> Annotated[ToolResult, MovedFile]:
    """Move or rename a file; the folders of its new place are made if they are missing."""
    source, target = await asyncio.to_thread(_ends, context, path, to, overwrite)

    def result(*changes: Change) -> ToolResult:
        receipt = file_receipt(f"Moved {source.shown} to {target.shown}.", *changes)
        return ToolResult(MovedFile(path=target.shown), receipt)

    async with turn(source, target):
        kept = await context.keep(source.real), await keep_all(context, target)
        about, told = telling_ahead(context, result), _told(context, source)
        changes = await to_the_end(
            _move, source, target, context.key, overwrite, told, about, *kept
        )
    return result(*changes)


move_file.verifies(files_as_written)
move_file.settles(as_intended, late=False)


@move_file.previews
async def _(context: ToolContext, path: str, to: str, overwrite: bool = False) -> Preview:
    return await asyncio.to_thread(_preview, "moves", context, path, to, overwrite)


@tool(
    effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path", "to"), timeout=600
)
async def copy_file(
    context: ToolContext,
    path: Annotated[str, "the file to copy"],
    to: Annotated[str, "the copy's name, or the folder to put it in"],
    overwrite: Annotated[bool, "replace a file that is there"] = False,
) -> Annotated[ToolResult, MovedFile]:
    """Copy a file; the folders of the copy's place are made if they are missing."""
    source, target = await asyncio.to_thread(_ends, context, path, to, overwrite)

    def result(change: Change) -> ToolResult:
        receipt = file_receipt(f"Copied {source.shown} to {target.shown}.", change)
        return ToolResult(MovedFile(path=target.shown), receipt)

    async with turn(source, target):
        kept = await keep_all(context, target)
        about, told = telling_ahead(context, result), _told(context, source)
        change = await to_the_end(_copy, source, target, context.key, overwrite, told, kept, about)
    return result(change)


copy_file.verifies(files_as_written)
copy_file.settles(as_intended, late=False)


@copy_file.previews
async def _(context: ToolContext, path: str, to: str, overwrite: bool = False) -> Preview:
    return await asyncio.to_thread(_preview, "copies", context, path, to, overwrite)


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",))
async def delete_file(
    context: ToolContext, path: Annotated[str, "the file to delete"]
) -> Annotated[ToolResult, DeletedFile]:
    """Delete a file; a copy is kept, so that it can be undone."""
    at = await asyncio.to_thread(_source, context, path)

    def result(change: Change) -> ToolResult:
        receipt = file_receipt(f"Deleted {at.shown}.", change)
        return ToolResult(DeletedFile(path=at.shown), receipt)

    async with turn(at):
        kept = await context.keep(at.real)
        return result(await to_the_end(take_away, at, kept, telling_ahead(context, result)))


delete_file.verifies(files_as_written)
delete_file.settles(as_intended, late=False)


@delete_file.previews
async def _(context: ToolContext, path: str) -> Preview:
    def prepare() -> Preview:
        at = _source(context, path)
        plain = Preview(f"deletes {visible_line(at.shown)} ({at.real.stat().st_size:,} bytes)")
        try:
            text = read_text(at).text
        except ToolError as error:
            if error.code not in ("binary", "too_big"):
                raise
            return plain
        return diff_preview(at.shown, text, None) if text and comparable(text) else plain

    return await asyncio.to_thread(prepare)


def _source(context: ToolContext, path: str) -> Place:
    """The place of an ordinary file that may be moved away; a link is not followed, but refused."""
    at = place(context, path, follow=False)
    open_place(at).close()
    return at


def _ends(context: ToolContext, path: str, to: str, overwrite: bool) -> tuple[Place, Place]:
    """Where the file is and where it shall be, checked before anything is touched."""
    source = _source(context, path)
    target = place(context, to)
    if to.endswith("/") or target.real.is_dir():
        target = place(context, f"{to}/{source.name}")
    with telling(target):
        old = entry_at(target.real)
        if old and os.path.samestat(old, source.real.lstat()):
            raise ToolError("same_file", f"{target.shown} is the file itself; choose another name.")
        check_replaceable(target, old)
        check_new(target)
    if old and not overwrite:
        raise exists(target)
    return source, target


def _preview(verb: str, context: ToolContext, path: str, to: str, overwrite: bool) -> Preview:
    source, target = _ends(context, path, to, overwrite)
    size = f"{source.real.stat().st_size:,} bytes"
    words = f"{verb} {visible_line(source.shown)} ({size}) to {visible_line(target.shown)}"
    old = entry_at(target.real)
    return Preview(f"{words}, replacing the {old.st_size:,} bytes there" if old else words)


def _move(
    stop: threading.Event,
    source: Place,
    target: Place,
    key: str,
    overwrite: bool,
    told: Copied,
    about: About,
    kept: Entry | None,
    replaced: Entry | None,
) -> tuple[Change, Change]:
    with telling(source), in_folder(source) as here:
        content = digest(stop, source, here)
        check_kept(source, kept, content)
        with telling(target), in_folder(target, make=True) as there:
            old = digest(stop, target, there) if entry_at(target.name, there) else None
            check_kept(target, replaced, old)
            size = os.stat(source.name, dir_fd=here, follow_symlinks=False).st_size
            changes = Change(source.real, content, None), Change(target.real, old, content, size)
            about(*changes)
            try:
                land(here, source.name, target, there, overwrite=overwrite)
                os.fsync(there)
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                _copy(stop, source, target, key, overwrite, told, replaced)
                os.unlink(source.name, dir_fd=here)
        os.fsync(here)
    return changes


def _copy(
    stop: threading.Event,
    source: Place,
    target: Place,
    key: str,
    overwrite: bool,
    told: Copied,
    kept: Entry | None,
    about: About | None = None,
) -> Change:
    with telling(source), open_place(source) as file:
        entry = os.fstat(file.fileno())
        mode = stat.S_IMODE(entry.st_mode) & 0o777
        _check_room(target, entry.st_size)
        return put(
            stop,
            target,
            _blocks(file, told),
            key,
            overwrite=overwrite,
            kept=kept,
            mode=mode,
            finish=lambda copy: pass_on_marks(source.real, copy),
            about=about,
        )


def _check_room(target: Place, size: int) -> None:
    """Refuse a copy that cannot fit, before the disk is full of it."""
    folder = next(way for way in target.real.parents if way.exists())
    disk = os.statvfs(folder)
    if size > disk.f_bavail * disk.f_frsize:
        raise ToolError(
            "disk_full", f"{target.shown} would need {size:,} bytes, more than the disk has left."
        )


def take_away(stop: threading.Event, at: Place, kept: Entry | None, about: About) -> Change:
    """Remove a file, whose content must be what was kept of it. Blocks."""
    with telling(at), in_folder(at) as folder:
        before = digest(stop, at, folder)
        check_kept(at, kept, before)
        change = Change(at.real, before, None)
        about(change)
        os.unlink(at.name, dir_fd=folder)
        os.fsync(folder)
    return change


def _blocks(file: BufferedReader, told: Copied) -> Iterator[bytes]:
    done = 0
    while block := file.read(BLOCK):
        yield block
        done += len(block)
        told(done)


def _told(context: ToolContext, source: Place) -> Copied:
    """Shows the progress of a copy that runs in a thread, every 64 MB."""
    loop = asyncio.get_running_loop()

    def told(done: int) -> None:
        if done % (64 * BLOCK) == 0:
            loop.call_soon_threadsafe(context.progress, f"{source.shown}: {done >> 20} MB")

    return told
