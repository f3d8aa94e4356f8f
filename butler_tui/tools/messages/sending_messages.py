"""send_message: a text to a service that the settings name."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.clean import marked
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import (
    Again,
    Effect,
    Missing,
    Preview,
    Receipt,
    Setup,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.addresses import checked_url, origin_of
from butler_tui.tools.messages.refusals import check_taken
from butler_tui.tools.messages.services import KINDS, Outgoing, Service, reason_in
from butler_tui.tools.network import Fetched
from butler_tui.tools.receipts import answered_well
from butler_tui.tools.sending import send

_NEEDS_NO_SECRET = ("ntfy",)


class Posted(BaseModel):
    """The id that the service gave the message; empty where it gives none."""

    id: str


@tool(effect=Effect.SEND, again=Again.ONCE, timeout=60, reaches=True, targets=("service",))
async def send_message(
    context: ToolContext,
    service: Annotated[str, "the name of one under [messages] in the settings"],
    text: Annotated[str, "the whole message, as plain text"],
) -> Annotated[ToolResult, Posted]:
    """Send a message by Slack, Discord, Telegram, Matrix, ntfy or SMS."""
    found = await _opened(context, service)
    kind = KINDS[found.kind]
    request = _request(found, text)
    who = f"{kind.title} ({found.name})"
    meant = [found.server] if found.server else []
    answer = await send(
        context,
        request.method,
        request.url,
        {**request.headers, "Idempotency-Key": context.key},
        request.body,
        meant=meant,
        called=who,
    )
    said = _said(answer)
    check_taken(answer, who, reason_in(said) or (answer.text if found.kind == "slack" else ""))
    identity = _identity(found, said)
    facts = {
        "status": answer.status,
        "service": found.name,
        "to": _destination(found),
        "id": identity,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    return ToolResult(Posted(id=identity), Receipt(f"{who} took the message", facts))


send_message.verifies(answered_well)


@send_message.ready
def _(setup: Setup) -> Missing | None:
    names = _names(setup.option("messages"))
    if not names:
        return Missing("No service is named under [messages] in config.toml (docs/messages.md).")
    secrets = [setup.option(f"messages.{name}.secret") for name in names]
    lacking = [one for one in secrets if one and not setup.has_secret(one)]
    if len(lacking) < len(names):
        return None
    return Missing(f"There is no secret {lacking[0]}.", f"butler secrets set {lacking[0]}")


@send_message.previews
async def _(context: ToolContext, service: str, text: str) -> Preview:
    found = await _opened(context, service)
    _request(found, text)
    kind = KINDS[found.kind]
    length = f"{kind.measure(text)} of at most {kind.longest} {kind.unit}"
    lines = [f"{kind.title} ({found.name})", f"to {_destination(found)}", length, ""]
    return Preview("\n".join([*lines, *marked(text)]))


def _names(text: str | None) -> Sequence[str]:
    return [one for one in (text or "").split(",") if one]


async def _opened(context: ToolContext, name: str) -> Service:
    """The service of that name, with its secret."""
    names = _names(context.option("messages"))
    if name not in names:
        known = f"there is {', '.join(names)}" if names else "there is none"
        raise ToolError(
            "bad_arguments", f"There is no [messages.{name:.64}] in config.toml; {known}."
        )

    def option(part: str) -> str:
        return context.option(f"messages.{name}.{part}") or ""

    found = Service(
        name=name,
        kind=option("kind"),
        to=option("to"),
        sender=option("sender"),
        account=option("account"),
        server=option("server"),
        secret_name=option("secret"),
        key=context.key,
    )
    if found.kind not in KINDS:
        raise ToolError(
            "bad_setting", f"messages.{name}.kind in config.toml can be {', '.join(KINDS)}."
        )
    if not found.secret_name and found.kind in _NEEDS_NO_SECRET:
        return found
    secret = await asyncio.to_thread(context.secret, found.secret_name)
    if not secret:
        raise ToolError(
            "no_secret",
            f"There is no secret {found.secret_name}; keep it with `butler secrets set "
            f"{found.secret_name}`.",
        )
    secret = secret.strip()
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        raise ToolError("bad_secret", f"The secret {found.secret_name} holds an odd character.")
    return replace(found, secret=secret)


def _request(service: Service, text: str) -> Outgoing:
    kind = KINDS[service.kind]
    if not text.strip():
        raise ToolError("bad_arguments", "The message is empty; say what to send.")
    try:
        length = kind.measure(text)
        request = kind.request(service, text)
    except UnicodeEncodeError as error:
        raise ToolError("bad_arguments", "The message holds half a character.") from error
    if length > kind.longest:
        raise ToolError(
            "too_long",
            f"The message has {length} {kind.unit}, and {kind.title} takes {kind.longest}; "
            "shorten it.",
        )
    return request


def _destination(service: Service) -> str:
    """Who gets it, as far as it is no secret."""
    host = service.server or KINDS[service.kind].host
    if not host:
        return f"the webhook {service.secret_name} at {origin_of(checked_url(service.secret))}"
    sender = f" from {service.sender}" if service.sender else ""
    return f"{service.to}{sender} at {host}"


def _said(answer: Fetched) -> object:
    try:
        return answer.json()
    except ValueError:
        return None


def _identity(service: Service, said: object) -> str:
    """The message's id; the service has taken it, so an odd answer makes nothing fail."""
    try:
        identity = KINDS[service.kind].identity(said)
    except (KeyError, TypeError, IndexError):
        return ""
    return str(identity)[:200] if isinstance(identity, str | int) else ""
