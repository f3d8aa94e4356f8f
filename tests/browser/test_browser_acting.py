"""browser_click, browser_select, browser_fill, browser_submit: on real pages, as a person would."""

from __future__ import annotations

from collections.abc import Awaitable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import pytest
from web_site import Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.tools.browser import (
    browser_click,
    browser_fill,
    browser_open,
    browser_read,
    browser_select,
    browser_submit,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

FORM = """<title>Join</title><form method=post action=/join><input type=hidden name=csrf value=t0k>
<label>Your name <input name=name></label><label>Mail <input name=mail type=email></label>
<label>Size <select name=size><option value=s>Small<option value=l>Large</select></label>
<label><input type=checkbox name=news> Send news</label>
<textarea name=note aria-label=Note></textarea>
<button>Join now</button></form>"""


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith((".", "]")) and str(caught.value).isprintable()
    return caught.value


async def opened(context: Any, site: Site, html: str, path: str = "/page") -> Any:
    return (await browser_open.run(context, site.page(path, html))).output


async def test_what_the_tools_declare() -> None:
    executes = (browser_click, browser_select, browser_fill)
    assert {one.effect for one in executes} == {Effect.EXECUTE}
    assert browser_submit.effect is Effect.SEND
    assert {one.again for one in (*executes, browser_submit)} == {Again.ONCE}
    assert all(one.preview is not None for one in (*executes, browser_submit))


# Finding elements


FINDABLE = """<button onclick="say('one')">Search</button><a href=# onclick="say('two')">More</a>
<label for=f>Town</label><input id=f onclick="say('three')">
<div id=box onclick="say('four')">Just a text</div><input placeholder=Street onclick="say('five')">
<button aria-label=Close onclick="say('six')">x</button><p id=said></p>
<script>const say = what => said.textContent = 'clicked ' + what</script>"""


@pytest.mark.parametrize(
    ("element", "which"),
    [
        ("#1", "one"),
        ("button Search", "one"),
        ('button "Search"', "one"),
        ("Search", "one"),
        ("search", "one"),
        ("link More", "two"),
        ("textbox Town", "three"),
        ("Town", "three"),
        ("#f", "three"),
        ("Just a text", "four"),
        ("div#box", "four"),
        ("Street", "five"),
        ("Close", "six"),
    ],
)
async def test_elements_are_found(context: Any, site: Site, element: str, which: str) -> None:
    await opened(context, site, FINDABLE)
    seen = (await browser_click.run(context, element)).output
    assert f"clicked {which}" in seen.text


async def test_what_is_ambiguous_is_named(context: Any, site: Site) -> None:
    await opened(
        context, site, "<button>Save</button><button>Save as</button><button>Save</button>"
    )
    error = await error_of(browser_click.run(context, "button Save"))
    assert error.code == "ambiguous"
    assert "#1 button 'Save', #3 button 'Save';" in str(error)
    assert (await browser_click.run(context, "Save as")).receipt.summary.startswith(
        "clicked button 'Save as' on"
    )


async def test_what_is_not_there_is_told_with_what_is_near(context: Any, site: Site) -> None:
    await opened(context, site, "<button>Search</button>")
    error = await error_of(browser_click.run(context, "button Serch"))
    assert (error.code, "Near it are button 'Search'." in str(error)) == ("not_found", True)
    for element in ("#7", "div > [broken", "xpath=//button[", "\x00"):
        assert (await error_of(browser_click.run(context, element))).code == "not_found"
    assert (await error_of(browser_click.run(context, " "))).code == "bad_arguments"


async def test_a_number_of_an_element_that_is_gone_is_refused(context: Any, site: Site) -> None:
    await opened(context, site, "<div id=d><button onclick='d.innerHTML=\"\"'>Away</button></div>")
    await context.scope.get("browser").tab.evaluate("d.innerHTML = '<button>Other</button>'")
    error = await error_of(browser_click.run(context, "#1"))
    assert "#1 (button 'Away') is not on the page any more" in str(error)


async def test_a_link_leads_on(context: Any, site: Site) -> None:
    site.page("/next", "<title>Next</title><p>Page two</p>")
    await opened(context, site, "<a href=/next>Next page</a>")
    result = await browser_click.run(context, "Next page")
    assert (result.output.title, result.output.text) == ("Next", "Page two")
    assert result.marks[0].origin == "web page 127.0.0.1"


# Forms


async def test_a_form_is_filled_previewed_and_sent_once(context: Any, site: Site) -> None:
    site.page("/join", "<p>Welcome</p>")
    await opened(context, site, FORM)
    fields = {
        "Your name": "Ada",
        "Mail": "a@b.c",
        "Size": "Large",
        "Send news": True,
        "Note": "x\ny",
    }
    filled = await browser_fill.run(context, fields)
    assert filled.output.text.splitlines()[0].endswith("Ada")
    assert [visit.method for visit in site.visits if visit.method != "GET"] == []
    preview = await browser_submit.preview(context, "button Join now")
    assert preview.text == (
        "sends the form with button 'Join now'\n"
        f"on the page {site.origin}/page\nsends POST {site.origin}/join\n"
        f"csrf (hidden):\n  {MARK}t0k\nYour name:\n  {MARK}Ada\nMail:\n  {MARK}a@b.c\n"
        f"Size:\n  {MARK}Large\nSend news:\n  {MARK}on\nNote:\n  {MARK}x\n  {MARK}y"
    )
    result = await browser_submit.run(context, "button Join now")
    assert result.output.text == "Welcome"
    assert (result.receipt.facts["status"], result.receipt.facts["method"]) == (200, "POST")
    [sent] = [visit for visit in site.visits if visit.method == "POST"]
    assert parse_qs(sent.body.decode()) == {
        "csrf": ["t0k"],
        "name": ["Ada"],
        "mail": ["a@b.c"],
        "size": ["l"],
        "news": ["on"],
        "note": ["x\r\ny"],
    }


MARK = "│ "


async def test_a_form_that_changed_since_it_was_shown_is_not_sent(context: Any, site: Site) -> None:
    await opened(context, site, FORM)
    await browser_submit.preview(context, "Join now")
    await browser_fill.run(context, {"Mail": "other@b.c"})
    error = await error_of(browser_submit.run(context, "Join now"))
    assert error.code == "form_changed"
    assert all(visit.method == "GET" for visit in site.visits)


async def test_a_click_does_not_send_a_form_unseen(context: Any, site: Site) -> None:
    await opened(context, site, FORM)
    error = await error_of(browser_click.run(context, "Join now"))
    assert (error.code, "browser_submit" in str(error)) == ("sends", True)
    assert all(visit.method == "GET" for visit in site.visits)


async def test_a_form_per_row_in_one_call(context: Any, site: Site) -> None:
    site.page("/join", "<p>Welcome</p>")
    url = site.page("/page", FORM)
    for name in ("Ada", "Bob"):
        preview = await browser_submit.preview(context, "Join now", {"Your name": name}, url)
        assert preview.text == (
            f"opens {url}\nYour name:\n  {MARK}{name}\n"
            "sends the form with Join now to the same site"
        )
        await browser_submit.run(context, "Join now", {"Your name": name}, url)
    sent = [
        parse_qs(visit.body.decode())["name"] for visit in site.visits if visit.method == "POST"
    ]
    assert sent == [["Ada"], ["Bob"]]
    site.page("/page", FORM.replace("/join", "https://evil.example/join"))
    error = await error_of(browser_submit.run(context, "Join now", {"Your name": "x"}, url))
    assert error.code == "other_site"


async def test_where_a_form_goes_is_read_past_what_a_page_puts_over_it(
    context: Any, site: Site
) -> None:
    html = FORM.replace("name=note", "name=action").replace("name=name", "name=method")
    await opened(context, site, html)
    preview = await browser_submit.preview(context, "Join now")
    assert f"sends POST {site.origin}/join" in preview.text


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "bad_arguments"),
        ({"Nobody": "x"}, "not_found"),
        ({"Size": "Huge"}, "no_such_option"),
        ({"Send news": "perhaps"}, "bad_arguments"),
        ({"Join now": "x"}, "not_fillable"),
        ({"Mail": "mail secret:X"}, "bad_arguments"),
        ({"Mail": "secret:NOBODY"}, "secret_not_bound"),
    ],
)
async def test_what_cannot_be_filled_in(
    context: Any, site: Site, fields: dict[str, Any], code: str
) -> None:
    await opened(context, site, FORM)
    error = await error_of(browser_fill.run(context, fields))
    assert error.code == code
    if code == "no_such_option":
        assert "it has 'Small', 'Large'." in str(error)


