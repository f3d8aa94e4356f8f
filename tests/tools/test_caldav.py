"""The calendar on a real server: found, read, changed as it was last seen, and its faults told."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from radicale_server import PASSWORD, USER, DavServer
from tool_context import Context
from web_site import Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Tool
from butler_tui.tools.calendar import (
    add_event,
    add_task,
    change_event,
    complete_task,
    delete_event,
    list_events,
    list_tasks,
)
from butler_tui.tools.calendar.caldav import CalDav
from butler_tui.tools.calendar.objects import uid_of


@pytest.fixture
def mine(context: Context, server: DavServer, tmp_path: Path) -> Context:
    """Ada, with an empty calendar and list of tasks on her server."""
    server.empty()
    return at(context, server.url, tmp_path)


def at(context: Context, url: str, tmp_path: Path) -> Context:
    context.stores["calendar"] = tmp_path / "own" / "calendar"
    context.options |= {
        "calendar.url": url,
        "calendar.user": USER,
        "calendar.timezone": "Europe/Berlin",
        "calendar.address": "ada@example.org",
    }
    context.secrets["CALENDAR_PASSWORD"] = PASSWORD
    return context


async def add(mine: Context, title: str, start: str, *more: Any, **other: Any) -> Any:
    mine.key = f"key {title}"
    return await add_event.run(mine, title, start, *more, **other)


async def listed(mine: Context, *span: str) -> list[tuple[str, str, str]]:
    found = await list_events.run(mine, *span)
    return [(one.title, one.start, one.calendar) for one in found.output.events]


async def refused(call: Any, *args: Any, **more: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await call(*args, **more)
    return caught.value


async def test_an_event_is_added_found_changed_and_deleted(
    mine: Context, server: DavServer
) -> None:
    done = await add(mine, "Talk", "2026-11-27T15:00", repeat="weekly")
    uid = done.output.uid
    assert await listed(mine, "2026-12-04") == [("Talk", "2026-12-04T15:00", "Work")]
    assert (await add_event.verify(mine, done.receipt.facts)).verdict == "verified"
    assert not mine.kept, "nothing on this machine was changed"
    mine.key = "second"
    changed = await change_event.run(mine, uid, title="Speech", start="2026-11-27T16:00")
    assert (await change_event.verify(mine, changed.receipt.facts)).verdict == "verified"
    assert await listed(mine, "2026-12-04") == [("Speech", "2026-12-04T16:00", "Work")]
    raw = server.ask("GET", f"ada/work/{uid}.ics").text
    assert "BEGIN:VTIMEZONE" in raw
    assert "SEQUENCE:1" in raw
    await delete_event.run(mine, uid, only="2026-12-04T16:00")
    assert await listed(mine, "2026-12-04") == []
    gone = await delete_event.run(mine, uid)
    assert (await delete_event.verify(mine, gone.receipt.facts)).verdict == "verified"
    assert server.ask("GET", f"ada/work/{uid}.ics").status_code == 404
    shown = await add_event.preview(mine, "Talk", "2026-11-27T15:00", invitees=["bob@example.org"])
    assert shown.text.startswith("adds to the calendar on 127.0.0.1:\n")
    assert "the calendar's server may send those who are invited a mail" in shown.text


async def test_any_address_that_leads_there_will_do(mine: Context, server: DavServer) -> None:
    await add(mine, "Talk", "2026-11-27T15:00")
    for path in ("", "ada/", "ada/work/", ".well-known/caldav"):
        mine.options["calendar.url"] = server.url + path
        assert await listed(mine, "2026-11-27") == [("Talk", "2026-11-27T15:00", "Work")], path
    mine.options["calendar.url"] = server.url + "ada/nowhere/"
    assert (await refused(listed, mine, "2026-11-27")).code in ("bad_answer", "no_calendar")
    mine.options["calendar.url"] = server.url + "ada/book/"
    assert (await refused(listed, mine, "2026-11-27")).code == "no_calendar"


async def test_tasks_lie_on_the_list_that_takes_them(mine: Context) -> None:
    mine.key = "t1"
    done = await add_task.run(mine, "Water plants", "2026-11-27")
    assert done.output.list == "Chores"
    [one] = (await list_tasks.run(mine)).output.tasks
    assert (one.text, one.due, one.list) == ("Water plants", "2026-11-27", "Chores")
    assert (await refused(add_task.run, mine, "x", None, "Nowhere")).code == "no_calendar"
    assert (await refused(list_tasks.run, mine, "Nowhere")).code == "no_calendar"
    mine.key = "t2"
    finished = await complete_task.run(mine, one.uid)
    assert (await complete_task.verify(mine, finished.receipt.facts)).verdict == "verified"
    assert (await list_tasks.run(mine)).output.tasks == []


async def test_the_same_call_again_is_the_same_event(mine: Context) -> None:
    first = await add(mine, "Talk", "2026-11-27T15:00")
    again = await add(mine, "Talk", "2026-11-27T15:00")
    assert first.output.uid == again.output.uid
    assert len(await listed(mine, "2026-11-27")) == 1


async def test_what_another_put_in_its_place_stays(mine: Context, server: DavServer) -> None:
    done = await add(mine, "Talk", "2026-11-27T15:00")
    path = f"ada/work/{done.output.uid}.ics"
    store = CalDav(mine)
    stored = await store.find(done.output.uid, "VEVENT")
    assert stored is not None
    theirs = server.ask("GET", path).text.replace("SUMMARY:Talk", "SUMMARY:Theirs")
    theirs = "\r\n".join(one for one in theirs.splitlines() if "X-BUTLER" not in one) + "\r\n"
    assert server.ask("PUT", path, theirs).status_code == 204
    error = await refused(store.replace, stored, stored.data, lambda facts: done)
    assert (error.code, "has changed meanwhile" in str(error)) == ("changed", True)
    assert (await refused(store.remove, stored, lambda facts: done)).code == "changed"
    mine.key = "key Talk"
    error = await refused(add, mine, "Talk", "2026-11-27T15:00")
    assert (error.code, "is there already" in str(error)) == ("changed", True)
    assert await listed(mine, "2026-11-27") == [("Theirs", "2026-11-27T15:00", "Work")]


@pytest.mark.parametrize("what", ["add", "change", "delete"])
async def test_an_interrupted_call_asks_the_server_what_became_of_it(
    mine: Context, server: DavServer, what: str
) -> None:
    one: Tool = {"add": add_event, "change": change_event, "delete": delete_event}[what]
    args: dict[str, Any] = {"title": "Talk", "start": "2026-11-27T15:00"}
    if what != "add":
        done = await add(mine, "Talk", "2026-11-27T15:00")
        args = {"uid": done.output.uid} | ({"title": "Other"} if what == "change" else {})
    mine.key, mine.intended = "cut", None
    assert await one.settle(mine, **args) is None, "it did not come that far"
    path = f"ada/work/{args['uid']}.ics" if "uid" in args else ""
    before = server.ask("GET", path).text if path else ""
    result = await one.run(mine, **args)
    mine.intended = mine.told_ahead[-1]
    assert await one.settle(mine, **args) == result, "it happened"
    if what == "add":
        path = f"ada/work/{result.output.uid}.ics"
    strange = before or server.ask("GET", path).text
    strange = "\r\n".join(one for one in strange.splitlines() if "X-BUTLER" not in one)
    server.ask("PUT", path, strange.replace("Talk", "Theirs") + "\r\n")
    error = await refused(one.settle, mine, **args)
    assert error.code == "unsure"
    if what == "add":
        server.ask("DELETE", path)
        assert await one.settle(mine, **args) is None, "it did not happen"


async def test_who_is_invited_must_be_named_where_they_are_told(mine: Context) -> None:
    done = await add(mine, "Talk", "2026-11-27T15:00", invitees=["bob@example.org"])
    uid = done.output.uid
    for call, more in ((change_event, {"title": "x"}), (delete_event, {})):
        error = await refused(call.run, mine, uid, **more)
        assert (error.code, "bob@example.org" in str(error)) == ("tells_others", True)
    await change_event.run(mine, uid, title="Speech", invitees=["bob@example.org"])
    await delete_event.run(mine, uid, invitees=["bob@example.org"])
    del mine.options["calendar.address"]
    assert (await refused(add, mine, "y", "2026-11-27", invitees=["b@c.de"])).code == "no_address"


async def test_a_wrong_password_is_told(mine: Context) -> None:
    mine.secrets["CALENDAR_PASSWORD"] = "wrong"
    error = await refused(listed, mine, "2026-11-27")
    assert error.code == "wrong_password"
    assert "`butler secrets set CALENDAR_PASSWORD`" in str(error)
    assert "wrong" not in str(error).replace("wrong_password", "")
    mine.secrets.clear()
    assert (await refused(listed, mine, "2026-11-27")).code == "no_account"


async def test_no_password_goes_over_an_open_line(mine: Context) -> None:
    mine.options["calendar.url"] = "http://dav.example.org/"
    assert (await refused(listed, mine, "2026-11-27")).code == "not_encrypted"


async def test_an_unreachable_server_is_told(mine: Context) -> None:
    mine.options["calendar.url"] = "http://127.0.0.1:9/"
    error = await refused(listed, mine, "2026-11-27")
    assert (error.code, error.transient) == ("unreachable", True)


FOUND = """<multistatus xmlns="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
<response><href>/cal/</href><propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status>
</propstat></response></multistatus>"""
CALENDAR = "<resourcetype><collection/><c:calendar/></resourcetype>"


def says(site: Site, path: str, body: str, status: int = 207, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    site.page(path, body, "application/xml", status, named)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 500, "site_failed"),
        ("", 503, "site_failed"),
        ("", 403, "refused_by_site"),
        ("<html>hello</html>", 200, "bad_answer"),
        ("<multistatus xmlns='DAV:'><response>", 207, "bad_answer"),
        ("", 207, "bad_answer"),
        ("<multistatus xmlns='DAV:'/>", 207, "bad_answer"),
        (
            '<!DOCTYPE m [<!ENTITY a SYSTEM "file:///etc/passwd">]><multistatus xmlns="DAV:">'
            "<response><href>&a;</href></response></multistatus>",
            207,
            "bad_answer",
        ),
        (
            FOUND.format(
                props="<current-user-principal><href>http://evil.example/</href>"
                "</current-user-principal>"
            ),
            207,
            "other_host",
        ),
        (
            FOUND.format(
                props="<c:calendar-home-set><href>//evil.example/x</href></c:calendar-home-set>"
            ),
            207,
            "other_host",
        ),
    ],
)
async def test_a_faulty_server_is_told(
    context: Context, web_site: Site, tmp_path: Path, body: str, status: int, code: str
) -> None:
    mine = at(context, web_site.origin, tmp_path)
    for path in ("/", "/.well-known/caldav"):
        says(web_site, path, body, status)
    assert (await refused(listed, mine, "2026-11-27")).code == code


async def test_a_redirect_never_takes_the_password_elsewhere(
    context: Context, web_site: Site, tmp_path: Path
) -> None:
    mine = at(context, web_site.origin, tmp_path)
    says(web_site, "/", "", 301, Location="http://127.0.0.2:1/")
    assert (await refused(listed, mine, "2026-11-27")).code == "other_host"


async def test_a_server_that_is_asked_too_often_is_left_alone(
    context: Context, web_site: Site, tmp_path: Path
) -> None:
    mine = at(context, web_site.origin, tmp_path)
    says(web_site, "/", "", 429, Retry_After="3000")
    error = await refused(listed, mine, "2026-11-27")
    assert (error.code, "50 minutes" in str(error)) == ("rate_limited", True)
    assert (await refused(listed, mine, "2026-11-27")).code == "rate_limited"
    assert len(web_site.visits) == 1


async def test_a_fault_while_writing_is_no_promise(
    context: Context, web_site: Site, tmp_path: Path
) -> None:
    mine = at(context, web_site.origin + "/cal/", tmp_path)
    says(web_site, "/cal/", FOUND.format(props=CALENDAR))

    def answer(visit: Any) -> None:
        visit.send_response(500)
        visit.send_header("Content-Length", "0")
        visit.end_headers()

    uid = uid_of("key Talk")
    web_site.on(f"/cal/{uid}.ics", answer)
    error = await refused(add, mine, "Talk", "2026-11-27T15:00")
    assert (error.code, error.transient) == ("no_answer", False)


async def test_a_call_that_is_cancelled_ends_though_the_server_is_silent(
    context: Context, web_site: Site, tmp_path: Path
) -> None:
    mine = at(context, web_site.origin, tmp_path)
    asked, over, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()

    def silent(visit: Any) -> None:
        loop.call_soon_threadsafe(asked.set)
        over.wait(20)

    web_site.on("/", silent)
    task = asyncio.create_task(listed(mine, "2026-11-27"))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    over.set()


async def test_half_an_answer_is_none(context: Context, web_site: Site, tmp_path: Path) -> None:
    mine = at(context, web_site.origin, tmp_path)

    def half(visit: Any) -> None:
        visit.send_response(207)
        visit.send_header("Content-Length", "1000")
        visit.end_headers()
        visit.wfile.write(b"<multistatus")
        visit.close_connection = True

    web_site.on("/", half)
    assert (await refused(listed, mine, "2026-11-27")).code == "connection_lost"


async def test_an_absurd_answer_is_not_taken_in(
    context: Context, web_site: Site, tmp_path: Path
) -> None:
    mine = at(context, web_site.origin, tmp_path)

    def huge(visit: Any) -> None:
        visit.send_response(207)
        visit.send_header("Content-Length", "900000000")
        visit.end_headers()

    web_site.on("/", huge)
    assert (await refused(listed, mine, "2026-11-27")).code == "too_big"


async def test_a_text_that_breaks_out_of_its_query_is_only_a_text(mine: Context) -> None:
    uid = '</c:text-match></c:prop-filter><x a="&b;">\x00'
    assert (await refused(delete_event.run, mine, uid)).code == "not_found"


def test_where_a_server_keeps_it_nothing_can_be_undone() -> None:
    class Set:
        def __init__(self, **options: str) -> None:
            self.options = options

        def option(self, name: str) -> str | None:
            return self.options.get(name.replace(".", "_"))

        def has_secret(self, name: str) -> bool:
            return name in self.options

        def program(self, *names: str) -> str | None:
            return None

        def package(self, name: str) -> bool:
            return True

    url = "https://dav.example.org/"
    ready = Set(calendar_url=url, calendar_user="a", CALENDAR_PASSWORD="x")
    local, remote = add_event.equipped(Set()), add_event.equipped(ready)
    assert (local.undoable, local.reaches, local.missing) == (True, False, None)
    assert (remote.undoable, remote.reaches, remote.missing) == (False, True, None)
    assert remote.lands_late and not local.lands_late
    lacking = list_tasks.equipped(Set(calendar_url=url, calendar_user="a")).missing
    assert lacking is not None
    assert lacking.command == "butler secrets set CALENDAR_PASSWORD"
    assert "set user" in str(list_tasks.equipped(Set(calendar_url=url)).missing)
