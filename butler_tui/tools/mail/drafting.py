"""draft_mail: a mail put among the drafts, for the person to read over and send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
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
from butler_tui.tools.mail.account import account_of, can_read, password_of
from butler_tui.tools.mail.letters import checked_letter, message_id
from butler_tui.tools.mail.mailbox import in_mailbox
from butler_tui.tools.mail.recipients import Addressees, recipient_in
from butler_tui.tools.mail.sending import Attachments, Body, Cc, ReplyTo, Subject, To
from butler_tui.tools.mail.storing import MailId, append, by_message_id, special_folder

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox


class Drafted(BaseModel):
    """Where the draft lies; read_mail reads it by this id."""

    id: str


@tool(effect=Effect.CHANGE, again=Again.QUERYABLE, timeout=300, at_once=4, targets=("to", "cc"))
async def draft_mail(
    context: ToolContext,
    to: To,
    subject: Subject,
    body: Body,
    cc: Cc = None,
    attachments: Attachments = None,
    reply_to: ReplyTo = None,
) -> Annotated[ToolResult, Drafted]:
    """Put a mail among your drafts; nothing is sent."""
    account = account_of(context.option)
    account.keeps()
    letter = await asyncio.to_thread(
        partial(checked_letter, draft=True),
        *(context, account, to, subject, body, cc, attachments or [], reply_to),
    )
    password = await asyncio.to_thread(password_of, context, account)
    data = await asyncio.to_thread(letter.message)

    def put(box: BaseMailBox) -> MailId:
        folder = special_folder(box, "drafts", account.drafts)
        return append(box, folder, data, "\\Draft", letter.message_id)

    return _result(await in_mailbox(account, password, put), letter.message_id)


draft_mail.ready(can_read)


@draft_mail.previews
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
    account.keeps()
    letter = await asyncio.to_thread(
        partial(checked_letter, draft=True),
        *(context, account, to, subject, body, cc, attachments or [], reply_to),
    )
    return Preview(letter.preview(), kind="mail")


@draft_mail.settles
async def _(context: ToolContext, **_args: Json) -> ToolResult | None:
    """A draft is known by its Message-ID, which only this call makes."""
    account = account_of(context.option)
    password = await asyncio.to_thread(password_of, context, account)
    domain = recipient_in(account.address, "[mail] address").domain
    wanted = message_id(context.key, domain)

    def look(box: BaseMailBox) -> MailId | None:
        return by_message_id(box, special_folder(box, "drafts", account.drafts), wanted)

    try:
        found = await in_mailbox(account, password, look)
    except ToolError as error:
        raise ToolError("unsure", f"The drafts cannot be looked at: {error}") from error
    return _result(found, wanted) if found is not None else None


@draft_mail.verifies
async def _(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    account = account_of(context.option)
    password = await asyncio.to_thread(password_of, context, account)
    at, wanted = MailId.read(str(facts.get("id"))), str(facts.get("message_id"))
    found = await in_mailbox(account, password, lambda box: by_message_id(box, at.folder, wanted))
    if found is None:
        return Checked("failed", f"it is not in {at.folder}")
    return Checked("verified", f"it lies in {at.folder}")


def _result(at: MailId, wanted: str) -> ToolResult:
    receipt = Receipt(f"Put a draft into {at.folder}.", {"id": str(at), "message_id": wanted})
    return ToolResult(Drafted(id=str(at)), receipt)
