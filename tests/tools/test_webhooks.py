"""send_webhook against a server on loopback; its signature against Standard Webhooks' own code."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect
from butler_tui.tools.messages.webhooks import send_webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


def named(context: Any, site: Site) -> str:
    """The site as the webhook `ci` of the settings, signed."""
    url = site.page("/hook", "ok")
    context.options |= {"webhooks": "ci", "webhooks.ci.url": url, "webhooks.ci.secret": "CI"}
    context.secrets["CI"] = SECRET
    return url


def test_it_sends_once() -> None:
    assert send_webhook.signature() == "send_webhook(url, payload) -> {status}"
    assert (send_webhook.effect, send_webhook.again) == (Effect.SEND, Again.ONCE)


async def test_what_the_preview_shows_is_what_leaves(context: Any, web_site: Site) -> None:
    url = web_site.page("/hook", "ok", status=204)
    assert send_webhook.preview is not None
    shown = (await send_webhook.preview(context, url, {"name": "Zoë", "n": [1]})).text
    assert web_site.visits == []
    result = await send_webhook.run(context, url, {"name": "Zoë", "n": [1]})
    [visit] = web_site.visits
    head, _, body = shown.partition("\n\n")
    assert head.splitlines() == [
        f"POST {url}",
        "not signed",
        "Content-Type: application/json",
        f"Idempotency-Key: {context.key}",
    ]
    assert "\n".join(line[2:] for line in body.splitlines()) == visit.body.decode()
    assert visit.headers["idempotency-key"] == context.key
    assert "webhook-signature" not in visit.headers
    assert result.output.status == 204
    assert result.receipt.facts["id"] == context.key
    assert (await send_webhook.verify(context, result.receipt.facts)).verdict == "verified"


@pytest.mark.parametrize("by", ["name", "address"])
async def test_one_of_the_settings_is_signed_and_may_be_private(context: Any, by: str) -> None:
    with Running() as site:
        url = named(context, site)
        given = "ci" if by == "name" else url
        shown = (await send_webhook.preview(context, given, {"a": 1})).text
        assert shown.startswith(f"POST {url} (ci)\nsigned with the secret CI\n")
        assert SECRET not in shown
        await send_webhook.run(context, given, {"a": 1})
    [visit] = site.visits
    assert visit.headers["webhook-id"] == context.key
    assert Webhook(SECRET).verify(visit.body, dict(visit.headers)) == {"a": 1}


async def test_an_unknown_name_is_refused_with_the_known_ones(context: Any, web_site: Site) -> None:
    named(context, web_site)
    error = await error_of(send_webhook.run(context, "cd", {}))
    assert error.code == "bad_arguments" and "there is ci" in str(error)


@pytest.mark.parametrize("secret", [None, "plain words", "whsec_c2hvcnQ="])
async def test_without_its_secret_nothing_is_sent(
    context: Any, web_site: Site, secret: str | None
) -> None:
    named(context, web_site)
    context.secrets = {"CI": secret} if secret else {}
    error = await error_of(send_webhook.run(context, "ci", {}))
    assert error.code == ("bad_secret" if secret else "no_secret")
    assert web_site.visits == [] and (secret is None or secret not in str(error))


async def test_a_private_address_is_refused_by_call_and_check(context: Any) -> None:
    with Running() as site:
        url = site.page("/", "ok")
        assert send_webhook.check is not None
        for work in (send_webhook.run, send_webhook.check):
            assert (await error_of(work(context, url, {}))).code == "private_address"
        assert site.visits == []


@pytest.mark.parametrize(
    ("status", "body", "headers", "code"),
    [
        (301, "", {"Location": "/other"}, "moved"),
        (400, "bad\x1b[2J\nfield", {}, "refused"),
        (401, "", {}, "refused"),
        (410, "", {}, "not_found"),
        (429, "", {"Retry-After": "7"}, "rate_limited"),
        (500, "", {}, "failed"),
        (502, "", {}, "no_answer"),
    ],
)
async def test_what_was_not_taken_is_a_failure(
    context: Any, web_site: Site, status: int, body: str, headers: Any, code: str
) -> None:
    url = web_site.page("/hook", body, kind="text/plain", status=status, headers=headers)
    error = await error_of(send_webhook.run(context, url, {}))
    assert (error.code, error.transient, len(web_site.visits)) == (code, False, 1)


async def test_without_an_answer_nobody_says_that_it_failed(context: Any, web_site: Site) -> None:
    def hang_up(visit: BaseHTTPRequestHandler) -> None:
        visit.close_connection = True

    error = await error_of(send_webhook.run(context, web_site.on("/", hang_up), {}))
    assert error.code == "no_answer" and "may have arrived" in str(error)


async def test_what_no_json_holds_or_is_too_much(context: Any, web_site: Site) -> None:
    url = web_site.page("/", "ok")
    assert (await error_of(send_webhook.run(context, url, [float("nan")]))).code == "bad_arguments"
    assert (await error_of(send_webhook.run(context, url, ["x" * 1_000_001]))).code == "too_big"
    assert web_site.visits == [] and json.dumps(context.shown) == "[]"
