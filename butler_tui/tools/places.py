"""The doors to the user's files: every tool that reads or writes one goes through here.

    path = readable(context, "notes.md")            an existing file inside the allowed folders
    with open_reading(context, "notes.md") as file  the same, opened without a race
    path = writable(context, "notes.md")            a file that may be replaced, or a new one
    change = await replace(context, "notes.md", b"...")
    change = await rewrite(context, "notes.md", lambda at: ...)   new bytes made from the old file
    change = await rewrite(..., result)                   and the result known before it happens
    receipt = file_receipt("Wrote notes.md", change)

All raise ToolError with a sentence for the person. The functions that are not `async` block
shortly: call them in a thread, or before anything else.
"""

from __future__ import annotations

import asyncio
import stat
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import BinaryIO, Concatenate, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Receipt, ToolContext, ToolResult
from butler_tui.core.undoing import Entry
from butler_tui.tools.confinement import (
    Place,
    missing_folders,
    place,
    reading_place,
    regular,
    shown_path,
    telling,
)
from butler_tui.tools.new_names import check_new
from butler_tui.tools.settling import as_intended
from butler_tui.tools.storing import (
    About,
    Change,
    check_replaceable,
    entry_at,
    open_place,
    put,
)

__all__ = [
    "Change",
    "as_intended",
    "file_receipt",
    "folder_place",
    "open_reading",
    "readable",
    "replace",
    "rewrite",
    "shown_path",
    "writable",
]

_TURNS: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

ResultOf = Callable[..., ToolResult]
"""What a call returns for the changes that it makes."""

P = ParamSpec("P")
T = TypeVar("T")


def file_receipt(summary: str, *changes: Change) -> Receipt:
    """A receipt that names each changed file and its SHA-256 before and after."""
    files = [
        {"path": str(one.path), "sha256_before": one.before, "sha256": one.after} for one in changes
    ]
    return Receipt(summary, {"files": [*files]})


def readable(context: ToolContext, path: str) -> Path:
    """The real path of an existing, ordinary file in a folder that may be read."""
    at = reading_place(context, path)
    with telling(at):
        regular(at.real.lstat(), at.shown)
    return at.real


def folder_place(context: ToolContext, path: str) -> Place:
    """The place of an existing folder that may be read: allowed, or named by the goal."""
    at = reading_place(context, path)
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
        check_replaceable(at, entry_at(at.real))
    check_new(at)
    return at


def open_reading(context: ToolContext, path: str) -> BinaryIO:
    """An existing, ordinary file inside the allowed folders, open for reading bytes."""
    return open_place(reading_place(context, path))


async def replace(
    context: ToolContext, path: str, data: bytes, result: ResultOf | None = None
) -> Change:
    """Put `data` at `path`, whole or not at all; what was there is kept for undo first.

    Folders that are missing are made. The permissions of a file that was there stay. With
    `result`, what the call returns for the change, it can settle itself after a crash:
    `my_tool.settles(as_intended, late=False)`.
    """
    return await rewrite(context, path, lambda _: data, result)


async def rewrite(
    context: ToolContext,
    path: str,
    make: Callable[[Place], bytes],
    result: ResultOf | None = None,
) -> Change:
    """As `replace`, with bytes that `make` forms in a thread from what is there.

    Steps that run side by side and change the same file take turns, so none is lost.
    """
    about = telling_ahead(context, result) if result is not None else None
    at = await asyncio.to_thread(writable_place, context, path)
    async with turn(at):
        data = await asyncio.to_thread(make, at)
        kept = await keep_all(context, at)
        return await to_the_end(
            put, at, [data], context.key, overwrite=True, kept=kept, about=about
        )


def telling_ahead(context: ToolContext, result: ResultOf) -> About:
    """For the thread that makes changes: writes down first what they come to."""
    loop = asyncio.get_running_loop()

    def about(*changes: Change) -> None:
        asyncio.run_coroutine_threadsafe(context.intend(result(*changes)), loop).result()

    return about


@asynccontextmanager
async def turn(*places: Place) -> AsyncIterator[None]:
    """Hold the places while they are changed; another step that wants one of them waits."""
    paths = sorted({at.real for at in places})
    locks = [_TURNS.setdefault(path, asyncio.Lock()) for path in paths]
    async with AsyncExitStack() as held:
        for lock in locks:
            await held.enter_async_context(lock)
        yield


async def keep_all(context: ToolContext, at: Place) -> Entry | None:
    """Keep a place for undo, and before it each folder on the way that will be made.

    Returns what was kept of the place.
    """
    with telling(at):
        missing = await asyncio.to_thread(missing_folders, at, at.real.parent)
    for path in missing:
        await context.keep(path)
    return await context.keep(at.real)


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
