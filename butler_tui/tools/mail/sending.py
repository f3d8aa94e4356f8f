"""send_mail: one mail, shown whole before it goes, sent once, told exactly who got it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import BaseModel

from butler_tui.core.labels import Json
from butler_tui.core.tool import (
    Again,
    Checked,
    Effect,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.mail.account import account_of, can_send, password_of
from butler_tui.tools.mail.delivery import Delivered, deliver
from butler_tui.tools.mail.letters import Letter, checked_letter
from butler_tui.tools.mail.recipients import Addressees
from butler_tui.tools.mail.storing import keep_copy

To = Annotated[str | list[str], "an address (Ada <ada@example.org>), or a list of them"]
Subject = Annotated[str, "one line"]
Body = Annotated[str, "the text, plain; may be empty"]
Cc = Annotated[str | list[str] | None, "who gets a copy"]
Attachments = Annotated[list[str] | None, "paths of files to send along"]
ReplyTo = Annotated[str | None, "where an answer should go, if not to you"]


class Sent(BaseModel):
    """The mail's id, who is on its way to get it, and whom the server refused."""

    message_id: str
    accepted: list[str]
    refused: list[str]


@tool(
    effect=Effect.SEND,
    again=Again.ONCE,
    timeout=900,
    at_once=4,
    reaches=True,
    targets=("to", "cc"),
    recipients=("to", "cc", "reply_to"),
)
async def send_mail(
    context: ToolContext,
    to: To,
    subject: Subject,
    body: Body,
    cc: Cc = None,
    attachments: Attachments = None,
    reply_to: ReplyTo = None,
) -> Annotated[ToolResult, Sent]:
    """Send a mail from your address, as plain text, with files if you like."""
    account = account_of(context.option)
    letter = await asyncio.to_thread(
        checked_letter, context, account, to, subject, body, cc, attachments or [], reply_to
    )
    password = await asyncio.to_thread(password_of, context, account)
    context.progress(f"sending to {len(letter.envelope)} by {account.sends().shown}")
    data = await asyncio.to_thread(letter.message)
    delivered = await deliver(account, password, letter, data)
    saved = await keep_copy(account, password, data, letter.message_id)
    return _result(letter, delivered, saved)


send_mail.ready(can_send)


@send_mail.previews
async def _(
    context: ToolContext,
    to: Addressees,
    subject: str,
    body: str,
    cc: Addressees = None,
    attachments: list[str] | None = None,
    reply_to: str | None = None,
) -> Preview:
    account = account_of(context.option)
    account.sends()
    letter = await asyncio.to_thread(
        checked_letter, context, account, to, subject, body, cc, attachments or [], reply_to
    )
    return Preview(letter.preview(), kind="mail")


@send_mail.verifies
async def _(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    refused = cast("list[Any]", facts.get("refused") or [])
    if refused:
        each = ", ".join(str(one.get("address")) for one in refused if isinstance(one, dict))
        return Checked("failed", f"the server refused {each}")
    if not facts.get("accepted"):
        return Checked("unverified", "the receipt names nobody who got it")
    return Checked("verified", f"the server took it: {str(facts.get('answer'))[:100]}")


def _result(letter: Letter, delivered: Delivered, saved: str) -> ToolResult:
    accepted, refused = list(delivered.accepted), [one for one, _ in delivered.refused]
    summary = f"Sent {letter.subject!r} to {', '.join(accepted)}."
    if refused:
        summary += f" NOT sent to {', '.join(refused)}: the server refused them."
    facts: dict[str, Json] = {
        "message_id": letter.message_id,
        "accepted": [*accepted],
        "refused": [{"address": one, "answer": said} for one, said in delivered.refused],
        "answer": delivered.answer,
        "copy": saved,
        "attachments": [
            {"name": one.name, "bytes": len(one.data), "sha256": one.sha256}
            for one in letter.attachments
        ],
    }
    output = Sent(message_id=letter.message_id, accepted=accepted, refused=refused)
    return ToolResult(output, Receipt(summary, facts))
