"""browser_screenshot: the page that is open, as a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import Again, Effect, Preview, ToolContext, ToolResult, tool
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.picturing import kept_picture
from butler_tui.tools.browser.programs import lacking
from butler_tui.tools.browser.reading import marks_of, opened
from butler_tui.tools.confinement import Place
from butler_tui.tools.places import file_receipt, rewrite, writable_place
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended
from butler_tui.tools.storing import Change

HIGHEST = 10_000
"""Pixels: a page that never ends is cut there."""


class Picture(BaseModel):
    """A picture of a page: where it is, and of which page."""

    picture: str
    url: str
    title: str


def _effect(args: Mapping[str, Json]) -> Effect:
    return Effect.FETCH if args.get("save_to") is None else Effect.CHANGE


@tool(
    effect=_effect,
    worst=Effect.CHANGE,
    again=Again.QUERYABLE,
    timeout=60,
    at_once=1,
    undoable=True,
    reaches=True,
    targets=("save_to",),
    recipients=(),
    untrusted=True,
)
async def browser_screenshot(
    context: ToolContext,
    save_to: Annotated[str | None, "a .png file; else it is kept with Butler's own data"] = None,
) -> Annotated[ToolResult, Picture]:
    """Take a picture of the whole page that is open in the browser; `picture` is its path."""
    at = await asyncio.to_thread(_place, context, save_to) if save_to is not None else None
    async with opened(context) as session:
        tab = session.tab
        with faults.telling("taking the picture"):
            height = min(int(await tab.evaluate("document.documentElement.scrollHeight")), HIGHEST)
            width = int(await tab.evaluate("document.documentElement.clientWidth"))
            data = await tab.screenshot(
                type="png",
                full_page=True,
                clip={"x": 0, "y": 0, "width": max(width, 1), "height": max(height, 1)},
            )
            url, title = tab.url, await tab.title()
        marks = marks_of(session, url)
    if at is None:
        path = await kept_picture(context, data)
        return ToolResult(Picture(picture=str(path), url=url, title=title), marks=marks)

    def result(change: Change) -> ToolResult:
        picture = Picture(picture=at.shown, url=url, title=title)
        summary = f"Saved a picture of {url} as {at.shown} ({change.size:,} bytes)."
        return ToolResult(picture, file_receipt(summary, change), marks)

    return result(await rewrite(context, str(save_to), lambda _: data, result))


browser_screenshot.verifies(files_as_written)
browser_screenshot.settles(as_intended, late=False)
browser_screenshot.ready(lacking)


@browser_screenshot.previews
async def _(context: ToolContext, save_to: str | None = None) -> Preview:
    if save_to is None:
        return Preview("takes a picture of the page, kept with Butler's own data")
    at = await asyncio.to_thread(_place, context, save_to)
    verb = "replaces" if await asyncio.to_thread(at.real.exists) else "saves a picture as"
    return Preview(f"{verb} {at.shown}")


def _place(context: ToolContext, path: str) -> Place:
    at = writable_place(context, path)
    if at.real.suffix.lower() != ".png":
        raise ToolError("not_a_picture", f"{at.shown} must end in .png: pages are saved as PNG.")
    return at
