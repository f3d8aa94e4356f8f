"""What the browser may reach, how it ends, and what becomes of it when it is killed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.async_api import Error
from tool_context import Context
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.execution.scopes import Scope, Scopes
from butler_tui.tools.browser import (
    browser_click,
    browser_close,
    browser_open,
    browser_read,
)
from butler_tui.tools.browser.gateway import Gateway
from butler_tui.tools.browser.logins import Logins

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith((".", "]")) and str(caught.value).isprintable()
    return caught.value


async def opened(context: Any, url: str) -> Any:
    return (await browser_open.run(context, url)).output


def processes(scope: Scope) -> list[psutil.Process]:
    """The browser's processes."""
    profile = str(scope.get("browser").profile)
    return [
        one
        for one in psutil.Process().children(recursive=True)
        if any(profile in part for part in one.cmdline())
    ]


# The network


async def test_a_private_address_is_refused_however_a_page_leads_there(
    context: Any, site: Site
) -> None:
    with Running() as inner:
        inner.page("/secret", "inner secret", headers={"Access-Control-Allow-Origin": "*"})
        secret = f"{inner.origin}/secret"
        error = await error_of(browser_open.run(context, secret))
        assert (error.code, inner.origin in str(error)) == ("private_address", True)
        away = site.page("/away", status=302, headers={"Location": secret})
        assert (await error_of(browser_open.run(context, away))).code == "private_address"
        page = await opened(
            context,
            site.page(
                "/attack",
                f"<img src={secret}><iframe src={secret}></iframe><a href={secret}>Go</a><p id=x>"
                f"<script>fetch('{secret}').then(r => r.text()).then(t => x.textContent = t)"
                f".catch(() => x.textContent = 'failed');"
                f"new WebSocket('{inner.origin.replace('http', 'ws')}/');"
                f"navigator.sendBeacon('{secret}', 'x');</script>",
            ),
        )
        assert "failed" in page.text and "inner secret" not in page.text
        await browser_click.run(context, "link Go")
        assert "inner secret" not in (await browser_read.run(context)).output.text
        assert inner.visits == []


