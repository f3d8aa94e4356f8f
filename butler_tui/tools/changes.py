"""Tools that write: write_file, edit_file, make_folder."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, Preview, Receipt, ToolContext, ToolResult, tool
from butler_tui.tools.confinement import Place, missing_folders, open_folder, place, telling
from butler_tui.tools.diffs import comparable, unified
from butler_tui.tools.new_names import check_new
from butler_tui.tools.places import Change, file_receipt, rewrite, to_the_end, turn, writable_place
from butler_tui.tools.plain_text import PlainText, read_text
from butler_tui.tools.receipts import files_as_written, folder_is_there
from butler_tui.tools.settling import as_intended
from butler_tui.tools.storing import entry_at

NOTHING = "/dev/null"
"""How a diff names the file that was not there."""


class WrittenFile(BaseModel):
    """A file that was written and how large it is now, in bytes."""

    path: str
    bytes: int


class EditedFile(BaseModel):
    """A file that was edited and how many places in it were replaced."""

    path: str
    replaced: int


class MadeFolder(BaseModel):
    """A folder that is there now."""

    path: str


@tool(
    effect=Effect.CHANGE,
    again=Again.QUERYABLE,
    undoable=True,
    targets=("path",),
    content=("content", "append"),
)
async def write_file(
    context: ToolContext,
    path: Annotated[str, "the file; folders that are missing are made"],
    content: Annotated[str, "the text, as it shall stand in the file"],
    append: Annotated[bool, "add the text to the end of what is there"] = False,
) -> Annotated[ToolResult, WrittenFile]:
    """Write text to a file, replacing what was there, or adding to it with append=True."""
    at = await asyncio.to_thread(writable_place, context, path)

    def result(change: Change) -> ToolResult:
        verb = "Added to" if append and change.before else "Wrote"
        return ToolResult(
            WrittenFile(path=at.shown, bytes=change.size),
            file_receipt(f"{verb} {at.shown} ({change.size:,} bytes).", change),
        )

    return result(await rewrite(context, path, lambda at: _written(at, content, append), result))


write_file.verifies(files_as_written)
write_file.settles(as_intended, late=False)


@write_file.previews
async def _(context: ToolContext, path: str, content: str, append: bool = False) -> Preview:
    return await asyncio.to_thread(_preview_writing, context, path, content, append)


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",))
async def edit_file(
    context: ToolContext,
    path: Annotated[str, "the text file"],
    old: Annotated[str, "the text to replace, as it stands in the file exactly once"],
    new: Annotated[str, "the text to put in its place"],
) -> Annotated[ToolResult, EditedFile]:
    """Replace one piece of text in a file; it fails if the piece is not there exactly once."""
    at = await asyncio.to_thread(writable_place, context, path)

    def result(change: Change) -> ToolResult:
        receipt = file_receipt(f"Edited {at.shown}.", change)
        return ToolResult(EditedFile(path=at.shown, replaced=1), receipt)

    return result(await rewrite(context, path, lambda at: _encoded_edit(at, old, new), result))


edit_file.verifies(files_as_written)
edit_file.settles(as_intended, late=False)


@edit_file.previews
async def _(context: ToolContext, path: str, old: str, new: str) -> Preview:
    def prepare() -> Preview:
        at = writable_place(context, path)
        before = read_text(at)
        return diff_preview(at.shown, before.text, _edited(at, before, old, new))

    return await asyncio.to_thread(prepare)


@tool(effect=Effect.CHANGE, undoable=True, targets=("path",))
async def make_folder(
    context: ToolContext, path: Annotated[str, "the folder to make"]
) -> Annotated[ToolResult, MadeFolder]:
    """Make a folder and those that it lies in; one that is already there is left as it is."""
    at = await asyncio.to_thread(_folder_to_be, context, path)
    async with turn(at):
        with telling(at):
            missing = await asyncio.to_thread(missing_folders, at, at.real)
        for folder in missing:
            await context.keep(folder)
        await to_the_end(lambda _: _make(at))
    did = f"Made the folder {at.shown}." if missing else f"The folder {at.shown} was there already."
    receipt = Receipt(did, {"folder": str(at.real)})
    return ToolResult(MadeFolder(path=at.shown), receipt)


make_folder.verifies(folder_is_there)


@make_folder.previews
async def _(context: ToolContext, path: str) -> Preview:
    at = await asyncio.to_thread(_folder_to_be, context, path)
    return Preview(f"makes the folder {visible_line(at.shown)}")


def _folder_to_be(context: ToolContext, path: str) -> Place:
    at = place(context, path)
    check_new(at)
    return at


def diff_preview(shown: str, before: str | None, after: str | None) -> Preview:
    """The change of one text file as a diff; None stands for a file that is not there."""
    old, new, shown = before or "", after or "", visible_line(shown)
    if old == new:
        return Preview(f"leaves {shown} as it is")
    if not comparable(old, new):
        return Preview(
            f"replaces {shown}: {len(old):,} characters by {len(new):,}, too many to show"
        )
    names = (shown if before is not None else NOTHING, shown if after is not None else NOTHING)
    return Preview(unified(old, new, *names).text, "diff")


def _preview_writing(context: ToolContext, path: str, content: str, append: bool) -> Preview:
    at = writable_place(context, path)
    _written(at, content, append)  # what cannot be written is refused before it is asked
    try:
        before = read_text(at)
    except ToolError as error:
        if error.code == "not_found":
            return diff_preview(at.shown, None, content) if content else _empty(at)
        if error.code not in ("binary", "too_big"):
            raise
        size = at.real.stat().st_size
        return Preview(
            f"replaces {visible_line(at.shown)} ({size:,} bytes, not shown) "
            f"by {len(content):,} characters"
        )
    return diff_preview(at.shown, before.text, before.text + content if append else content)


def _empty(at: Place) -> Preview:
    return Preview(f"makes the empty file {visible_line(at.shown)}")


def _written(at: Place, content: str, append: bool) -> bytes:
    if append and entry_at(at.real) is not None:
        before = read_text(at)
        return before.encoded(before.text + content, at.shown)
    try:
        return content.encode()
    except UnicodeEncodeError as error:
        raise ToolError(
            "bad_arguments",
            f"The text for {at.shown} holds half a character (at {error.start}); leave it out.",
        ) from error


def _encoded_edit(at: Place, old: str, new: str) -> bytes:
    before = read_text(at)
    return before.encoded(_edited(at, before, old, new), at.shown)


def _edited(at: Place, before: PlainText, old: str, new: str) -> str:
    """The text with the one match replaced; line ends of `old` and `new` become the file's."""
    if not old:
        raise ToolError("bad_arguments", "The text to replace is empty; say which text it is.")
    text = before.text
    if old not in text and "\r\n" in text:
        old, new = (part.replace("\r\n", "\n").replace("\n", "\r\n") for part in (old, new))
    found = _count(text, old)
    if found == 0:
        raise ToolError(
            "no_match", f"The text to replace is not in {at.shown}; give it exactly as it stands."
        )
    if found > 1:
        raise ToolError(
            "many_matches",
            f"The text to replace is in {at.shown} {found} times; give more of what stands "
            "around the one that is meant.",
        )
    return text.replace(old, new)


def _count(text: str, part: str) -> int:
    """How often the part occurs, counting those that overlap."""
    found, start = 0, text.find(part)
    while start >= 0:
        found, start = found + 1, text.find(part, start + 1)
    return found


def _make(at: Place) -> None:
    with telling(at):
        os.close(open_folder(at, at.real, make=True))
