"""send_webhook: JSON posted to an address, signed in the form of Standard Webhooks."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel

from butler_tui.core.clean import marked
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, Preview, Receipt, ToolContext, ToolResult, tool
from butler_tui.tools.addresses import checked_url, origin_of
from butler_tui.tools.beforehand import check_address
from butler_tui.tools.messages.refusals import check_taken
from butler_tui.tools.network_errors import shown_address
from butler_tui.tools.receipts import answered_well
from butler_tui.tools.sending import send

MOST_BYTES = 1_000_000
Payload = dict[str, Any] | list[Any]


class Delivered(BaseModel):
    """The status with which the webhook was taken."""

    status: int


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a webhook goes; one that is named in the settings may have a secret that signs."""

    url: str
    name: str = ""
    secret: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and port of where it goes."""
        return origin_of(checked_url(self.url))


@tool(effect=Effect.SEND, again=Again.ONCE, timeout=60, reaches=True, targets=("url",))
async def send_webhook(
    context: ToolContext,
    url: Annotated[str, "the address, or the name of one under [webhooks] in the settings"],
    payload: Annotated[Payload, "what is sent, as JSON"],
) -> Annotated[ToolResult, Delivered]:
    """Post JSON to a webhook, signed when a secret is set for it; anything but 2xx is a failure."""
    hook = hook_of(context, url)
    body = body_of(payload)
    headers = _plain_headers(context.key)
    if hook.secret:
        key = await _signing_key(context, hook.secret)
        headers |= signed(key, context.key, int(time.time()), body)
    meant = [hook.origin] if hook.name else []
    answer = await send(context, "POST", hook.url, headers, body, meant=meant)
    check_taken(answer, shown_address(hook.url), _told(answer.text))
    summary = f"{shown_address(hook.url)} took the webhook with status {answer.status}"
    facts = {
        "status": answer.status,
        "url": hook.url,
        "id": context.key,
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    return ToolResult(Delivered(status=answer.status), Receipt(summary, facts))


send_webhook.verifies(answered_well)


@send_webhook.previews
async def _(context: ToolContext, url: str, payload: Payload) -> Preview:
    hook = hook_of(context, url)
    body = body_of(payload)
    named = f" ({hook.name})" if hook.name else ""
    sign = f"signed with the secret {hook.secret}" if hook.secret else "not signed"
    lines = [f"POST {checked_url(hook.url)}{named}", sign]
    lines += [f"{name}: {text}" for name, text in _plain_headers(context.key).items()]
    return Preview("\n".join([*lines, "", *marked(body.decode())]))


@send_webhook.checks
async def _(context: ToolContext, url: str, payload: Payload) -> None:
    hook = hook_of(context, url)
    if not hook.name:
        await check_address(context, hook.url)


def hook_of(context: ToolContext, url: str) -> Hook:
    """The webhook of that name or address; one whose address the settings know is that one."""
    names = [one for one in (context.option("webhooks") or "").split(",") if one]
    for name in names:
        address = context.option(f"webhooks.{name}.url") or ""
        if url in (name, address):
            hook = Hook(address, name, context.option(f"webhooks.{name}.secret") or "")
            checked_url(hook.url)
            return hook
    if "/" not in url and ":" not in url:
        known = f"; there is {', '.join(names)}" if names else ""
        raise ToolError(
            "bad_arguments",
            f"There is no [webhooks.{url:.64}] in config.toml{known}. Give its address in full, "
            "or set it there.",
        )
    checked_url(url)
    return Hook(url)


def body_of(payload: Payload) -> bytes:
    """The JSON as it leaves. Raises ToolError for what JSON cannot hold, or too much of it."""
    try:
        body = json.dumps(payload, ensure_ascii=False, indent=2, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise ToolError("bad_arguments", "The payload holds something JSON cannot hold.") from error
    if len(body) > MOST_BYTES:
        raise ToolError("too_big", "The payload is larger than 1 MB; send a part of it, or a link.")
    return body


def signed(key: bytes, identity: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks."""
    text = f"{identity}.{at}.".encode() + body
    signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }


async def _signing_key(context: ToolContext, name: str) -> bytes:
    secret = await asyncio.to_thread(context.secret, name)
    if not secret:
        raise ToolError(
            "no_secret", f"There is no secret {name}; keep it with `butler secrets set {name}`."
        )
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 16:  # the specification asks for 24 to 64 bytes; some services give fewer
        raise ToolError(
            "bad_secret",
            f"The secret {name} is none of Standard Webhooks: whsec_ and then base64 of at least "
            "16 bytes.",
        )
    return key


def _plain_headers(key: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Idempotency-Key": key}


def _told(text: str) -> str:
    """What the server said, when it is a line and no page."""
    return text if len(text) <= 300 and "<" not in text else ""