async def test_selecting(context: Any, site: Site) -> None:
    html = """<select aria-label=Tea onchange="out.textContent = value"><option>Green<option>Black
    </select><div role=combobox aria-label=Cup onclick="list.hidden = false">Cup</div>
    <ul id=list role=listbox hidden><li role=option onclick="out.textContent = 'big cup'">Big</ul>
    <p id=out></p>"""
    await opened(context, site, html)
    assert "\nBlack" in (await browser_select.run(context, "Tea", "black")).output.text
    assert "big cup" in (await browser_select.run(context, "Cup", "Big")).output.text
    error = await error_of(browser_select.run(context, "Tea", "Red"))
    assert error.code == "no_such_option"


# Secrets

LOGIN = """<form method=post action=/in><label>User <input name=u></label>
<label>Password <input name=p type=password></label><button>Log in</button></form>"""


def logging_in(context: Any, site: Site, bound: str) -> None:
    context.options |= {"browser.hand_over": "false", "secrets.hosts.SITE_PASSWORD": bound}
    context.secrets["SITE_PASSWORD"] = "correct-horse"
    site.page("/in", "<p>Your password correct-horse is fine")


async def test_a_secret_is_filled_in_and_never_shown(context: Any, site: Site) -> None:
    logging_in(context, site, site.origin)
    await opened(context, site, LOGIN)
    filled = await browser_fill.run(context, {"User": "ada", "Password": "secret:SITE_PASSWORD"})
    preview = await browser_submit.preview(context, "Log in")
    page = await browser_read.run(context)
    result = await browser_submit.run(context, "Log in")
    said = repr((filled, preview, page, result))
    assert "correct-horse" not in said
    assert "Password:\n  │ ••••••" in preview.text
    assert result.output.text == "Your password •••••• is fine"
    assert result.marks[0].private is True
    [sent] = [visit for visit in site.visits if visit.method == "POST"]
    assert parse_qs(sent.body.decode()) == {"u": ["ada"], "p": ["correct-horse"]}


