"""The calendar as a folder of .ics files, one object each; a folder in it is a calendar of its own.

The layout is that of vdirsyncer and its kind, so that others can keep the same folder in step with
a server or a phone.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext, ToolResult
from butler_tui.tools.calendar.objects import LARGEST, Found, Stored, holds_uid, parse
from butler_tui.tools.calendar.store import Kind, ResultOf
from butler_tui.tools.calendar.times import Span
from butler_tui.tools.confinement import Place
from butler_tui.tools.moving import take_away
from butler_tui.tools.own_folders import files_in, made_folder, own_folder, own_place
from butler_tui.tools.places import file_receipt, keep_all, telling_ahead, to_the_end, turn
from butler_tui.tools.storing import Change, open_place, put

FAMILY = "calendar"
MAIN = "calendar"
"""The name of the calendar that lies in the folder itself."""


class LocalFolder:
    """The Store of a folder."""

    remote = False

    def __init__(self, context: ToolContext) -> None:
        self.context = context
        self.folder = own_folder(context, FAMILY)
        self.shown = "your calendar"

    async def objects(self, kind: Kind, span: Span | None = None) -> Found:
        """Every file that may hold that kind; the span makes no difference."""
        return await to_the_end(self._objects, kind.encode())

    async def find(self, uid: str, kind: Kind) -> Stored | None:
        """The file that holds that UID."""
        found = await self.objects(kind)

        def look() -> Stored | None:
            for one in found.objects:
                if holds_uid(one, uid) and _has(one, uid, kind):
                    return one
            return None

        return await asyncio.to_thread(look)

    async def target(self, kind: Kind, calendar: str | None) -> str:
        """The calendar of that name; a folder is made for one that is not there yet."""
        own_place(self.context, self.folder, *_parts(calendar))
        return calendar or MAIN

    async def create(
        self, uid: str, data: bytes, kind: Kind, calendar: str | None, result: ResultOf
    ) -> ToolResult:
        """A new file, named by the UID."""
        await asyncio.to_thread(made_folder, self.context, FAMILY)
        at = own_place(self.context, self.folder, *_parts(calendar), f"{uid}.ics")
        about = _about(result)
        async with turn(at):
            kept = await keep_all(self.context, at)
            change = await to_the_end(
                put,
                at,
                [data],
                self.context.key,
                overwrite=False,
                kept=kept,
                mode=0o600,
                about=telling_ahead(self.context, about),
            )
        return about(change)

    async def replace(self, stored: Stored, data: bytes, result: ResultOf) -> ToolResult:
        """Another text in the file."""
        at = self._place(stored)
        about = _about(result)
        async with turn(at):
            await asyncio.to_thread(_check_version, at, stored)
            kept = await keep_all(self.context, at)
            change = await to_the_end(
                put,
                at,
                [data],
                self.context.key,
                overwrite=True,
                kept=kept,
                about=telling_ahead(self.context, about),
            )
        return about(change)

    async def remove(self, stored: Stored, result: ResultOf) -> ToolResult:
        """The file goes."""
        at = self._place(stored)
        about = _about(result)
        async with turn(at):
            await asyncio.to_thread(_check_version, at, stored)
            kept = await self.context.keep(at.real)
            change = await to_the_end(take_away, at, kept, telling_ahead(self.context, about))
        return about(change)

    def _place(self, stored: Stored) -> Place:
        return own_place(self.context, self.folder, *Path(stored.ref).parts)

    def _objects(self, stop: threading.Event, kind: bytes) -> Found:
        objects: list[Stored] = []
        broken: list[str] = []
        for at in self._files():
            if stop.is_set():
                break
            ref = str(at.real.relative_to(self.folder))
            try:
                data = _read(at)
            except ToolError as error:
                broken.append(str(error))
                continue
            if b"BEGIN:" + kind in data.upper() or b"BEGIN:VCALENDAR" not in data.upper():
                name = at.real.parent.name if at.real.parent != self.folder else MAIN
                objects.append(Stored(ref, name, data, hashlib.sha256(data).hexdigest()))
        return Found(objects, broken)

    def _files(self) -> Iterator[Place]:
        for path in files_in(self.folder, ".ics"):
            yield own_place(self.context, self.folder, *path.relative_to(self.folder).parts)

    def path_of(self, stored: Stored) -> Path:
        """Where an object's file is."""
        return self.folder / stored.ref


def _parts(calendar: str | None) -> list[str]:
    if calendar is None or calendar == MAIN:
        return []
    if calendar.startswith(".") or len(calendar) > 60 or not calendar.isprintable():
        raise ToolError("bad_arguments", f"{calendar!r:.80} cannot be the name of a list.")
    return [calendar]


def _has(stored: Stored, uid: str, kind: Kind) -> bool:
    try:
        return bool(parse(stored).of(uid, kind))
    except ToolError:
        return False


def _read(at: Place) -> bytes:
    with open_place(at) as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ToolError("too_big", f"{at.shown} is larger than {LARGEST // 1_000_000} MB.")
    return data


def _check_version(at: Place, stored: Stored) -> None:
    if hashlib.sha256(_read(at)).hexdigest() != stored.version:
        raise ToolError("changed", f"{at.shown} has changed meanwhile; look at it and try again.")


def _about(result: ResultOf) -> Callable[..., ToolResult]:
    """The result by the change of a file, whose path and hashes the receipt names, for undo."""

    def about(*changes: Change) -> ToolResult:
        return result(file_receipt("", *changes).facts)

    return about
