"""web_search: asks the engines that are set up, in the person's order, until one answers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, Field

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, Mark, ToolContext, ToolResult, tool
from butler_tui.tools.search_engines import (
    ENGINES,
    NO_ANSWER,
    NOTHING_FOUND,
    Engine,
    Hit,
    Kind,
    Wanted,
)

ORDER = "searxng,duckduckgo,brave,tavily"
REST_SECONDS = 60.0
_REGION = re.compile(r"([a-z]{2})-([a-z]{2})", re.I)


class SearchResult(BaseModel):
    """One page that was found."""

    title: str
    url: str
    snippet: str


class SearchResults(BaseModel):
    """What was found, best first; empty when an engine looked and found nothing."""

    results: list[SearchResult]


class Rests:
    """Engines that failed rest a while: they are passed over as long as another one is there."""

    def __init__(
        self, seconds: float = REST_SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._until: dict[str, float] = {}

    def start(self, place: str) -> None:
        """Let what is set up there rest from now on."""
        self._until[place] = self._clock() + self._seconds

    def awake_first(self, places: list[str]) -> list[str]:
        """Those that do not rest; all of them when all rest."""
        now = self._clock()
        awake = [place for place in places if self._until.get(place, now) <= now]
        return awake or places


_RESTS = Rests()

_TO_PUT_RIGHT = ("key_refused", "refused_by_site", "engines_failed", "private_address", "bad_url")
"""Codes of failures whose sentence says what the person can do."""


@tool(effect=Effect.FETCH, timeout=90, reaches=True, untrusted=True)
async def web_search(
    context: ToolContext,
    query: Annotated[str, "what to search for"],
    limit: Annotated[int, Field(ge=1, le=20), "how many results, at most 20"] = 5,
    kind: Annotated[Kind, "news finds recent reports"] = "text",
    region: Annotated[str, "country and language, such as de-de or us-en"] = "",
) -> Annotated[ToolResult, SearchResults]:
    """Search the web: results with title, url and snippet, best first. read_page reads a result."""
    wanted = _wanted(query, limit, kind, region)
    failures: list[tuple[str, ToolError]] = []
    ready = _ready(context)
    for place in _RESTS.awake_first(list(ready)):
        name, engine = ready[place]
        context.progress(f"asking {name}")
        try:
            return _found(name, await engine.search(context, wanted))
        except ToolError as error:
            failures.append((name, error))
            _RESTS.start(place)
    raise _all_failed(failures)


def _wanted(query: str, limit: int, kind: Kind, region: str) -> Wanted:
    text = " ".join(query.split())
    if not text:
        raise ToolError("bad_arguments", "There is nothing to search for; give a few words.")
    if not region:
        return Wanted(text, limit, kind)
    match = _REGION.fullmatch(region)
    if not match:
        raise ToolError(
            "bad_arguments",
            "The region must be a country and a language of two letters each, as in de-de.",
        )
    return Wanted(text, limit, kind, match[1].lower(), match[2].lower())


def _ready(context: ToolContext) -> dict[str, tuple[str, Engine]]:
    """The engines that are set up, by their places, in the person's order."""
    order = context.option("search.order") or ORDER
    names = [name for name in (part.strip().lower() for part in order.split(",")) if name]
    unknown = [name for name in names if name not in ENGINES]
    if unknown:
        raise ToolError(
            "bad_setting",
            f"search.order in config.toml names {unknown[0]!r}; it can hold {', '.join(ENGINES)}.",
        )
    ready: dict[str, tuple[str, Engine]] = {}
    for name in names:
        if place := ENGINES[name].place(context):
            ready[place] = (name, ENGINES[name])
    if not ready:
        missing = ", ".join(f"{name} needs {ENGINES[name].needs}" for name in names)
        raise ToolError("not_set_up", f"No search engine is set up: {missing or 'none is named'}.")
    return ready


def _found(name: str, hits: list[Hit]) -> ToolResult:
    results = [SearchResult(title=hit.title, url=hit.url, snippet=hit.snippet) for hit in hits]
    marks = [Mark((), f"web search {name}")]
    for index, hit in enumerate(hits):
        marks.append(Mark(("results", index), f"web page {urlsplit(hit.url).hostname}"))
    return ToolResult(SearchResults(results=results), marks=marks)


def _all_failed(failures: list[tuple[str, ToolError]]) -> ToolError:
    """One error for all engines: worth another try only if each one's is.

    What the person can put right (a key, a setting) is told as it is; of the rest, only whether
    an engine was reached.
    """
    if len(failures) == 1:
        return failures[0][1]
    told = [error for _, error in failures if error.code in _TO_PUT_RIGHT]
    transient = all(error.transient for _, error in failures)
    if told:
        return ToolError(told[0].code, " ".join(map(str, told)), transient=transient)
    codes = [error.code for _, error in failures]
    code = "nothing_or_blocked" if "nothing_or_blocked" in codes else codes[-1]
    reached = {"nothing_or_blocked", "rate_limited"} & set(codes)
    return ToolError(code, NOTHING_FOUND if reached else NO_ANSWER, transient=transient)
