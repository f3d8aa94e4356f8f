"""Secrets in headers: by name only, filled in at the last moment, for their own origin alone."""

from __future__ import annotations

from typing import Any

import pytest
from web_site import Running, Site

from butler_tui.core.errors import SettingsError, ToolError
from butler_tui.tools.web import http_request

HANDLE = {"Authorization": "Bearer secret:API_TOKEN", "X-Other": "secret:API_TOKEN"}


@pytest.fixture
def bound(context: Any, web_site: Site) -> Any:
    """A context whose settings bind API_TOKEN to the site."""
    context.secrets["API_TOKEN"] = "t0p-value"
    context.options["secrets.hosts.API_TOKEN"] = f"https://api.example.org,{web_site.origin}"
    return context


async def error_code(context: Any, url: str, headers: dict[str, str]) -> str:
    with pytest.raises(ToolError) as caught:
        await http_request.run(context, "GET", url, headers)
    return caught.value.code


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_name_becomes_the_value_on_the_way_out(
    bound: Any, web_site: Site, method: str
) -> None:
    url = web_site.page("/a", "done")
    result = await http_request.run(bound, method, url, HANDLE)
    sent = web_site.visits[0].headers
    assert sent["authorization"] == "Bearer t0p-value"
    assert sent["x-other"] == "t0p-value"
    assert "t0p-value" not in str(result)


async def test_no_other_origin_gets_it(bound: Any, web_site: Site) -> None:
    with Running() as other:
        bound.origins.append(other.origin)
        assert await error_code(bound, other.origin, HANDLE) == "secret_not_bound"
        web_site.page("/a", status=307, headers={"Location": "/b"})
        web_site.page("/b", status=307, headers={"Location": f"{other.origin}/c"})
        other.page("/c", status=307, headers={"Location": f"{web_site.origin}/d"})
        web_site.page("/d", "done")
        await http_request.run(bound, "GET", f"{web_site.origin}/a", HANDLE)
    assert [("authorization" in one.headers) for one in web_site.visits] == [True, True, False]
    assert [len({"authorization", "x-other"} & set(one.headers)) for one in other.visits] == [0]


async def test_a_preview_does_not_read_the_secret(bound: Any, web_site: Site) -> None:
    bound.secrets.clear()
    assert http_request.preview is not None
    shown = await http_request.preview(bound, "POST", web_site.origin, HANDLE)
    assert "Authorization: Bearer secret:API_TOKEN" in shown.text
    with pytest.raises(ToolError, match=r'\[secrets.hosts\] API_TOKEN = \["api.other.org"\]'):
        await http_request.preview(bound, "POST", "https://api.other.org/", HANDLE)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": "Bearer t0p"}, "literal_secret"),
        ({"X-Api-Key": "t0p"}, "literal_secret"),
        ({"Cookie": "session=secret:API_TOKEN"}, "literal_secret"),
        ({"X-Any": "Token t0p"}, "literal_secret"),
        ({"X-Any": "x secret:API_TOKEN y"}, "bad_arguments"),
        ({"X-Any": "secret:API_TOKEN, secret:API_TOKEN"}, "bad_arguments"),
        ({"X-Any": "secret:UNBOUND"}, "secret_not_bound"),
    ],
)
async def test_what_is_no_name_of_a_bound_secret_is_refused(
    bound: Any, web_site: Site, headers: dict[str, str], code: str
) -> None:
    assert await error_code(bound, web_site.origin, headers) == code
    assert web_site.visits == []


async def test_a_secret_that_is_not_there_or_no_header_is_said(bound: Any, web_site: Site) -> None:
    bound.secrets["API_TOKEN"] = "two\nlines"
    assert await error_code(bound, web_site.origin, HANDLE) == "bad_secret"
    bound.secrets.clear()
    assert await error_code(bound, web_site.origin, HANDLE) == "no_secret"
    assert web_site.visits == []


async def test_an_author_is_no_secret(context: Any, web_site: Site) -> None:
    url = web_site.page("/", "done")
    await http_request.run(context, "GET", url, {"X-Author": "Anna"})
    assert web_site.visits[0].headers["x-author"] == "Anna"


async def test_a_search_goes_on_without_a_locked_key(context: Any) -> None:
    from butler_tui.tools.search_engines import ENGINES

    def locked(name: str) -> str:
        raise SettingsError(f"{name} is kept in the vault, which is locked.")

    context.secret = locked
    assert ENGINES["brave"].place(context) is None
    assert "which is locked" in context.shown[0][0]
