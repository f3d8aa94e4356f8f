"""web_search against engines on loopback: the shapes of SearXNG, Brave, Tavily, and ddgs itself."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Iterator
from html import escape
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import pytest
from web_site import Running, Site

import butler_tui.tools.searching as searching
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolResult
from butler_tui.tools.search_engines import NO_ANSWER, NOTHING_FOUND
from butler_tui.tools.searching import Rests, web_search


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine rests from an earlier test."""
    monkeypatch.setattr(searching, "_RESTS", Rests())


@pytest.fixture
def engines() -> Iterator[Site]:
    """A host for the engines; no setting allows it as such."""
    with Running() as site:
        yield site


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


async def search(
    context: Any, *args: Any, **kwargs: Any
) -> tuple[list[dict[str, str]], ToolResult]:
    result = await web_search.run(context, *args, **kwargs)
    return result.output.model_dump()["results"], result


def hit(number: int, field: str) -> dict[str, Any]:
    return {
        "title": f"Trattoria {number}",
        "url": f"https://t{number}.example/menu",
        field: f"Pasta &amp; <strong>more</strong>  {number}",
        "score": 1.0,
    }


def served(engines: Site, path: str, answer: Any, **more: Any) -> str:
    engines.page(path, json.dumps(answer), kind="application/json", **more)
    return engines.origin


RESULTS = [
    {"title": "Trattoria 0", "url": "https://t0.example/menu", "snippet": "Pasta & more 0"},
    {"title": "Trattoria 1", "url": "https://t1.example/menu", "snippet": "Pasta & more 1"},
]


def test_what_the_planner_sees() -> None:
    assert web_search.signature() == (
        "web_search(query, limit=5, kind='text', region='')"
        " -> {results: [{title, url, snippet}, ...]}"
    )
    assert (web_search.effect, web_search.untrusted, web_search.reaches) == (
        Effect.FETCH,
        True,
        True,
    )


