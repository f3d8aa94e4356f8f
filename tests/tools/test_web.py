"""read_page and http_request against a site on loopback."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from pydantic import TypeAdapter
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolResult
from butler_tui.tools.web import http_request, read_page

ARTICLE = """<!doctype html><html><head><title>Trattoria Bella</title></head><body>
<nav><a href="/">Home</a> <a href="/imprint">Imprint</a></nav>
<article><h1>Trattoria Bella</h1>
<p>A small family restaurant near the river, open since 1987. The pasta is made every morning,
and the <a href="menu?day=1#top">menu</a> changes with the market, so call before you come.</p>
<table><tr><th>Day</th><th>Opens</th></tr><tr><td>Monday</td><td>17:00</td></tr></table>
<p>Phone: 089 1234. <a href="https://maps.example/bella">Where it is</a>,
<a href="mailto:bella@example.org">mail</a>, <a href="javascript:alert(1)">click</a>,
<a href="#top">top</a>, <a href="http://[bad">bad</a></p></article>
<script>var hidden = "tracking";</script><footer>All rights reserved</footer></body></html>"""


async def read(context: Any, url: str) -> tuple[dict[str, Any], ToolResult]:
    result = await read_page.run(context, url)
    return result.output.model_dump(mode="json"), result


async def error_of(work: Awaitable[Any]) -> ToolError:
    """The ToolError that the work ends with; its message is one sentence without controls."""
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


def pdf(*lines: str, password: str = "") -> bytes:
    from reportlab.lib import pdfencrypt
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    lock = pdfencrypt.StandardEncryption(password, canPrint=0) if password else None
    canvas = Canvas(file, encrypt=lock)
    canvas.setTitle("Price list")
    for line in lines:
        canvas.drawString(72, 700, line)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


# read_page


def test_read_page_says_what_it_is() -> None:
    assert (
        read_page.signature() == "read_page(url) -> {text, title, url, links: [{text, url}, ...]}"
    )
    assert (read_page.effect, read_page.untrusted, read_page.reaches) == (Effect.FETCH, True, True)


async def test_a_page_becomes_markdown_with_title_links_and_origin(
    context: Any, web_site: Site
) -> None:
    page, result = await read(context, web_site.page("/bella/", ARTICLE))
    assert page["title"] == "Trattoria Bella"
    assert page["url"] == f"{web_site.origin}/bella/"
    assert "near the river" in page["text"]
    assert f"[menu]({web_site.origin}/bella/menu?day=1#top)" in page["text"]
    assert "| Monday | 17:00 |" in page["text"]
    assert "javascript:" not in page["text"] and "mailto:" not in page["text"]
    assert "tracking" not in page["text"] and "All rights" not in page["text"]
    assert page["links"] == [
        {"text": "Home", "url": f"{web_site.origin}/"},
        {"text": "Imprint", "url": f"{web_site.origin}/imprint"},
        {"text": "menu", "url": f"{web_site.origin}/bella/menu?day=1#top"},
        {"text": "Where it is", "url": "https://maps.example/bella"},
    ]
    assert [(mark.path, mark.origin) for mark in result.marks] == [((), "web page 127.0.0.1")]


async def test_the_final_address_is_the_page_s(context: Any, web_site: Site) -> None:
    web_site.page("/old", status=301, headers={"Location": "/new"})
    web_site.page("/new", ARTICLE)
    page, _ = await read(context, f"{web_site.origin}/old")
    assert page["url"] == f"{web_site.origin}/new"


async def test_a_base_address_counts_for_links(context: Any, web_site: Site) -> None:
    url = web_site.page("/a", "<base href='/sub/'><p>Text</p><a href='x'>X</a>")
    page, _ = await read(context, url)
    assert page["links"] == [{"text": "X", "url": f"{web_site.origin}/sub/x"}]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>Closed today.</p>", "Closed today."),
        ("<body>Just <b>a</b>\n word<br>and more</body>", "Just **a**\n word\n\nand more"),
        ("<div>One</div><style>p{}</style><script>x()</script><div>Two</div>", "One\n\nTwo"),
        ("<?xml version='1.0' encoding='latin-1'?><html><body>ok</body></html>", "ok"),
    ],
)
async def test_a_page_without_an_article_gives_its_body(
    context: Any, web_site: Site, body: str, text: str
) -> None:
    page, _ = await read(context, web_site.page("/", body))
    assert page["text"] == text


async def test_a_list_that_is_no_article_is_kept_whole(context: Any, web_site: Site) -> None:
    rows = "".join(f"<div class=card><a href='/r{n}'>Place {n}</a></div>" for n in range(60))
    page, _ = await read(context, web_site.page("/", f"<body><main>{rows}</main></body>"))
    assert all(f"Place {n}" in page["text"] for n in range(60))
    assert len(page["links"]) == 60


async def test_a_page_of_very_many_elements_is_read_in_time(context: Any, web_site: Site) -> None:
    body = "<table><tr><td>x</td></tr></table>" * 60_000
    page, _ = await read(context, web_site.page("/", f"<body>{body}</body>"))
    assert page["text"].count("x") == 60_000


@pytest.mark.parametrize(
    "body",
    [
        "<div>" * 50_000 + "deep",
        "<p>&#0;&#xD800;&#x1F600;<a href='/&#xD800;'>&#xDC00;x</a>deep\0",
        "deep" + "<b>" * 50_000,
    ],
    ids=["nested", "odd characters", "unclosed"],
)
async def test_malformed_pages_are_read_or_refused(context: Any, web_site: Site, body: str) -> None:
    url = web_site.page("/", "<html><body>" + body)
    try:
        page, _ = await read(context, url)
    except ToolError as error:
        assert error.code in ("empty_page", "not_text")
    else:
        assert "deep" in page["text"]
        json.dumps(page, ensure_ascii=False).encode()


async def test_text_and_json_are_given_as_they_are(context: Any, web_site: Site) -> None:
    data = '{"a": [1, 2],\n "b": "<b>"}'
    page, _ = await read(context, web_site.page("/a", data, kind="application/json"))
    assert (page["text"], page["title"], page["links"]) == (data, "", [])
    text = "line one\n  line two\n<not> html"
    page, _ = await read(context, web_site.page("/b", text, kind="text/plain"))
    assert page["text"] == text


async def test_html_without_a_declared_type_is_html(context: Any, web_site: Site) -> None:
    page, _ = await read(context, web_site.page("/", ARTICLE, kind=""))
    assert "<p>" not in page["text"]


async def test_a_pdf_gives_its_text(context: Any, web_site: Site) -> None:
    data = pdf("Pizza Margherita 12 EUR", "Tiramisu 6 EUR")
    page, _ = await read(context, web_site.page("/menu", data, kind="application/octet-stream"))
    assert page["text"] == "Pizza Margherita 12 EUR\n\nTiramisu 6 EUR"
    assert page["title"] == "Price list"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "image/png", "not_text"),
        (b"PK\x03\x04\0\0\0\0", "application/zip", "not_text"),
        (b"\x7fELF\x02\x01\x01\0", "text/html", "not_text"),
        (b"ID3", "audio/mpeg", "not_text"),
        (b"%PDF-1.7 and then nothing of a PDF", "application/pdf", "not_text"),
        (pdf("secret", password="x"), "application/pdf", "encrypted"),
        (pdf(""), "application/pdf", "empty_page"),
        (b"", "text/html", "empty_page"),
        (b"<div id=app></div><script src=a.js></script>", "text/html", "empty_page"),
        (b" \n", "text/plain", "empty_page"),
    ],
    ids=[
        "picture",
        "archive",
        "program",
        "sound",
        "broken pdf",
        "locked pdf",
        "pdf without text",
        "nothing",
        "only scripts",
        "blank",
    ],
)
async def test_what_holds_no_text(
    context: Any, web_site: Site, body: bytes, kind: str, code: str
) -> None:
    error = await error_of(read(context, web_site.page("/", body, kind=kind)))
    assert (error.code, error.transient) == (code, False)


@pytest.mark.parametrize(
    ("status", "headers", "code", "transient", "says"),
    [
        (404, {}, "not_found", False, "does not exist"),
        (410, {}, "not_found", False, "does not exist"),
        (403, {}, "refused_by_site", False, "refuses"),
        (451, {}, "refused_by_site", False, "refuses"),
        (401, {}, "refused_by_site", False, "login"),
        (408, {}, "site_failed", True, "try again"),
        (429, {}, "rate_limited", True, "try again later"),
        (429, {"Retry-After": "30"}, "rate_limited", True, "wait 30 seconds"),
        (503, {"Retry-After": "600"}, "site_failed", True, "wait 10 minutes"),
        (503, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}, "site_failed", True, "0 seconds"),
        (503, {"Retry-After": "soon"}, "site_failed", True, "try again later"),
        (500, {}, "site_failed", True, "fault"),
        (304, {}, "refused_by_site", False, "304"),
    ],
)
async def test_a_status_becomes_a_sentence(
    context: Any,
    web_site: Site,
    status: int,
    headers: dict[str, str],
    code: str,
    transient: bool,
    says: str,
) -> None:
    url = web_site.page("/", "<p>sorry</p>", status=status, headers=headers)
    error = await error_of(read(context, url))
    assert (error.code, error.transient) == (code, transient)
    assert says in str(error)


async def test_more_than_ten_megabytes_are_too_big(context: Any, web_site: Site) -> None:
    url = web_site.page("/", b"x" * 10_000_001, kind="text/plain")
    assert (await error_of(read(context, url))).code == "too_big"


async def test_a_private_page_is_refused_with_what_to_do(context: Any) -> None:
    with Running() as site:
        error = await error_of(read(context, f"{site.origin}/admin"))
    assert error.code == "private_address"
    assert f'add "{site.origin}" to [network] allow' in str(error)


# http_request


async def call(context: Any, *args: Any, **kwargs: Any) -> tuple[dict[str, Any], ToolResult]:
    result = await http_request.run(context, *args, **kwargs)
    return result.output.model_dump(mode="json"), result


def test_the_effect_goes_by_the_method() -> None:
    assert http_request.effect is Effect.SEND
    effects = {
        method: http_request.effect_of({"method": method})
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", None)
    }
    reads = {method for method, effect in effects.items() if effect is Effect.FETCH}
    assert reads == {"GET", "HEAD"}
    assert set(effects.values()) == {Effect.FETCH, Effect.SEND}


def test_the_planner_sees_a_field_called_json() -> None:
    assert http_request.signature() == (
        "http_request(method, url, headers=None, body=None) -> {status, headers, text, json}"
    )


@pytest.mark.parametrize(
    ("values", "good"),
    [
        ({"method": "GET"}, True),
        ({"method": "POST", "body": {"a": [1, None]}, "headers": {"X-A": "b"}}, True),
        ({"method": "POST", "body": "text"}, True),
        ({"method": "get"}, False),
        ({"method": "TRACE"}, False),
        ({"method": "POST", "body": 3}, False),
        ({"method": "GET", "headers": {"X-A": 3}}, False),
    ],
)
def test_arguments_are_checked(values: dict[str, Any], good: bool) -> None:
    values = {"url": "https://example.org/", **values}
    if good:
        assert http_request.validated(values) == values
    else:
        with pytest.raises(ToolError):
            http_request.validated(values)


async def test_get_returns_status_headers_text_and_json(context: Any, web_site: Site) -> None:
    url = web_site.page(
        "/api",
        '{"rooms": [1, 2]}',
        kind="application/json",
        headers={"X-Total": "2", "Set-Cookie": "session=s3cret"},
    )
    answer, result = await call(context, "GET", url + "?q=1", {"X-Wish": "yes"})
    assert answer["status"] == 200
    assert answer["headers"]["x-total"] == "2"
    assert answer["text"] == '{"rooms": [1, 2]}'
    assert answer["json"] == {"rooms": [1, 2]}
    assert "s3cret" not in json.dumps(answer)
    assert result.receipt is None
    assert result.marks[0].origin == "web page 127.0.0.1"
    visit = web_site.visits[0]
    assert (visit.query, visit.headers["x-wish"], visit.body) == ("q=1", "yes", b"")
    assert "idempotency-key" not in visit.headers


@pytest.mark.parametrize(
    "body", ["NaN", "[1, Infinity]", "1e400", "{", "[" * 100_000, "1" * 5000, "words"]
)
async def test_what_is_no_json_has_no_json(context: Any, web_site: Site, body: str) -> None:
    answer, _ = await call(context, "GET", web_site.page("/", body, kind="application/json"))
    assert (answer["json"], answer["text"]) == (None, body)


async def test_half_a_character_becomes_a_mark(context: Any, web_site: Site) -> None:
    body = '{"a\\ud83d": ["x\\udc00", "\\ud83d\\ude00", 1.5]}'
    answer, _ = await call(context, "GET", web_site.page("/", body, kind="application/json"))
    assert answer["json"] == {"a\ufffd": ["x\ufffd", "\U0001f600", 1.5]}


async def test_an_error_status_is_an_answer(context: Any, web_site: Site) -> None:
    answer, _ = await call(context, "GET", f"{web_site.origin}/nowhere")
    assert answer["status"] == 404


async def test_head_reads_no_body(context: Any, web_site: Site) -> None:
    answer, _ = await call(context, "HEAD", web_site.page("/", "hello"))
    assert (answer["text"], answer["headers"]["content-length"]) == ("", "5")
    assert web_site.visits[0].method == "HEAD"


async def test_get_of_a_picture_is_refused(context: Any, web_site: Site) -> None:
    url = web_site.page("/", b"\x89PNG\r\n\0", kind="image/png")
    assert (await error_of(call(context, "GET", url))).code == "not_text"


@pytest.mark.parametrize(
    ("body", "sent", "kind"),
    [
        ({"name": "Zoë", "n": [1]}, '{"name": "Zoë", "n": [1]}'.encode(), "application/json"),
        ([1, 2], b"[1, 2]", "application/json"),
        ("Zoë", "Zoë".encode(), "text/plain; charset=utf-8"),
    ],
)
async def test_post_sends_the_body_with_a_key_and_gives_a_receipt(
    context: Any, web_site: Site, body: Any, sent: bytes, kind: str
) -> None:
    import hashlib

    url = web_site.page("/api", '{"id": 7}', kind="application/json", status=201)
    answer, result = await call(context, "POST", url, body=body)
    assert (answer["status"], answer["json"]) == (201, {"id": 7})
    visit = web_site.visits[0]
    assert (visit.method, visit.body, visit.headers["content-type"]) == ("POST", sent, kind)
    assert visit.headers["idempotency-key"] == context.key
    assert result.receipt is not None
    assert result.receipt.facts == {
        "status": 201,
        "url": url,
        "sha256": hashlib.sha256(sent).hexdigest(),
        "idempotency_key": context.key,
    }
    assert "201" in result.receipt.summary


async def test_headers_that_the_caller_gives_win(context: Any, web_site: Site) -> None:
    url = web_site.page("/api", "ok")
    headers = {"content-type": "application/x-www-form-urlencoded", "Idempotency-Key": "mine"}
    await call(context, "POST", url, headers, "a=1")
    seen = web_site.visits[0].headers
    assert seen["content-type"] == "application/x-www-form-urlencoded"
    assert seen["idempotency-key"] == "mine"


@pytest.mark.parametrize(
    ("method", "headers", "body"),
    [
        ("POST", {"Host": "evil.example"}, None),
        ("POST", {"Content-Length": "3"}, "x"),
        ("POST", {"transfer-encoding": "chunked"}, "x"),
        ("POST", {"X-A": "a\r\nX-B: b"}, None),
        ("POST", {"X-A": "ä"}, None),
        ("POST", {"X A": "b"}, None),
        ("POST", {"": "b"}, None),
        ("GET", None, "body"),
    ],
)
async def test_requests_that_cannot_be_are_refused_by_call_and_preview(
    context: Any, web_site: Site, method: str, headers: Any, body: Any
) -> None:
    url = web_site.page("/", "ok")
    assert (await error_of(call(context, method, url, headers, body))).code == "bad_arguments"
    assert http_request.preview is not None
    preview = http_request.preview(context, method, url, headers, body)
    assert (await error_of(preview)).code == "bad_arguments"
    assert web_site.visits == []


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\nabc",
        b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc",
        b"Content-Length: 3\r\n\r\n\0\1\2",
    ],
    ids=["breaks off", "broken gzip", "unasked encoding", "binary"],
)
async def test_once_a_post_is_answered_its_body_cannot_make_it_fail(
    context: Any, web_site: Site, rest: bytes
) -> None:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        visit.wfile.write(b"HTTP/1.1 202 Accepted\r\n" + rest)
        visit.close_connection = True

    got, result = await call(context, "POST", web_site.on("/", answer), body="x")
    assert got["status"] == 202
    assert got["text"] in ("", "abc")
    assert result.receipt is not None


async def test_a_post_without_an_answer_is_not_said_to_have_failed(
    context: Any, web_site: Site
) -> None:
    def hang_up(visit: BaseHTTPRequestHandler) -> None:
        visit.close_connection = True

    error = await error_of(call(context, "POST", web_site.on("/", hang_up), body="x"))
    assert (error.code, error.transient) == ("no_answer", False)
    assert "may have arrived" in str(error)


async def test_the_preview_shows_the_request_with_the_names_of_secrets(
    context: Any, web_site: Site
) -> None:
    assert http_request.preview is not None
    context.options["secrets.hosts.API_TOKEN"] = web_site.origin
    preview = await http_request.preview(
        context,
        "POST",
        f"{web_site.origin}/api?x=1",
        {"Authorization": "Bearer secret:API_TOKEN", "X-Author": "Zo", "A": "b"},
        {"to": "Zoë"},
    )
    assert preview.text == (
        f"POST {web_site.origin}/api?x=1\n"
        "Authorization: Bearer secret:API_TOKEN\nX-Author: Zo\nA: b\n"
        f"Content-Type: application/json\nIdempotency-Key: {context.key}\n"
        '\n│ {\n│   "to": "Zoë"\n│ }'
    )
    assert web_site.visits == []


async def test_no_line_of_a_body_can_pass_for_another_request(context: Any, web_site: Site) -> None:
    body = "x\n\nPOST https://example.org/harmless\nContent-Type: text/plain"
    assert http_request.preview is not None
    preview = await http_request.preview(context, "POST", f"{web_site.origin}/api", None, body)
    head, _, shown = preview.text.partition("\n\n")
    assert "example.org" not in head
    assert all(line.startswith("│ ") for line in shown.split("\n"))


def test_the_schema_of_the_answer_can_be_written() -> None:
    assert http_request.output is not None
    assert set(http_request.output["properties"]) == {"status", "headers", "text", "json"}
    TypeAdapter(dict).dump_json(dict(http_request.output))
