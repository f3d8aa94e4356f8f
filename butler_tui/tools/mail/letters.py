"""A mail before it is sent: checked, shown as it will be, and put into the form servers take."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from butler_tui.core.clean import marked, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.mail.account import Account
from butler_tui.tools.mail.attachments import Enclosed, enclosed
from butler_tui.tools.mail.recipients import (
    Addressees,
    Recipient,
    check_count,
    clean_line,
    recipient_in,
    recipients_in,
)

LONGEST_SUBJECT = 500
LONGEST_BODY = 2_000_000
_SEVEN_BIT = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail, checked."""

    sender: Recipient
    to: tuple[Recipient, ...]
    cc: tuple[Recipient, ...]
    reply_to: tuple[Recipient, ...]
    subject: str
    body: str
    attachments: tuple[Enclosed, ...]
    message_id: str

    @property
    def envelope(self) -> tuple[Recipient, ...]:
        """Everybody who gets it, each once."""
        each = {one.address.lower(): one for one in (*self.to, *self.cc)}
        return tuple(each.values())

    def message(self) -> bytes:
        """The mail as it travels."""
        made = EmailMessage(policy=_SEVEN_BIT)
        made["From"] = self.sender.header
        for name, people in (("To", self.to), ("Cc", self.cc), ("Reply-To", self.reply_to)):
            if people:
                made[name] = _headers(people)
        made["Subject"] = self.subject
        made["Date"] = formatdate(localtime=True)
        made["Message-ID"] = self.message_id
        made.set_content(self.body, charset="utf-8")
        for one in self.attachments:
            main, _, sub = one.kind.partition("/")
            made.add_attachment(one.data, maintype=main, subtype=sub, filename=one.name)
        return made.as_bytes()

    def preview(self) -> str:
        """All that leaves, as the person reads it: whom it reaches, every word, every file."""
        lines = [f"From: {visible_line(self.sender.shown())}"]
        for name, people in (("To", self.to), ("Cc", self.cc), ("Reply-To", self.reply_to)):
            lines += [f"{name}: {visible_line(one.shown())}" for one in people]
        lines.append(f"Subject: {visible_line(self.subject)}")
        lines += [f"Attachment: {visible_line(one.shown())}" for one in self.attachments]
        return "\n".join([*lines, "", *(marked(self.body) or ["(no text)"])])


def _headers(people: Sequence[Recipient]) -> list[Address]:
    return [one.header for one in people]


def checked_letter(
    context: ToolContext,
    account: Account,
    to: Addressees,
    subject: str,
    body: str,
    cc: Addressees,
    attachments: Sequence[str],
    reply_to: Addressees,
    *,
    draft: bool = False,
) -> Letter:
    """The mail, its files read. Blocks. Raises ToolError for what no mail may hold."""
    people = recipients_in(to, "to"), recipients_in(cc, "cc")
    if not draft:
        check_count([*people[0], *people[1]])
    sender = recipient_in(account.address, "[mail] address")
    own_name = " ".join(clean_line(account.name).split()).replace("@", "")
    sender = Recipient(own_name, sender.local, sender.domain, sender.written)
    return Letter(
        sender,
        *people,
        recipients_in(reply_to, "reply_to"),
        _subject(subject),
        _body(body),
        enclosed(context, attachments),
        message_id(context.key, sender.domain),
    )


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a call's mail: the same for every attempt, and no other call's."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}.butler@{domain}>"


def _subject(subject: str) -> str:
    if clean_line(subject) != subject:
        raise ToolError(
            "bad_arguments",
            f"The subject {subject[:80]!r} holds a line break or an unseen character; write it as "
            "one line of plain text.",
        )
    if len(subject) > LONGEST_SUBJECT:
        raise ToolError(
            "bad_arguments", f"The subject is longer than {LONGEST_SUBJECT} characters; shorten it."
        )
    return subject


def _body(body: str) -> str:
    if len(body) > LONGEST_BODY:
        raise ToolError(
            "too_big",
            f"The text has {len(body):,} characters; a mail takes {LONGEST_BODY:,}. Attach a file.",
        )
    try:
        body.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ToolError(
            "bad_arguments", "The text holds half of a character, which no mail can; leave it out."
        ) from error
    return "\n".join(body.replace("\0", "\N{REPLACEMENT CHARACTER}").splitlines())
