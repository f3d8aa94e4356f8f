"""The ways to search the web, each behind one shape: what is wanted goes in, hits come out.

An engine that is set up and fails raises ToolError; an empty list means that it looked and found
nothing.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from butler_tui.core.errors import SettingsError, ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.network import Fetched, fetch
from butler_tui.tools.network_errors import check_status

Kind = Literal["text", "news"]

LONGEST_SNIPPET = 1000
NO_ANSWER = "No search engine answered; check the network, or set [search] searxng in config.toml."
NOTHING_FOUND = "No results were found (or the engines refuse this machine for now)."
_SECONDS = 15.0
_DDGS_SECONDS = 8
_DDGS_ENGINES = {
    # Named one by one: its own choice asks encyclopedias first.
    "text": "duckduckgo,brave,mojeek,startpage",
    "news": "duckduckgo,bing,yahoo",
}
_BRAVE = "https://api.search.brave.com"
_TAVILY = "https://api.tavily.com"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is searched: `country` and `language` are two lower-case letters each, or empty."""

    query: str
    limit: int
    kind: Kind
    country: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: plain text, and an http or https address."""

    title: str
    url: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Engine:
    """`place` says what an engine is set up as (an address), None when it is not set up."""

    place: Callable[[ToolContext], str | None]
    search: Callable[[ToolContext, Wanted], Awaitable[list[Hit]]]
    needs: str


async def searxng(context: ToolContext, wanted: Wanted) -> list[Hit]:
    """Ask the person's SearXNG; its address is meant, also when it is a private one."""
    address = context.option("search.searxng") or ""
    asked = {"q": wanted.query, "format": "json"}
    if wanted.kind == "news":
        asked["categories"] = "news"
    if wanted.country:
        asked["language"] = f"{wanted.language}-{wanted.country.upper()}"
    url = f"{address.rstrip('/')}/search?{urlencode(asked)}"
    answer = await fetch(context, url, meant=[address], seconds=_SECONDS)
    if answer.status == 403:
        raise ToolError(
            "refused_by_site",
            "The SearXNG of search.searxng does not give JSON; add json to search.formats in its "
            "settings.yml.",
        )
    found = _read(answer, "SearXNG")
    hits = _hits(found.get("results"), "content", wanted)
    if not hits and found.get("unresponsive_engines"):
        raise ToolError("engines_failed", "None of the engines behind SearXNG answered it.")
    return hits


async def duckduckgo(context: ToolContext, wanted: Wanted) -> list[Hit]:
    """Ask public engines through ddgs, which brings an HTTP client of its own.

    That client is outside Butler's guard; it is only ever sent to the engines' public hosts.
    """
    try:
        async with asyncio.timeout(_SECONDS + _DDGS_SECONDS):
            found = await asyncio.to_thread(_ask_ddgs, wanted)
    except TimeoutError as error:
        raise ToolError("timeout", NO_ANSWER, transient=True) from error
    return _hits(found, "body", wanted)


async def brave(context: ToolContext, wanted: Wanted) -> list[Hit]:
    """Ask the Brave Search API with the secret BRAVE_API_KEY."""
    base = context.option("search.brave") or _BRAVE
    path = "news" if wanted.kind == "news" else "web"
    asked = {"q": wanted.query, "count": str(wanted.limit), "text_decorations": "false"}
    headers = {"X-Subscription-Token": _key(context, "BRAVE_API_KEY") or ""}

    async def ask(more: Mapping[str, str]) -> Fetched:
        url = f"{base.rstrip('/')}/res/v1/{path}/search?{urlencode({**asked, **more})}"
        return await fetch(context, url, headers=headers, meant=[base], seconds=_SECONDS)

    answer = await ask({"country": wanted.country.upper()} if wanted.country else {})
    if answer.status == 422 and wanted.country:  # it knows only some countries
        answer = await ask({})
    found = _read(answer, "Brave", "BRAVE_API_KEY")
    part = found if wanted.kind == "news" else found.get("web")
    return _hits(part.get("results") if isinstance(part, dict) else None, "description", wanted)