async def test_names_are_looked_up_once_and_checked() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["93.184.216.34", "10.0.0.1"]

    gateway = Gateway(frozenset(), resolve)
    port = int((await gateway.start()).rpartition(":")[2])
    try:
        for line in ("CONNECT rebind.example:443", "GET http://rebind.example/x"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{line} HTTP/1.1\r\nHost: rebind.example\r\n\r\n".encode())
            assert (await reader.readline()).startswith(b"HTTP/1.1 403")
            writer.close()
        error = gateway.refusal_for("https://rebind.example/")
        assert error is not None and error.code == "private_address"
        assert asked == ["rebind.example"] * 2
        for bad in ("CONNECT nowhere", "GET file:///etc/passwd", "GET /x", "POST http://a.b/"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            more = "Transfer-Encoding: chunked\r\n" if bad.startswith("POST") else ""
            writer.write(f"{bad} HTTP/1.1\r\n{more}\r\n".encode())
            assert (await reader.readline())[:10] == b"HTTP/1.1 4"
            writer.close()
    finally:
        await gateway.close()


async def test_a_strangers_page_does_not_lead_to_a_private_site_that_is_allowed(
    context: Any, site: Site
) -> None:
    """The page of another site is played by switching what the settings mean."""
    await opened(context, site.page("/mine", "<p>mine</p>"))
    gateway = context.scope.get("browser").gateway
    assert gateway.private
    gateway.private = False
    tab = context.scope.get("browser").tab
    with pytest.raises(Error, match="ERR_HTTP_RESPONSE_CODE_FAILURE"):
        await tab.goto(f"{site.origin}/mine")
    assert "A site sends its readers on to" in str(gateway.refusal_for(f"{site.origin}/mine"))
    await opened(context, f"{site.origin}/mine")


async def test_the_browser_sees_no_key_and_asks_nobody_by_itself(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-12345678")
    scope = Scope()
    context = Context(tmp_path, [tmp_path], origins=[site.origin], scope=scope)
    try:
        await opened(context, site.page("/", "<p>x"))
        main = processes(scope)[0]
        assert "OPENAI_API_KEY" not in main.environ()
        assert scope.get("browser").gateway.refused == {}
        assert ("--no-sandbox" in main.cmdline()) is (os.geteuid() == 0)
        folder = scope.get("browser").folder
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        await scope.close()
    assert not folder.exists()


# Its life


async def test_a_browser_that_was_killed_is_told_and_begun_anew(context: Any, site: Site) -> None:
    url = site.page("/page", "<p>here")
    await opened(context, url)
    processes(context.scope)[0].kill()
    session = context.scope.get("browser")
    async with asyncio.timeout(10):
        while not session.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    error = await error_of(browser_read.run(context))
    assert (error.code, "ended unexpectedly" in str(error)) == ("browser_gone", True)
    page = await opened(context, url)
    assert page.text == ("(The browser had ended unexpectedly, so a new one was started.)\nhere")
    assert not session.folder.exists()


async def test_closing_ends_every_process(context: Any, site: Site) -> None:
    await opened(context, site.page("/page", "<p>here"))
    found = processes(context.scope)
    folder = context.scope.get("browser").folder
    assert (await browser_close.run(context)).text == "The browser is closed."
    assert not any(one.is_running() and one.status() != "zombie" for one in found)
    assert not folder.exists()


async def test_a_run_that_is_cancelled_while_it_starts_leaves_nothing(
    site: Site, tmp_path: Path
) -> None:
    scope = Scope()
    context = Context(tmp_path, [tmp_path], origins=[site.origin], scope=scope)
    url = site.page("/page", "<p>here")
    before = {one.pid for one in psutil.Process().children(recursive=True)}
    task = asyncio.create_task(browser_open.run(context, url))
    async with asyncio.timeout(20):
        while {one.pid for one in psutil.Process().children()} <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await scope.close()
    async with asyncio.timeout(10):
        while {one.pid for one in psutil.Process().children(recursive=True)} - before:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_a_program_that_is_no_browser_is_told(site: Site, tmp_path: Path) -> None:
    context = Context(tmp_path, [tmp_path], origins=[site.origin])
    context.options["browser.program"] = "/bin/false"
    error = await error_of(browser_open.run(context, site.page("/page")))
    assert (error.code, "/bin/false did not start" in str(error)) == ("browser_failed", True)
    context.options["browser.program"] = "/nowhere"
    assert (await error_of(browser_open.run(context, site.page("/page")))).code == "not_ready"


# Logins


async def test_a_login_is_kept_for_the_sites_that_the_person_named(
    site: Site, tmp_path: Path
) -> None:
    def logged_in(visit: Any) -> None:
        visit.send_response(200)
        visit.send_header("Set-Cookie", "session=abc; Max-Age=9999")
        body = b"<script>localStorage.setItem('token', 't1')</script>"
        visit.send_header("Content-Length", str(len(body)))
        visit.send_header("Content-Type", "text/html")
        visit.end_headers()
        visit.wfile.write(body)

    folder = tmp_path / "run"
    folder.mkdir()
    context = Context(folder, [folder], origins=[site.origin], scope=Scope())
    context.options["browser.keep_logins"] = "127.0.0.1,other.example"
    await opened(context, site.on("/in", logged_in))
    await context.scope.close()
    kept = Path(context.storage("logins"))
    assert os.listdir(kept) == ["127.0.0.1.json"]  # noqa: PTH208
    assert (kept / "127.0.0.1.json").stat().st_mode & 0o777 == 0o600
    assert json.loads((kept / "127.0.0.1.json").read_text())["cookies"][0]["value"] == "abc"
    context.scope = Scope()
    body = "<p id=x><script>x.textContent = localStorage.getItem('token')</script>"
    result = await browser_open.run(context, site.page("/later", body))
    await context.scope.close()
    assert result.output.text == "t1"
    assert result.marks[0].private is True
    [visit] = [one for one in site.visits if one.path == "/later"]
    assert visit.headers["cookie"] == "session=abc"


async def test_whose_login_is_kept(tmp_path: Path) -> None:
    logins = Logins(["example.org"], tmp_path)
    assert logins.keeps("example.org") and logins.keeps("www.example.org")
    assert not logins.keeps("badexample.org") and not logins.keeps("example.org.evil.net")


# What lives as long as a run


class Thing:
    def __init__(self) -> None:
        self.closed = 0

    async def close(self) -> None:
        self.closed += 1
        if self.closed > 1:
            raise AssertionError


async def test_what_is_kept_for_a_run_is_made_once_and_closed_once() -> None:
    scopes, made = Scopes(), list[Thing]()

    async def make() -> Thing:
        await asyncio.sleep(0)
        made.append(Thing())
        return made[-1]

    one = scopes.of("run")
    first, second = await asyncio.gather(one.keep("x", make), one.keep("x", make))
    assert first is second is scopes.of("run").get("x")
    assert scopes.of("other").get("x") is None
    await scopes.close("run")
    await scopes.close("run")
    assert [thing.closed for thing in made] == [1]
    assert scopes.of("run").get("x") is None
    await scopes.of("run").keep("y", make)
    assert await scopes.of("run").drop("y") and not await scopes.of("run").drop("y")
    await scopes.of("run").keep("z", make)
    await scopes.close_all()
    assert [thing.closed for thing in made] == [1, 1, 1]


async def test_what_cannot_be_closed_does_not_keep_a_run_from_ending() -> None:
    class Stubborn:
        async def close(self) -> None:
            raise OSError("no")

    async def make() -> Stubborn:
        return Stubborn()

    scope = Scope()
    await scope.keep("x", make)
    await scope.close()
    assert scope.get("x") is None
