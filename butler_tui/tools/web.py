"""The web for reading and for calling: read_page and http_request."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from butler_tui.core.clean import marked
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.tool import (
    Again,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.beforehand import check_address
from butler_tui.tools.bodies import is_binary
from butler_tui.tools.credentials import check_bound, filled, slots_in
from butler_tui.tools.network import Fetched, fetch
from butler_tui.tools.network_errors import check_status, shown_address
from butler_tui.tools.pages import Page, page_from
from butler_tui.tools.receipts import answered_well
from butler_tui.tools.sending import send

if TYPE_CHECKING:
    import httpx

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_READS = ("GET", "HEAD")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_OURS = re.compile(
    "host|content-length|transfer-encoding|connection|upgrade|te|trailer|expect|accept-encoding|"
    "keep-alive|proxy-.*",
    re.I,
)
_READ_AS = {"Accept": "text/html,application/xhtml+xml,text/plain,application/pdf;q=0.9,*/*;q=0.5"}


@tool(effect=Effect.FETCH, timeout=90, reaches=True, targets=("url",), untrusted=True)
async def read_page(
    context: ToolContext, url: Annotated[str, "the page's address, starting with https://"]
) -> Annotated[ToolResult, Page]:
    """Read a web page or a PDF: its main text in Markdown, its title, final address and links."""
    answer = await fetch(context, url, headers=_READ_AS)
    check_status(answer.status, answer.headers, str(answer.url))
    page = await asyncio.to_thread(page_from, answer)
    return ToolResult(page, marks=[Mark((), f"web page {answer.url.host}")])


class Response(BaseModel):
    """What a server answered; `headers` have lower-case names, `json` is None unless it is JSON."""

    model_config = ConfigDict(serialize_by_alias=True)

    status: int
    headers: dict[str, str]
    text: str
    parsed: Any = Field(default=None, serialization_alias="json")


_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})
"""Headers that have many a server take a GET for something else."""


def _effect(args: Mapping[str, Json]) -> Effect:
    headers = args.get("headers")
    names = {name.lower() for name in headers} if isinstance(headers, dict) else set[str]()
    reads = args.get("method") in _READS and not names & _OVERRIDES
    return Effect.FETCH if reads else Effect.SEND


@tool(
    effect=_effect,
    worst=Effect.SEND,
    again=Again.ONCE,
    timeout=60,
    reaches=True,
    targets=("url",),
    untrusted=True,
)
async def http_request(
    context: ToolContext,
    method: Annotated[Method, "GET and HEAD only read; the others send"],
    url: Annotated[str, "the address, starting with https:// or http://"],
    headers: Annotated[
        dict[str, str] | None, "headers by name; a secret only as secret:NAME or Bearer secret:NAME"
    ] = None,
    body: Annotated[
        str | dict[str, Any] | list[Any] | None, "text, or a value sent as JSON"
    ] = None,
) -> Annotated[ToolResult, Response]:
    """Call a web API and return the answer's status, headers, text and, if it is JSON, its value.

    Any status is an answer, not a failure. Only GET and HEAD follow redirects.
    """
    sent = _headers(context, method, headers or {}, body)
    data = _body(method, body)
    secret = await filled(context, slots_in(sent), url)
    sent = {name: text for name, text in sent.items() if name not in secret}
    if method in _READS:
        answer = await fetch(context, url, method=method, headers=sent, credentials=secret)
        if is_binary(answer.body):
            raise ToolError("not_text", f"{shown_address(url)} sent no text; ask to download it.")
        return ToolResult(_response(answer), marks=[_mark(answer.url)])
    answer = await send(context, method, url, {**sent, **secret}, data)
    facts: dict[str, Json] = {
        "status": answer.status,
        "url": str(answer.url),
        "sha256": hashlib.sha256(data or b"").hexdigest(),
        "idempotency_key": sent["Idempotency-Key"],
    }
    summary = f"{method} {shown_address(str(answer.url))} was answered with status {answer.status}"
    return ToolResult(_response(answer), Receipt(summary, facts), [_mark(answer.url)])


http_request.verifies(answered_well)


@http_request.previews
async def _(
    context: ToolContext,
    method: str,
    url: str,
    headers: dict[str, str] | None = None,
    body: str | dict[str, Any] | list[Any] | None = None,
) -> Preview:
    sent = _headers(context, method, headers or {}, body)
    _body(method, body)
    lines = [f"{method} {checked_url(url)}"]
    check_bound(context, slots_in(sent), url)
    lines += [f"{name}: {text}" for name, text in sent.items()]
    if body is not None:
        shown = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2)
        lines += ["", *marked(shown)]
    return Preview("\n".join(lines))


def _headers(
    context: ToolContext,
    method: str,
    given: Mapping[str, str],
    body: str | dict[str, Any] | list[Any] | None,
) -> dict[str, str]:
    """The headers as they are sent; raises ToolError `bad_arguments` for one that cannot be."""
    for name, text in given.items():
        if not _NAME.fullmatch(name):
            raise ToolError("bad_arguments", f"{name!r:.100} cannot be the name of a header.")
        if _OURS.fullmatch(name):
            raise ToolError("bad_arguments", f"Leave out the header {name}; Butler sets it itself.")
        if not text.isascii() or not all(letter.isprintable() for letter in text):
            raise ToolError(
                "bad_arguments", f"The header {name} holds a character that no header can have."
            )
    sent = dict(given)
    names = {name.lower() for name in given}
    if body is not None and "content-type" not in names:
        kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
        sent["Content-Type"] = kind
    if method not in _READS:
        key = next((sent.pop(name) for name in given if name.lower() == "idempotency-key"), None)
        sent["Idempotency-Key"] = key or context.key
    return sent


def _body(method: str, body: str | dict[str, Any] | list[Any] | None) -> bytes | None:
    if body is None:
        return None
    if method in _READS:
        raise ToolError("bad_arguments", f"A {method} request has no body; use POST to send one.")
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return text.encode("utf-8", errors="replace")


def _response(answer: Fetched) -> Response:
    """The answer as the tool returns it, without cookies: those are the site's secrets."""
    headers = {name: text for name, text in answer.headers.items() if name != "set-cookie"}
    parsed: Any = None
    with suppress(ValueError):
        if "json" in headers.get("content-type", "") or answer.text.lstrip()[:1] in ("{", "["):
            parsed = answer.json()
    return Response(status=answer.status, headers=headers, text=answer.text, parsed=parsed)


def _mark(url: httpx.URL) -> Mark:
    return Mark((), f"web page {url.host}")


read_page.checks(check_address)
http_request.checks(check_address)
