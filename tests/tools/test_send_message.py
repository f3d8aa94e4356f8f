"""send_message against a server in the documented shape of each service."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

import pytest
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.settings import Settings
from butler_tui.tools.messages import send_message

TOKEN = "123:top-s3cret"
TELEGRAM = f"/bot{TOKEN}/sendMessage"


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    assert "s3cret" not in str(caught.value)
    return caught.value


def service(context: Any, secret: str = TOKEN, **options: str) -> None:
    """Set up the service `team`."""
    given = {"secret": "TEAM", **options}
    context.options |= {"messages": "team"} | {f"messages.team.{k}": v for k, v in given.items()}
    context.secrets["TEAM"] = secret


def telegram(context: Any, site: Site) -> None:
    service(context, kind="telegram", to="42", server=site.origin)


SERVICES = {
    "slack": ("/hook-s3cret", {}, "ok", ""),
    "discord": ("/hook-s3cret", {}, '{"id": "d1"}', "d1"),
    "telegram": (TELEGRAM, {"to": "42"}, '{"ok": true, "result": {"message_id": 7}}', "7"),
    "matrix": (
        "/_matrix/client/v3/rooms/%21r%3Aa.example/send/m.room.message/key-1",
        {"to": "!r:a.example"},
        '{"event_id": "$e"}',
        "$e",
    ),
    "ntfy": ("/", {"to": "lunch"}, '{"id": "n1"}', "n1"),
    "sms": (
        "/2010-04-01/Accounts/AC1/Messages.json",
        {"to": "+491", "sender": "+155", "account": "AC1"},
        '{"sid": "SM1"}',
        "SM1",
    ),
}
TEXT = "Lunch <!channel> @everyone & Zoë"


def sent_text(kind: str, body: bytes) -> str:
    if kind == "sms":
        return parse_qs(body.decode())["Body"][0]
    field = {"discord": "content", "matrix": "body", "ntfy": "message"}.get(kind, "text")
    return json.loads(body)[field]


@pytest.mark.parametrize("kind", SERVICES)
async def test_each_service_gets_what_it_documents(context: Any, web_site: Site, kind: str) -> None:
    path, options, answer, identity = SERVICES[kind]
    web_site.page(path, answer, kind="application/json", status=201 if kind == "sms" else 200)
    webhook = kind in ("slack", "discord")
    more = {} if webhook else {"server": web_site.origin}
    service(context, web_site.origin + path if webhook else TOKEN, kind=kind, **options, **more)
    shown = (await send_message.preview(context, "team", TEXT)).text
    assert web_site.visits == [] and "s3cret" not in shown
    assert shown.endswith(f"\n\n│ {TEXT}") and "(team)\nto " in shown and web_site.origin in shown
    assert options.get("to", "the webhook TEAM at") in shown
    result = await send_message.run(context, "team", TEXT)
    [visit] = web_site.visits
    assert (visit.method, visit.path) == ("PUT" if kind == "matrix" else "POST", path)
    said = sent_text(kind, visit.body)
    assert said == (TEXT if kind != "slack" else "Lunch &lt;!channel&gt; @everyone &amp; Zoë")
    assert result.output.id == identity
    assert "s3cret" not in repr(result)
    assert (await send_message.verify(context, result.receipt.facts)).verdict == "verified"
    if kind == "sms":
        login = base64.b64encode(f"AC1:{TOKEN}".encode()).decode()
        assert visit.headers["authorization"] == f"Basic {login}"
    if kind == "discord":
        assert json.loads(visit.body)["allowed_mentions"] == {"parse": []}
        assert visit.query == "wait=true"


def test_it_sends_once_to_whom_the_goal_names() -> None:
    assert send_message.signature() == "send_message(service, text) -> {id}"
    assert (send_message.effect, send_message.again) == (Effect.SEND, Again.ONCE)
    assert send_message.recipients == ("service",)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "refused"), (401, "refused"), (429, "rate_limited"), (504, "no_answer")],
)
async def test_a_failure_is_told_with_its_reason(
    context: Any, web_site: Site, status: int, code: str
) -> None:
    telegram(context, web_site)
    said = json.dumps({"ok": False, "description": "Bad Request:\x1b chat not found"})
    web_site.page(TELEGRAM, said, kind="application/json", status=status)
    error = await error_of(send_message.run(context, "team", "hi"))
    assert error.code == code
    assert code == "rate_limited" or "chat not found" in str(error)


async def test_no_answer_is_unknown_and_tells_no_token(context: Any, web_site: Site) -> None:
    telegram(context, web_site)

    def hang_up(visit: BaseHTTPRequestHandler) -> None:
        visit.close_connection = True

    web_site.on(TELEGRAM, hang_up)
    error = await error_of(send_message.run(context, "team", "hi"))
    assert error.code == "no_answer" and str(error).startswith("Telegram (team) did not answer")
    assert len(web_site.visits) == 1


async def test_a_server_that_is_not_there_tells_no_token(context: Any) -> None:
    with Running() as site:
        telegram(context, site)
    assert (await error_of(send_message.run(context, "team", "hi"))).code == "unreachable"


async def test_a_message_is_not_led_elsewhere(context: Any, web_site: Site) -> None:
    telegram(context, web_site)
    web_site.page(TELEGRAM, status=307, headers={"Location": "/other"})
    assert (await error_of(send_message.run(context, "team", "hi"))).code == "moved"
    assert len(web_site.visits) == 1


async def test_a_private_webhook_is_refused(context: Any) -> None:
    with Running() as site:
        service(context, site.page("/s3cret", "ok"), kind="slack")
        error = await error_of(send_message.run(context, "team", "hi"))
    assert error.code == "private_address" and site.visits == []


@pytest.mark.parametrize(
    ("name", "text", "secret", "code"),
    [
        ("crew", "hi", TOKEN, "bad_arguments"),
        ("team", " \n", TOKEN, "bad_arguments"),
        ("team", "x" * 4097, TOKEN, "too_long"),
        ("team", "hi", "", "no_secret"),
        ("team", "hi", "s3cret\r\nX-A: b", "bad_secret"),
    ],
)
async def test_what_cannot_be_sent_is_refused_by_call_and_preview(
    context: Any, web_site: Site, name: str, text: str, secret: str, code: str
) -> None:
    telegram(context, web_site)
    context.secrets["TEAM"] = secret
    for work in (send_message.run, send_message.preview):
        assert (await error_of(work(context, name, text))).code == code
    assert web_site.visits == []


async def test_a_secret_that_is_no_webhook(context: Any) -> None:
    service(context, "ftp://s3cret", kind="discord")
    assert (await error_of(send_message.run(context, "team", "hi"))).code == "bad_secret"


def test_a_service_of_the_settings_is_whole() -> None:
    with pytest.raises(ValueError, match="kind sms needs to, sender, account"):
        Settings.model_validate({"messages": {"me": {"kind": "sms", "secret": "S"}}})
    whole = Settings.model_validate({"messages": {"team": {"kind": "slack", "secret": "S"}}})
    assert whole.option("messages") == "team"
    assert whole.option("messages.team.secret") == "S"