async def test_a_secret_goes_nowhere_else(context: Any, site: Site) -> None:
    secret = {"Password": "secret:SITE_PASSWORD"}
    logging_in(context, site, "https://bank.example")
    await opened(context, site, LOGIN)
    assert (await error_of(browser_fill.run(context, secret))).code == "secret_not_bound"
    logging_in(context, site, site.origin)
    await opened(context, site, LOGIN.replace("/in", "https://evil.example/in"))
    assert (await error_of(browser_fill.run(context, secret))).code == "secret_not_bound"
    await opened(context, site, LOGIN)
    await browser_fill.run(context, secret)
    tab = context.scope.get("browser").tab
    await tab.evaluate("document.forms[0].action = 'https://evil.example/'")
    assert (await error_of(browser_submit.run(context, "Log in"))).code == "secret_not_bound"
    error = await error_of(browser_fill.run(context, {"Password": "in the plan"}))
    assert error.code == "literal_secret"


# Handing over


async def test_a_login_is_handed_over_once(
    context: Any, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    asked: list[tuple[str, Any]] = []

    async def ask(question: str, choices: Any = None, fields: Any = None) -> str:
        asked.append((question, choices))
        return context.person_answer

    context.ask = ask
    context.person_answer = "Stop"
    url = site.page("/login", LOGIN)
    assert (await error_of(browser_open.run(context, url))).code == "stopped"
    context.person_answer = "Go on"
    for _ in range(2):
        assert "Password" in (await browser_open.run(context, url)).output.text
    assert len(asked) == 2
    question, choices = asked[0]
    assert choices == ["Go on", "Stop"]
    assert question.startswith("127.0.0.1 wants you to log in. There is no screen")
    assert ".png shows the page" in question
    await opened(context, site, "<input autocomplete=one-time-code>")
    assert "asks for the code that it sent you" in asked[-1][0]


# Files


async def test_names_of_files_are_made_plain() -> None:
    from butler_tui.tools.browser.receiving import plain_name

    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("..\\..\\a.exe") == "a.exe"
    assert plain_name(".bashrc") == "bashrc"
    assert plain_name("a\u202etxt.exe").isprintable()
    assert plain_name(" . ") == "download"
    assert len(plain_name("x" * 500 + ".pdf")) < 130


async def test_a_file_is_saved_in_the_runs_folder_and_none_replaced(
    context: Any, site: Site
) -> None:
    headers = {"Content-Disposition": 'attachment; filename="../report.pdf"'}
    site.page("/report", b"%PDF-1", "application/pdf", headers=headers)
    (context.folder / "report.pdf").write_text("mine")
    await opened(context, site, "<a href=/report>Get it</a>")
    result = await browser_click.run(context, "Get it")
    assert (context.folder / "report.pdf").read_text() == "mine"
    saved = next(one for one in context.folder.iterdir() if one.name != "report.pdf")
    assert saved.read_bytes() == b"%PDF-1"
    assert f"(The file {saved.name} was saved (6 bytes).)" in result.output.text
    assert result.receipt.facts["files"][0]["path"] == str(saved)


async def test_a_file_cut_in_the_middle_is_told_and_not_kept(context: Any, site: Site) -> None:
    def cut(visit: BaseHTTPRequestHandler) -> None:
        visit.send_response(200)
        visit.send_header("Content-Type", "application/zip")
        visit.send_header("Content-Disposition", "attachment; filename=big.zip")
        visit.send_header("Content-Length", "1000000")
        visit.end_headers()
        visit.wfile.write(b"x" * 5000)
        visit.close_connection = True

    site.on("/big", cut)
    await opened(context, site, "<a href=/big>Get it</a>")
    seen = (await browser_click.run(context, "Get it")).output
    assert "The file big.zip was not saved: it broke off in the middle." in seen.text
    assert list(context.folder.iterdir()) == []