async def tavily(context: ToolContext, wanted: Wanted) -> list[Hit]:
    """Ask the Tavily API with the secret TAVILY_API_KEY; it takes no region."""
    base = context.option("search.tavily") or _TAVILY
    asked = {
        "query": wanted.query,
        "max_results": wanted.limit,
        "topic": "news" if wanted.kind == "news" else "general",
    }
    headers = {
        "Authorization": f"Bearer {_key(context, 'TAVILY_API_KEY')}",
        "Content-Type": "application/json",
    }
    try:
        answer = await fetch(
            context,
            f"{base.rstrip('/')}/search",
            method="POST",
            headers=headers,
            body=json.dumps(asked).encode(),
            meant=[base],
            seconds=_SECONDS,
        )
    except ToolError as error:
        if error.code != "no_answer":  # a search may be sent twice, unlike other POSTs
            raise
        raise ToolError("connection_lost", "Tavily broke off.", transient=True) from error
    return _hits(_read(answer, "Tavily", "TAVILY_API_KEY").get("results"), "content", wanted)


ENGINES: Mapping[str, Engine] = {
    "searxng": Engine(
        lambda context: context.option("search.searxng"), searxng, "the setting search.searxng"
    ),
    "duckduckgo": Engine(lambda _: "ddgs", duckduckgo, "nothing"),
    "brave": Engine(
        lambda context: (
            (context.option("search.brave") or _BRAVE) if _key(context, "BRAVE_API_KEY") else None
        ),
        brave,
        "the secret BRAVE_API_KEY",
    ),
    "tavily": Engine(
        lambda context: (
            (context.option("search.tavily") or _TAVILY)
            if _key(context, "TAVILY_API_KEY")
            else None
        ),
        tavily,
        "the secret TAVILY_API_KEY",
    ),
}


def _key(context: ToolContext, name: str) -> str | None:
    """The engine's key; one that is locked away is as good as none: other engines need no key."""
    try:
        return context.secret(name)
    except SettingsError as error:
        context.progress(str(error))
        return None


def _ask_ddgs(wanted: Wanted) -> list[dict[str, Any]]:
    from ddgs import DDGS
    from ddgs.exceptions import DDGSException, TimeoutException

    engine = DDGS(timeout=_DDGS_SECONDS)
    ask = engine.news if wanted.kind == "news" else engine.text
    region = {"region": f"{wanted.country}-{wanted.language}"} if wanted.country else {}
    try:
        return ask(
            wanted.query,
            max_results=wanted.limit,
            backend=_DDGS_ENGINES[wanted.kind],
            **region,
        )
    except TimeoutException as error:
        raise ToolError("timeout", NO_ANSWER, transient=True) from error
    except DDGSException as error:
        if error.args and isinstance(error.args[0], Exception):  # what kept it from an engine
            raise ToolError("unreachable", NO_ANSWER, transient=True) from error
        raise ToolError("nothing_or_blocked", NOTHING_FOUND) from error


def _read(answer: Fetched, name: str, key: str = "") -> dict[str, Any]:
    """The JSON object that an engine answered."""
    if key and answer.status in (401, 403):
        raise ToolError("key_refused", f"{name} refuses the secret {key}; set a valid one.")
    check_status(answer.status, answer.headers, str(answer.url))
    try:
        found = answer.json()
    except ValueError as error:
        raise ToolError("bad_answer", f"{name} answered with something else than JSON.") from error
    if not isinstance(found, dict):
        raise ToolError("bad_answer", f"{name} answered in a shape that it does not document.")
    return found


def _hits(found: object, snippet: str, wanted: Wanted) -> list[Hit]:
    """Well-formed results, each address once, at most as many as wanted."""
    hits: dict[str, Hit] = {}
    for one in found if isinstance(found, Iterable) else ():
        if not isinstance(one, dict):
            continue
        url = str(one.get("url") or one.get("href") or "").strip()
        if not _is_web_address(url):
            continue
        title, text = _plain(one.get("title")), _plain(one.get(snippet))
        hits.setdefault(url, Hit(title or url, url, text[:LONGEST_SNIPPET]))
    return list(hits.values())[: wanted.limit]


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and url.isprintable()


def _plain(text: object) -> str:
    """Text without the tags that mark what was found."""
    bare = re.sub(r"</?[a-zA-Z][^<>]{0,200}>", "", text) if isinstance(text, str) else ""
    return " ".join(html.unescape(bare).split())
