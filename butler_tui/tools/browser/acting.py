"""Tools that act on a page: browser_click, browser_select, browser_fill and browser_submit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel

from butler_tui.core.clean import marked
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import (
    Again,
    Checked,
    Effect,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.browser import faults
from butler_tui.tools.browser.finding import Found, find
from butler_tui.tools.browser.forms import (
    Form,
    Value,
    check_destination,
    check_fields,
    choose,
    fill_in,
    form_of,
    same_site,
)
from butler_tui.tools.browser.handing_over import hand_over
from butler_tui.tools.browser.programs import lacking
from butler_tui.tools.browser.reading import Seen, marks_of, opened, shown
from butler_tui.tools.browser.receiving import received
from butler_tui.tools.browser.session import NAME, Session, session_of
from butler_tui.tools.browser.snapshot import seen
from butler_tui.tools.receipts import answered_well

ElementName = Annotated[str, "its number (#3), role and name (button Search), label, text or CSS"]


_THEN = "on the page that is open then"
"""Said of what sends nothing, so that it can be accepted with its plan, before a page is open."""


class Filled(BaseModel):
    """What was filled in, field by field."""

    fields: dict[str, str]
    text: str


@tool(
    effect=Effect.EXECUTE,
    again=Again.ONCE,
    timeout=0,
    at_once=1,
    reaches=True,
    untrusted=True,
    targets=("element",),
    recipients=(),
)
async def browser_click(context: ToolContext, element: ElementName) -> Annotated[ToolResult, Seen]:
    """Click an element of the page that is open, and read what came of it.

    To send a form use browser_submit, whose card shows the form.
    """
    async with opened(context) as session:
        found = await find(session, element)
        form = await form_of(found)
        if form.is_form and form.submits and form.method == "POST":
            raise ToolError(
                "sends",
                f"{found.shown} sends a form to {urlsplit(form.action).hostname}: use "
                "browser_submit, whose card shows what is sent.",
            )
        before = session.tab.url
        with faults.telling(f"clicking {found.shown}"):
            await found.handle.click()
        return await _after(context, session, f"clicked {found.shown} on {before}", ask=True)


@tool(
    effect=Effect.EXECUTE,
    again=Again.ONCE,
    timeout=60,
    at_once=1,
    reaches=True,
    untrusted=True,
    targets=("element",),
    recipients=(),
)
async def browser_select(
    context: ToolContext,
    element: ElementName,
    option: Annotated[str, "what the option says"],
) -> Annotated[ToolResult, Seen]:
    """Choose an option of a list on the page that is open."""
    async with opened(context) as session:
        found = await find(session, element)
        with faults.telling(f"choosing in {found.shown}"):
            chosen = await _select(session, found, option)
        return await _after(context, session, f"chose {chosen!r} in {found.shown}")


@tool(
    effect=Effect.EXECUTE,
    again=Again.ONCE,
    timeout=120,
    at_once=1,
    reaches=True,
    untrusted=True,
    targets=("fields",),
    recipients=(),
)
async def browser_fill(
    context: ToolContext,
    fields: Annotated[
        dict[str, str | bool | int | float | None],
        "elements (label, number, role and name, CSS) and their values; a password as secret:NAME",
    ],
) -> Annotated[ToolResult, Filled]:
    """Fill in fields of the page that is open; nothing is sent before browser_submit."""
    async with opened(context) as session:
        done = await fill_in(context, session, fields)
        await session.settle()
        facts: dict[str, Json] = {"url": session.tab.url, "fields": [*done]}
        output = Filled(fields=dict(line.split(": ", 1) for line in done), text="\n".join(done))
        count = "1 field" if len(done) == 1 else f"{len(done)} fields"
        receipt = Receipt(f"filled in {count} on {session.tab.url}", facts)
        return ToolResult(output, receipt, marks_of(session, session.tab.url))


@tool(
    effect=Effect.SEND,
    again=Again.ONCE,
    timeout=240,
    at_once=1,
    reaches=True,
    untrusted=True,
    targets=("element", "url"),
    recipients=("url",),
)
async def browser_submit(
    context: ToolContext,
    element: ElementName,
    fields: Annotated[
        dict[str, str | bool | int | float | None] | None, "filled in first, as by browser_fill"
    ] = None,
    url: Annotated[str | None, "opened first; then the form must go to this site"] = None,
) -> Annotated[ToolResult, Seen]:
    """Send the form that an element (its button, as a rule) belongs to, and read the answer.

    With `fields` and `url` one call opens the page, fills in and sends: for a form per row.
    """
    if url is not None:
        checked_url(url)
        session = await session_of(context)
        async with session.turn:
            await session.goto(url)
            if fields:
                await fill_in(context, session, fields)
            found = await find(session, element)
            form = await form_of(found)
            if not same_site(form, url):
                raise ToolError(
                    "other_site",
                    f"The form on {url} goes to {form.action}, which is another site; fill it in "
                    "with browser_fill, so that the card of browser_submit shows where it goes.",
                )
            return await _submit(context, session, found, form)
    async with opened(context) as session:
        if fields:
            await fill_in(context, session, fields)
        found = await find(session, element)
        form = await form_of(found)
        allowed = session.previewed.get(context.key)
        if not fields and allowed is not None and allowed != form.digest:
            raise ToolError(
                "form_changed",
                "The form has changed since it was shown to you, so it was not sent; read the page "
                "and send it again.",
            )
        return await _submit(context, session, found, form)


browser_submit.verifies(answered_well)


async def _submit(context: ToolContext, session: Session, found: Found, form: Form) -> ToolResult:
    check_destination(context, session, form)
    session.answers = []
    with faults.telling(f"sending the form with {found.shown}"):
        if form.is_form and not form.submits and await _is_part_of_form(found):
            await found.handle.evaluate(
                "el => (el.tagName === 'FORM' ? el : el.form).requestSubmit()"
            )
        else:
            await found.handle.click()
    result = await _after(context, session, "")
    sent = [one for one in session.answers if one.method not in ("GET", "HEAD", "OPTIONS")]
    answers = sent or [one for one in session.answers if form.method == "GET"]
    facts: dict[str, Json] = {
        "url": form.action,
        "method": form.method,
        "form_sha256": form.digest,
        "requests": len(answers),
    }
    said = "; no request was seen"
    if answers:
        facts["status"] = answers[0].status
        said = f", answered with status {answers[0].status}"
    elif (why := session.refusal()) is not None:
        raise why
    facts.update(result.receipt.facts if result.receipt is not None else {})
    summary = f"sent the form on {form.page} to {urlsplit(form.action).hostname}{said}"
    return ToolResult(result.output, Receipt(summary, facts), result.marks)


async def _is_part_of_form(found: Found) -> bool:
    return bool(
        await found.handle.evaluate(
            "el => el.tagName === 'FORM' || ['INPUT','SELECT','TEXTAREA'].includes(el.tagName)"
        )
    )


async def _after(
    context: ToolContext, session: Session, did: str, *, ask: bool = False
) -> ToolResult:
    """What came of it: the page as it is now, and the files that came."""
    await session.settle()
    saved = await received(context, session)
    if ask and session.tab.url.startswith("http"):
        await hand_over(context, session)
    page = await seen(session)
    facts: dict[str, Json] = {"url": page.url}
    if saved:
        facts["files"] = [*saved]
    return ToolResult(shown(page), Receipt(did, facts), marks_of(session, page.url))


async def _select(session: Session, found: Found, option: str) -> str:
    if await found.handle.evaluate("el => el.tagName === 'SELECT'"):
        return await choose(found.handle, found.shown, option)
    await found.handle.click()  # a list that the page drew itself opens first
    await session.settle()
    chosen = await find(session, f"option {option}")
    await chosen.handle.click()
    return option


@browser_fill.previews
async def _(context: ToolContext, fields: dict[str, Value]) -> Preview:
    check_fields(fields)
    return Preview("\n".join([_THEN, *_field_lines(fields)]))


@browser_click.previews
async def _(context: ToolContext, element: str) -> Preview:
    return Preview(f"{_THEN}\nclicks {element}")


@browser_select.previews
async def _(context: ToolContext, element: str, option: str) -> Preview:
    return Preview(f"{_THEN}\nchooses {option} in {element}")


@browser_submit.previews
async def _(
    context: ToolContext,
    element: str,
    fields: dict[str, Value] | None = None,
    url: str | None = None,
) -> Preview:
    if fields is not None:
        check_fields(fields)
    if url is not None:
        checked_url(url)
        lines = [f"opens {url}", *_field_lines(fields or {})]
        return Preview("\n".join([*lines, f"sends the form with {element} to the same site"]))
    session: Session | None = context.scope.get(NAME)
    if session is None or session.ended:
        line = f"sends the form that {element} belongs to on the page that is open then"
        return Preview("\n".join([*_field_lines(fields or {}), line]))
    async with session.turn:
        found = await find(session, element)
        form = await form_of(found)
        session.previewed[context.key] = form.digest
    more = ["then filled in before it is sent:", *_field_lines(fields)] if fields else []
    return Preview(
        "\n".join([f"sends the form with {found.shown}", *form.lines(session.secrets), *more])
    )


def _field_lines(fields: dict[str, Value]) -> list[str]:
    lines: list[str] = []
    for element, value in fields.items():
        if value is None:
            continue
        text = value if isinstance(value, str) else str(value).lower()
        lines += [f"{element}:", *(f"  {line}" for line in marked(text) or [""])]
    return lines


async def _unseen(_context: ToolContext, _facts: Mapping[str, Json]) -> Checked:
    """What a page made of a click or of what was filled in, nothing tells but the page."""
    return Checked("unverified", "what the page made of it is not read again")


for _acted in (browser_click, browser_select, browser_fill):
    _acted.verifies(_unseen)

for _one in (browser_click, browser_select, browser_fill, browser_submit):
    _one.ready(lacking)
