"""put_back: what the calls of a run replaced comes back, as it was. Only `butler undo` calls it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import PurePath
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ButlerError, ToolError
from butler_tui.core.going_back import NO_OTHER_PLACE, Going, Left, Restore, go_back
from butler_tui.core.labels import Json
from butler_tui.core.tool import Again, Effect, Preview, Receipt, ToolContext, ToolResult, tool
from butler_tui.core.undoing import PUT_BACK, Entry, named
from butler_tui.tools.confinement import shown_path
from butler_tui.tools.going_back_shown import Showing
from butler_tui.tools.places import keep_all, to_the_end, turn
from butler_tui.tools.receipts import entries_as_told
from butler_tui.tools.restoring import (
    CHANGED_MEANWHILE,
    Disk,
    kept_place,
    put_as_it_was,
    set_folder_time,
)


class LeftAlone(BaseModel):
    """A path that was left as it is, and why."""

    path: str
    because: str


class PutBack(BaseModel):
    """What is as it was again, what was left alone, and the steps that are undone, in words too."""

    paths: list[str]
    left: list[LeftAlone]
    steps: list[str]
    text: str


@tool(
    effect=Effect.CHANGE,
    again=Again.KEYED,
    name=PUT_BACK,
    undoable=True,
    targets=("paths",),
    timeout=3600,
)
async def put_back(
    context: ToolContext,
    run: Annotated[str, "the run's id"],
    steps: Annotated[list[str], "the calls to undo: save, pages[2]"],
    paths: Annotated[list[str], "every path they changed; no other is touched"],
) -> Annotated[ToolResult, PutBack]:
    """Put back what steps of a run replaced, leaving alone what has changed since."""
    going = await _going(context, run, steps, paths)
    _check(context, going)
    left = list(going.left)
    done: list[Restore] = []
    homeless: set[str] = set()
    for one in going.in_order():
        try:
            if one.now.sha256 and one.now.sha256 in homeless:
                raise ToolError("left", NO_OTHER_PLACE)
            await _restore(context, one)
            done.append(one)
        except ButlerError as error:
            why = str(error).rstrip(".")
            left += [Left(one.path, *address, why) for address in going.touching(one.path)]
            homeless.add(one.to.sha256)
    await to_the_end(lambda _: _set_times(context, going, done, left))
    undone: list[str] = []
    for address, touched in going.calls.items():
        theirs = [one.path for one in left if (one.step, one.item) == address]
        if set(touched) - set(theirs):
            undone.append(named(address))
            await context.undoing.undone(run, address, theirs)
    return _result(context, done, going.same, left, undone)


put_back.verifies(entries_as_told)


@put_back.previews
async def _(context: ToolContext, run: str, steps: list[str], paths: list[str]) -> Preview:
    going = await _going(context, run, steps, paths)
    _check(context, going)
    return await asyncio.to_thread(Showing(context, going).preview)


async def _going(
    context: ToolContext, run: str, steps: Sequence[str], paths: Sequence[str]
) -> Going:
    kept = await context.undoing.kept(run, steps)
    wanted = set(paths)
    named_ones = [one for one in kept if one.path in wanted]
    return await asyncio.to_thread(go_back, named_ones, Disk(context))


def _check(context: ToolContext, going: Going) -> None:
    """Refuse to do nothing: there is nothing to show, and nothing to allow."""
    if going.restores or going.same:
        return
    lines = [
        visible_line(f"{shown_path(context, PurePath(one.path))}: {one.because}")
        for one in going.left
    ]
    why = "; ".join(lines) or "these steps kept nothing"
    raise ToolError("nothing_to_put_back", f"Nothing can be put back: {why}.")


def _set_times(
    context: ToolContext, going: Going, done: Sequence[Restore], left: Sequence[Left]
) -> None:
    """Give folders their times back, once what lies in them is in its place."""
    times = {one.path: one.to.modified for one in done if one.to.kind == "folder"} | going.times
    changed = {str(PurePath(one.path).parent) for one in left}
    for path in times.keys() - changed:
        with suppress(ToolError):  # it is gone or somebody else's now: nothing is lost with a time
            set_folder_time(kept_place(context, path), times[path])


async def _restore(context: ToolContext, one: Restore) -> None:
    """Make one path what it was; what is there now is kept first, so that this can be undone."""
    at = await asyncio.to_thread(kept_place, context, one.path)
    async with turn(at):
        kept = await (keep_all(context, at) if one.to.kind != "absent" else context.keep(at.real))
        if kept is not None and not kept.same(one.now):
            raise ToolError("changed", CHANGED_MEANWHILE)
        if one.to.kind == "file":
            await context.undoing.restoring(one.path, one.to)
        await to_the_end(put_as_it_was, at, one, context.key, context.undoing.open)


def _result(
    context: ToolContext,
    done: Sequence[Restore],
    same: Sequence[Restore],
    left: Sequence[Left],
    undone: list[str],
) -> ToolResult:
    shown = [shown_path(context, PurePath(one.path)) for one in done]
    alone = [
        LeftAlone(path=shown_path(context, PurePath(path)), because=because)
        for path, because in dict.fromkeys((one.path, one.because) for one in left)
    ]
    text = _sentence(len(done), len(same), alone)
    entries: list[Json] = []
    files: list[Json] = []
    for one in chain(done, same):
        entries.append(_fact(one.path, one.to))
        if one.to.kind == "file" or one.now.kind == "file":
            before = one.now.sha256 or None
            after = one.to.sha256 or None
            files.append(
                {"path": one.path, "sha256_before": before, "sha256": after, "restored": True}
            )
    receipt = Receipt(text, {"files": files, "entries": entries})
    return ToolResult(PutBack(paths=shown, left=alone, steps=undone, text=text), receipt)


def _fact(path: str, entry: Entry) -> Json:
    fact: dict[str, Json] = {"path": path, "kind": entry.kind}
    if entry.kind == "file":
        fact["sha256"] = entry.sha256
    if entry.kind == "link":
        fact["target"] = entry.target
    return fact


def _sentence(done: int, same: int, alone: Sequence[LeftAlone]) -> str:
    counted = "1 path" if done == 1 else f"{done} paths"
    parts = [f"Put {counted} back as before." if done or not same else ""]
    if same:
        were = "1 path was" if same == 1 else f"{same} paths were"
        parts.append(f"{were} as before already.")
    if alone:
        listed = "; ".join(visible_line(f"{one.path} ({one.because})") for one in alone)
        parts.append(f"Left alone: {listed}.")
    return " ".join(part for part in parts if part)
