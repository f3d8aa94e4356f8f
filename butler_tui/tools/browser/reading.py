"""Tools that look: browser_open, browser_read, browser_wait and browser_close."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.beforehand import check_address
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.finding import find
from butler_tui.tools.browser.handing_over import hand_over
from butler_tui.tools.browser.programs import lacking
from butler_tui.tools.browser.receiving import refused
from butler_tui.tools.browser.session import NAME, Session, session_in, session_of
from butler_tui.tools.browser.snapshot import Page, seen

_LOOK_EVERY = 0.15


class Seen(BaseModel):
    """A page after something was done on it."""

    text: str
    url: str
    title: str


class Closed(BaseModel):
    """What became of the browser."""

    text: str


@tool(effect=Effect.FETCH, timeout=0, at_once=1, reaches=True, targets=("url",), untrusted=True)
async def browser_open(
    context: ToolContext, url: Annotated[str, "the page's address, starting with https://"]
) -> Annotated[ToolResult, Page]:
    """Open a page in the run's own browser and read it: its text, and its elements numbered.

    The browser stays open for the steps after it: order them with after=[...].
    """
    checked_url(url)
    session = await session_of(context)
    async with session.turn:
        status = await session.goto(url)
        if status is not None and status >= 400:
            session.note(f"The site answered with status {status}.")
        await hand_over(context, session)
        return await page_read(session)


@tool(effect=Effect.FETCH, timeout=60, at_once=1, reaches=True, untrusted=True)
async def browser_read(context: ToolContext) -> Annotated[ToolResult, Page]:
    """Read the page that is open in the browser: its text, and its elements numbered."""
    async with opened(context) as session:
        return await page_read(session)


@tool(effect=Effect.FETCH, timeout=330, at_once=1, reaches=True, untrusted=True)
async def browser_wait(
    context: ToolContext,
    what: Annotated[str, "a text, or an element as in browser_click"],
    at_most: Annotated[float, "seconds, at most 300"] = 30.0,
) -> Annotated[ToolResult, Seen]:
    """Wait until a text or an element can be seen on the open page, then read it."""
    if not what.strip() or not 0 < at_most <= 300:
        raise ToolError("bad_arguments", "Say what to wait for, and for 1 to 300 seconds at most.")
    async with opened(context) as session:
        context.progress(f"waiting for {what}")
        try:
            async with asyncio.timeout(at_most):
                await _until_seen(session, what)
        except TimeoutError as error:
            raise ToolError(
                "timeout", f"{what!r:.100} did not appear within {at_most:g} seconds."
            ) from error
        await session.settle()
        return await seen_after(session)


@tool(effect=Effect.FETCH, timeout=60, at_once=1)
async def browser_close(context: ToolContext) -> Closed:
    """Close the run's browser with all its tabs."""
    there = await context.scope.drop(NAME)
    return Closed(text="The browser is closed." if there else "No browser was open.")


@asynccontextmanager
async def opened(context: ToolContext) -> AsyncIterator[Session]:
    """The run's open browser, for one call at a time."""
    session = session_in(context)
    async with session.turn:
        if session.ended:
            raise faults.gone()
        yield session


async def page_read(session: Session) -> ToolResult:
    """The page in front as an output, with its label."""
    await refused(session)
    page = await seen(session)
    return ToolResult(page, marks=marks_of(session, page.url))


async def seen_after(session: Session) -> ToolResult:
    """The same without the list of elements."""
    await refused(session)
    page = await seen(session)
    return ToolResult(shown(page), marks=marks_of(session, page.url))


def shown(page: Page) -> Seen:
    """A page without its list of elements."""
    return Seen(text=page.text, url=page.url, title=page.title)


def marks_of(session: Session, url: str) -> list[Mark]:
    """Whose page it is; behind a login it is the person's own too."""
    host = urlsplit(url).hostname or "unknown"
    private = True if session.logged_in or session.logins.keeps(host) else None
    return [Mark((), f"web page {host}", private=private)]


async def _until_seen(session: Session, what: str) -> None:
    from playwright.async_api import Error

    while True:
        try:
            await find(session, what)
        except ToolError as error:
            if error.code == "ambiguous":
                return
            if error.code != "not_found":
                raise
        except Error as error:
            if session.ended or faults.is_end(error):
                raise faults.gone() from error
        else:
            return
        await asyncio.sleep(_LOOK_EVERY)


browser_open.checks(check_address)
for _one in (browser_open, browser_read, browser_wait, browser_close):
    _one.ready(lacking)
