"""browser_open, browser_read, browser_wait, browser_screenshot, browser_close on real pages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Effect, ToolResult
from butler_tui.tools.browser import (
    browser_click,
    browser_close,
    browser_open,
    browser_read,
    browser_screenshot,
    browser_wait,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE = """<title>Library</title><h1>Opening hours</h1><p>Monday to <b>Friday</b>.</p>
<nav><a href="/a">Home</a> <a href="/b">Books</a></nav>
<form><label>Title <input name=t value=Emma></label><label>Secret <input type=password value=hush>
</label><select aria-label=Branch><option>North<option selected>South</select>
<label><input type=checkbox checked> Only new</label><button disabled>Search</button></form>
<p style="display:none">hidden words</p><script>var words = "in a script"</script>"""


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


async def opened(context: Any, url: str) -> Any:
    result = await browser_open.run(context, url)
    assert isinstance(result, ToolResult)
    return result.output


async def test_what_the_tools_declare() -> None:
    fetches = (browser_open, browser_read, browser_wait, browser_close)
    assert {one.effect for one in fetches} == {Effect.FETCH}
    assert (
        browser_open.signature()
        == "browser_open(url) -> {text, url, title, elements: [{number, role, name, value}, ...]}"
    )
    assert browser_screenshot.effect_of({}) is Effect.FETCH
    assert browser_screenshot.effect_of({"save_to": "a.png"}) is Effect.CHANGE


async def test_nothing_is_open_before_something_is_opened(context: Any) -> None:
    await browser_close.run(context)
    error = await error_of(browser_read.run(context))
    assert (error.code, "browser_open" in str(error)) == ("nothing_open", True)
    assert (await browser_close.run(context)).text == "No browser was open."


async def test_a_page_is_read_with_its_elements_numbered(context: Any, site: Site) -> None:
    url = site.page("/library", PAGE)
    context.options["browser.hand_over"] = "false"
    result = await browser_open.run(context, url)
    page = result.output
    assert (page.url, page.title) == (url, "Library")
    assert "# Opening hours\nMonday to Friday.\n[#1] link 'Home'\n[#2] link 'Books'" in page.text
    shown = [(one.number, one.role, one.name, one.value) for one in page.elements]
    assert shown == [
        (1, "link", "Home", ""),
        (2, "link", "Books", ""),
        (3, "textbox", "Title", "Emma"),
        (4, "password", "Secret", "••••••"),
        (5, "combobox", "Branch", "South"),
        (6, "checkbox", "Only new", "checked"),
        (7, "button", "Search", ""),
    ]
    assert "[#5] combobox 'Branch' = South (of: North, South)" in page.text
    assert "[#7] button 'Search' (disabled)" in page.text
    assert not any(one in page.text for one in ("hidden words", "in a script", "hush"))
    assert result.marks[0].origin == "web page 127.0.0.1"
    again = await browser_read.run(context)
    assert again.output.elements == page.elements


async def test_a_page_that_needs_scripts_and_has_frames_is_read(context: Any, site: Site) -> None:
    site.page("/inner", "<button>Inner</button>")
    page = await opened(
        context,
        site.page(
            "/scripted",
            "<div id=x></div><iframe src=/inner></iframe>"
            "<script>setTimeout(() => x.innerHTML = '<a href=/z>Made late</a>', 50)</script>",
        ),
    )
    assert [one.name for one in page.elements] == ["Made late", "Inner"]
    assert f"(in a frame from {site.origin}/inner:)" in page.text


async def test_ten_thousand_elements_are_cut_with_a_sentence(context: Any, site: Site) -> None:
    body = "".join(f"<p>paragraph {n} of many</p><button>b{n}</button>" for n in range(10_000))
    url = site.page("/many", body)
    begun = time.monotonic()
    page = await opened(context, url)
    assert time.monotonic() - begun < 15
    assert len(page.elements) == 300
    assert len(page.text) < 40_000
    assert "left out are 9,700 more elements that can be acted on" in page.text
    assert "more characters of text" in page.text


async def test_hostile_text_is_cleaned(context: Any, site: Site) -> None:
    page = await opened(
        context, site.page("/bad", "<title>a\u202eb</title><p>x\u200b\u202ey\x1b[2J")
    )
    assert not any(mark in page.text + page.title for mark in "\u202e\u200b\x1b")


async def test_waiting(context: Any, site: Site) -> None:
    await opened(
        context,
        site.page(
            "/late",
            "<p id=x>not yet</p>"
            "<script>setTimeout(() => x.textContent = 'Ready now', 2500)</script>",
        ),
    )
    seen = (await browser_wait.run(context, "Ready now", 10)).output
    assert "Ready now" in seen.text
    error = await error_of(browser_wait.run(context, "button Never", 0.3))
    assert (error.code, "within 0.3 seconds" in str(error)) == ("timeout", True)
    assert (await error_of(browser_wait.run(context, "x", 0))).code == "bad_arguments"


async def test_a_screenshot_is_a_picture(context: Any, site: Site) -> None:
    await opened(context, site.page("/tall", "<title>Tall</title><div style='height:3000px'>"))
    result = await browser_screenshot.run(context)
    path = Path(result.output.picture)
    with Image.open(path) as picture:
        assert picture.size[0] > 1000 and picture.size[1] >= 3000
    assert await asyncio.to_thread(lambda: path.stat().st_mode) & 0o777 == 0o600
    saved = await browser_screenshot.run(context, "tall.png")
    assert saved.output.picture == "tall.png"
    assert (context.folder / "tall.png").read_bytes()[:4] == b"\x89PNG"
    assert saved.receipt.facts["files"][0]["path"] == str(context.folder / "tall.png")
    assert (await error_of(browser_screenshot.run(context, "tall.txt"))).code == "not_a_picture"
    assert (await error_of(browser_screenshot.run(context, "../x.png"))).code == "outside"


async def test_popups_become_tabs(context: Any, site: Site) -> None:
    site.page("/popped", "<title>Popped</title><p>I am new</p>")
    await opened(context, site.page("/pops", "<a href=/popped target=_blank>Open it</a>"))
    seen = (await browser_click.run(context, "link Open it")).output
    assert seen.title == "Popped"
    assert "opened a new tab" in seen.text and "2 tabs are open" in seen.text
    await context.scope.get("browser").tab.close()
    seen = (await browser_read.run(context)).output
    assert "The tab in front closed itself." in seen.text and seen.url.endswith("/pops")


async def test_dialogs_are_dismissed_and_told(context: Any, site: Site) -> None:
    url = site.page(
        "/alerts",
        "<p id=x></p><script>alert('Pay up'); x.textContent = confirm('Sure?')</script>",
    )
    page = await opened(context, url)
    assert "(The page said (alert, dismissed): Pay up)" in page.text
    assert "(The page said (confirm, dismissed): Sure?)" in page.text
    assert page.text.endswith("false")


# What goes wrong


async def test_an_endless_redirect(context: Any, site: Site) -> None:
    url = site.page("/round", status=302, headers={"Location": "/round"})
    assert (await error_of(browser_open.run(context, url))).code == "too_many_redirects"


async def test_an_error_page_is_shown_with_its_status(context: Any, site: Site) -> None:
    page = await opened(context, site.page("/gone", "<p>Sorry</p>", status=404))
    assert page.text == "(The site answered with status 404.)\nSorry"


async def test_a_file_is_no_page(context: Any, site: Site) -> None:
    url = site.page("/file", b"123", "application/zip")
    error = await error_of(browser_open.run(context, url))
    assert (error.code, "download_file" in str(error)) == ("not_a_page", True)
    assert list(context.folder.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "chrome://settings", "javascript:alert(1)", "data:text/html,x", "x", ""],
)
async def test_other_addresses_are_refused(context: Any, url: str) -> None:
    assert (await error_of(browser_open.run(context, url))).code == "bad_url"


async def test_a_site_that_is_not_there(context: Any, site: Site) -> None:
    with Running() as other:
        gone = other.origin
    context.origins.append(gone)
    error = await error_of(browser_open.run(context, gone))
    assert (error.code, error.transient) == ("unreachable", True)
    broken = site.on("/broken", lambda visit: setattr(visit, "close_connection", True))
    assert (await error_of(browser_open.run(context, broken))).code in (
        "connection_lost",
        "not_opened",
    )


async def test_a_cancelled_call_leaves_the_browser_usable(context: Any, site: Site) -> None:
    url = site.on("/slow", lambda visit: time.sleep(0.5))
    task = asyncio.create_task(browser_open.run(context, url))
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    page = await opened(context, site.page("/quick", "<p>here"))
    assert page.text == "here"