@pytest.mark.parametrize(
    "values", [{"limit": 0}, {"limit": 21}, {"limit": "5"}, {"kind": "images"}, {"query": 3}]
)
def test_arguments_are_checked(values: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        web_search.validated({"query": "x", **values})


@pytest.mark.parametrize("args", [("  ",), ("x", 5, "text", "Bavaria"), ("x", 5, "text", "de")])
async def test_arguments_are_checked_in_words(context: Any, args: tuple[Any, ...]) -> None:
    assert (await error_of(search(context, *args))).code == "bad_arguments"


# SearXNG


async def test_searxng_gives_results_with_an_origin_each(context: Any, engines: Site) -> None:
    answer = {"query": "x", "results": [hit(0, "content"), hit(1, "content"), hit(2, "content")]}
    context.options["search.searxng"] = served(engines, "/sx/search", answer) + "/sx/"
    results, found = await search(context, "pasta  in\nMunich", 2)
    assert results == RESULTS
    assert [(mark.path, mark.origin) for mark in found.marks] == [
        ((), "web search searxng"),
        (("results", 0), "web page t0.example"),
        (("results", 1), "web page t1.example"),
    ]
    assert parse_qs(engines.visits[0].query) == {"q": ["pasta in Munich"], "format": ["json"]}


async def test_searxng_is_asked_for_news_in_a_region(context: Any, engines: Site) -> None:
    context.options["search.searxng"] = served(engines, "/search", {"results": []})
    results, _ = await search(context, "x", 5, "news", "DE-de")
    assert results == []
    asked = parse_qs(engines.visits[0].query)
    assert (asked["categories"], asked["language"]) == (["news"], ["de-DE"])


async def test_only_well_formed_results_count(context: Any, engines: Site) -> None:
    odd = [
        None,
        "text",
        {"title": "no address"},
        {"url": "javascript:alert(1)", "title": "x"},
        {"url": "file:///etc/passwd", "title": "x"},
        {"url": "https://", "title": "x"},
        {"url": "http://[bad/", "title": "x"},
        {"url": "https://a.example/\u202e", "title": "x"},
        {"url": "https://a.example/", "title": 7, "content": ["x"]},
        {"url": "https://a.example/", "title": "the same again"},
        {"url": "https://b.example/", "title": "<b>a < b</b>", "content": "y" * 5000},
    ]
    context.options["search.searxng"] = served(engines, "/search", {"results": odd})
    results, _ = await search(context, "x")
    assert results == [
        {"title": "https://a.example/", "url": "https://a.example/", "snippet": ""},
        {"title": "a < b", "url": "https://b.example/", "snippet": "y" * 1000},
    ]


@pytest.mark.parametrize(
    ("answer", "more", "code"),
    [
        ({}, {"status": 403}, "refused_by_site"),
        ({}, {"status": 429}, "rate_limited"),
        ({}, {"status": 500}, "site_failed"),
        ("a text", {}, "bad_answer"),
        ({"results": [], "unresponsive_engines": [["bing", "timeout"]]}, {}, "engines_failed"),
    ],
)
async def test_searxng_that_fails_says_why(
    context: Any, engines: Site, answer: Any, more: dict[str, Any], code: str
) -> None:
    context.options |= {"search.order": "searxng"}
    context.options["search.searxng"] = served(engines, "/search", answer, **more)
    error = await error_of(search(context, "x"))
    assert error.code == code
    if code == "refused_by_site":
        assert "search.formats" in str(error)


async def test_searxng_that_sends_a_page_is_refused(context: Any, engines: Site) -> None:
    engines.page("/search", "<html>results</html>")
    context.options |= {"search.order": "searxng", "search.searxng": engines.origin}
    assert (await error_of(search(context, "x"))).code == "bad_answer"


async def test_the_address_of_searxng_allows_that_origin_only(
    context: Any, engines: Site, web_site: Site
) -> None:
    context.origins.clear()
    location = f"{web_site.origin}/search"
    engines.page("/search", status=302, headers={"Location": location})
    context.options |= {"search.order": "searxng", "search.searxng": engines.origin}
    assert (await error_of(search(context, "x"))).code == "private_address"
    assert web_site.visits == []


# Keys


async def test_brave_is_asked_with_its_key(context: Any, engines: Site) -> None:
    answer = {"web": {"results": [hit(0, "description"), hit(1, "description")]}}
    context.options |= {
        "search.order": "brave",
        "search.brave": served(engines, "/res/v1/web/search", answer),
    }
    context.secrets["BRAVE_API_KEY"] = "k-1"
    results, _ = await search(context, "pasta", 2, "text", "de-de")
    assert results == RESULTS
    visit = engines.visits[0]
    assert visit.headers["x-subscription-token"] == "k-1"
    asked = parse_qs(visit.query)
    assert (asked["q"], asked["count"], asked["country"]) == (["pasta"], ["2"], ["DE"])


async def test_brave_news_and_a_country_it_does_not_know(context: Any, engines: Site) -> None:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        body = json.dumps({"results": [hit(0, "description")]}).encode()
        visit.send_response(422 if "country=" in visit.path else 200)
        visit.send_header("Content-Length", str(len(body)))
        visit.end_headers()
        visit.wfile.write(body)

    engines.on("/res/v1/news/search", answer)
    context.options |= {"search.order": "brave", "search.brave": engines.origin}
    context.secrets["BRAVE_API_KEY"] = "k-1"
    results, _ = await search(context, "pasta", 1, "news", "li-de")
    assert results == RESULTS[:1]
    assert len(engines.visits) == 2


async def test_tavily_is_asked_with_its_key(context: Any, engines: Site) -> None:
    answer = {"results": [hit(0, "content"), hit(1, "content")]}
    context.options |= {
        "search.order": "tavily",
        "search.tavily": served(engines, "/search", answer),
    }
    context.secrets["TAVILY_API_KEY"] = "k-2"
    results, _ = await search(context, "pasta", 2, "news")
    assert results == RESULTS
    visit = engines.visits[0]
    assert (visit.method, visit.headers["authorization"]) == ("POST", "Bearer k-2")
    assert json.loads(visit.body) == {"query": "pasta", "max_results": 2, "topic": "news"}


@pytest.mark.parametrize(
    ("name", "path", "key"),
    [
        ("brave", "/res/v1/web/search", "BRAVE_API_KEY"),
        ("tavily", "/search", "TAVILY_API_KEY"),
    ],
)
async def test_a_key_that_is_refused_is_named_but_not_told(
    context: Any, engines: Site, name: str, path: str, key: str
) -> None:
    origin = served(engines, path, {"error": "no"}, status=401)
    context.options |= {"search.order": name, f"search.{name}": origin}
    context.secrets[key] = "k-s3cret"
    error = await error_of(search(context, "x"))
    assert error.code == "key_refused"
    assert key in str(error) and "s3cret" not in str(error)


# Order


async def test_the_next_engine_answers_when_one_fails_which_then_rests(
    context: Any, engines: Site
) -> None:
    served(engines, "/search", {}, status=500)
    served(engines, "/res/v1/web/search", {"web": {"results": [hit(0, "description")]}})
    context.options |= {
        "search.order": "searxng, brave",
        "search.searxng": engines.origin,
        "search.brave": engines.origin + "/",
    }
    context.secrets["BRAVE_API_KEY"] = "k"
    for _ in range(2):
        results, found = await search(context, "x")
        assert results == RESULTS[:1]
        assert found.marks[0].origin == "web search brave"
    paths = [visit.path for visit in engines.visits]
    assert paths == ["/search", "/res/v1/web/search", "/res/v1/web/search"]


async def test_when_all_fail_it_is_said_once_and_short(context: Any, engines: Site) -> None:
    served(engines, "/search", {}, status=500)
    served(engines, "/res/v1/web/search", {}, status=429)
    context.options |= {
        "search.order": "searxng,brave",
        "search.searxng": engines.origin,
        "search.brave": engines.origin + "/",
    }
    context.secrets["BRAVE_API_KEY"] = "k"
    error = await error_of(search(context, "x"))
    assert (error.code, error.transient) == ("rate_limited", True)
    assert str(error) == NOTHING_FOUND
    await error_of(search(context, "x"))  # all rest: they are asked all the same
    assert len(engines.visits) == 4


async def test_engines_that_cannot_be_reached_are_not_taken_for_an_empty_web(
    context: Any, engines: Site
) -> None:
    served(engines, "/search", {}, status=500)
    served(engines, "/res/v1/web/search", {}, status=503)
    context.options |= {
        "search.order": "searxng,brave",
        "search.searxng": engines.origin,
        "search.brave": engines.origin + "/",
    }
    context.secrets["BRAVE_API_KEY"] = "k"
    error = await error_of(search(context, "x"))
    assert (error.code, str(error)) == ("site_failed", NO_ANSWER)


async def test_a_refused_key_is_named_when_all_fail(context: Any, engines: Site) -> None:
    served(engines, "/search", {}, status=500)
    served(engines, "/res/v1/web/search", {}, status=401)
    context.options |= {
        "search.order": "searxng,brave",
        "search.searxng": engines.origin,
        "search.brave": engines.origin + "/",
    }
    context.secrets["BRAVE_API_KEY"] = "k"
    error = await error_of(search(context, "x"))
    assert (error.code, error.transient) == ("key_refused", False)
    assert str(error) == "Brave refuses the secret BRAVE_API_KEY; set a valid one."


@pytest.mark.parametrize(
    ("order", "code", "says"),
    [
        ("google", "bad_setting", "searxng, duckduckgo, brave, tavily"),
        ("brave,tavily", "not_set_up", "brave needs the secret BRAVE_API_KEY"),
        (",", "not_set_up", "none is named"),
    ],
)
async def test_an_order_that_leads_nowhere(context: Any, order: str, code: str, says: str) -> None:
    context.options["search.order"] = order
    error = await error_of(search(context, "x"))
    assert error.code == code
    assert says in str(error)


def test_an_engine_rests_for_its_time_and_only_while_there_is_another() -> None:
    now = [100.0]
    rests = Rests(60.0, lambda: now[0])
    rests.start("a")
    assert rests.awake_first(["a", "b"]) == ["b"]
    assert rests.awake_first(["a"]) == ["a"]
    now[0] = 160.0
    assert rests.awake_first(["a", "b"]) == ["a", "b"]


# ddgs


def duckduckgo_page(*hits: dict[str, Any]) -> str:
    """A result page as html.duckduckgo.com lays it out."""
    rows = "".join(
        '<div class="result results_links web-result"><div class="links_main result__body">'
        f'<h2 class="result__title"><a class="result__a" href="{escape(one["url"])}">'
        f"{escape(one['title'])}</a></h2>"
        f'<a class="result__snippet" href="{escape(one["url"])}">{one["snippet"]}</a>'
        "</div></div>"
        for one in hits
    )
    return f'<html><body><div id="links" class="results">{rows}</div></body></html>'


@pytest.fixture
def public_engines(engines: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The engines that ddgs asks, moved to loopback; each still speaks its own pages."""
    from ddgs.engines import ENGINES

    for kind in ("text", "news"):
        for name, engine in ENGINES[kind].items():
            monkeypatch.setattr(engine, "search_url", f"{engines.origin}/{kind}/{name}")
    monkeypatch.delitem(ENGINES["text"], "startpage")  # it visits its home page first
    monkeypatch.delitem(ENGINES["news"], "duckduckgo")  # so does it
    monkeypatch.delenv("DDGS_PROXY", raising=False)
    return engines


async def test_duckduckgo_needs_no_set_up(context: Any, public_engines: Site) -> None:
    public_engines.page("/text/duckduckgo", duckduckgo_page(*RESULTS))
    results, found = await search(context, "Trattoria pasta", 2, "text", "de-de")
    assert sorted(results, key=lambda one: one["title"]) == RESULTS
    assert found.marks[0].origin == "web search duckduckgo"
    visit = next(one for one in public_engines.visits if one.path == "/text/duckduckgo")
    assert parse_qs(visit.body.decode())["l"] == ["de-de"]
    asked = {one.path for one in public_engines.visits}
    assert asked <= {f"/text/{name}" for name in ("duckduckgo", "brave", "mojeek")}


@pytest.mark.parametrize("status", [200, 202, 403, 429])
async def test_nothing_and_blocked_look_the_same_and_are_said_to(
    context: Any, public_engines: Site, status: int
) -> None:
    for name in ("duckduckgo", "brave", "mojeek"):
        public_engines.page(f"/text/{name}", duckduckgo_page(), status=status)
    error = await error_of(search(context, "zxqv"))
    assert (error.code, error.transient) == ("nothing_or_blocked", False)
    assert str(error) == NOTHING_FOUND


async def test_public_engines_out_of_reach_are_said_to_be(
    context: Any, public_engines: Site
) -> None:
    for name in ("duckduckgo", "brave", "mojeek"):
        public_engines.on(f"/text/{name}", _hang_up)
    error = await error_of(search(context, "zxqv"))
    assert (error.code, str(error), error.transient) == ("unreachable", NO_ANSWER, True)


def _hang_up(visit: BaseHTTPRequestHandler) -> None:
    visit.close_connection = True


async def test_a_blocked_duckduckgo_gives_way_to_a_key(context: Any, public_engines: Site) -> None:
    answer = {"results": [hit(0, "content")]}
    context.options["search.tavily"] = served(public_engines, "/search", answer)
    context.secrets["TAVILY_API_KEY"] = "k"
    results, found = await search(context, "x")
    assert results == RESULTS[:1]
    assert found.marks[0].origin == "web search tavily"
    assert "/text/duckduckgo" in [visit.path for visit in public_engines.visits]


async def test_news_come_from_ddgs_too(context: Any, public_engines: Site) -> None:
    row = (
        '<div id="web"><ul><li><a href="x"></a><h4 class="s-title">'
        '<a href="https://r.search.example/RU=https%3A%2F%2Ft0.example%2Fmenu/RK=2/x">'
        "Trattoria 0</a></h4><p>Pasta &amp; more 0</p></li></ul></div>"
    )
    public_engines.page("/news/yahoo", f"<html><body>{row}</body></html>")
    results, _ = await search(context, "Trattoria", 1, "news")
    assert results == RESULTS[:1]
