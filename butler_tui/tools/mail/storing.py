"""Putting a mail into a folder of the mailbox: drafts, and copies of what was sent."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError
from butler_tui.tools.mail.account import Account
from butler_tui.tools.mail.mailbox import in_mailbox

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox

_log = logging.getLogger(__name__)
_APPENDED = re.compile(rb"APPENDUID (\d+) (\d+)")
_USUAL = {
    "drafts": ("Drafts", "INBOX.Drafts", "INBOX/Drafts", "Draft", "Entwürfe", "Brouillons"),
    "sent": ("Sent", "INBOX.Sent", "INBOX/Sent", "Sent Items", "Sent Messages", "Gesendet"),
}


@dataclass(frozen=True, slots=True)
class MailId:
    """Where a mail lies, the same as long as its folder is: `INBOX/1700000000/42`."""

    folder: str
    validity: int
    uid: int

    def __str__(self) -> str:
        return f"{self.folder}/{self.validity}/{self.uid}"

    @classmethod
    def read(cls, text: str) -> MailId:
        """The place that an id names; raises ToolError `bad_arguments`."""
        found = re.fullmatch(r"([^\x00-\x1f\x7f]+)/(\d{1,10})/(\d{1,10})", text)
        if not found:
            raise ToolError(
                "bad_arguments",
                f"{text[:80]!r} is no mail's id; take one from search_mail, like INBOX/1/42.",
            )
        return cls(found[1], int(found[2]), int(found[3]))


def select(box: BaseMailBox, folder: str) -> int:
    """Open a folder for reading alone, and return its validity. Raises ToolError `no_folder`."""
    from imap_tools.errors import MailboxFolderSelectError

    if any(ord(letter) < 32 or ord(letter) == 127 for letter in folder) or not folder.strip():
        raise ToolError("bad_arguments", f"{folder[:80]!r} cannot be a mail folder.")
    try:
        box.folder.set(folder, readonly=True)
    except MailboxFolderSelectError as error:
        names = ", ".join(one.name for one in box.folder.list()[:30])
        raise ToolError(
            "no_folder", f"There is no mail folder {folder}; there are: {names}."
        ) from error
    _, kept = box.client.response("UIDVALIDITY")
    last = kept[-1] if kept else None
    return int(last) if isinstance(last, bytes) else 0


def special_folder(box: BaseMailBox, kind: str, named: str | None) -> str:
    """The folder for drafts or for what was sent: as set, as the server says, or as usual."""
    if named:
        return named
    there = box.folder.list()
    for one in there:
        if any(flag.lower() == f"\\{kind}" for flag in one.flags):
            return one.name
    names = {one.name.lower(): one.name for one in there}
    for usual in _USUAL[kind]:
        if usual.lower() in names:
            return names[usual.lower()]
    raise ToolError(
        "no_folder",
        f"The mailbox does not say which folder is for {kind}; name it as {kind} under [mail].",
    )


def by_message_id(box: BaseMailBox, folder: str, message_id: str) -> MailId | None:
    """The mail with that Message-ID in a folder, if it is there."""
    validity = select(box, folder)
    found = box.uids(f'HEADER Message-ID "{message_id}"', charset=None)
    return MailId(folder, validity, max(map(int, found))) if found else None


def append(box: BaseMailBox, folder: str, data: bytes, flag: str, message_id: str) -> MailId:
    """Put the mail there and say where it lies."""
    _, said = box.append(data, folder, flag_set=[flag])
    found = _APPENDED.search(b" ".join(one for one in said if isinstance(one, bytes)))
    if found:
        return MailId(folder, int(found[1]), int(found[2]))
    kept = by_message_id(box, folder, message_id)
    if kept is None:
        raise ToolError("not_kept", f"The server took the mail, but it is not in {folder}.")
    return kept


async def keep_copy(account: Account, password: str, data: bytes, message_id: str) -> str:
    """Keep a copy of what was sent, where the settings want one; what became of it, in words.

    The mail is on its way: nothing that goes wrong here is a failure of the call.
    """
    if not account.save_sent or account.imap is None or not account.user:
        return "none, as the settings say"
    try:
        async with asyncio.timeout(2 * account.seconds):
            return await in_mailbox(account, password, _copying(account, data, message_id))
    except ToolError as error:
        return f"not kept: {error}"
    except TimeoutError:
        return "not kept: the server took too long"
    except Exception as error:  # noqa: BLE001  (the mail is gone: nothing here may fail the call)
        _log.exception("a copy of a sent mail was not kept")
        return f"not kept: {type(error).__name__}"


def _copying(account: Account, data: bytes, message_id: str) -> Callable[[BaseMailBox], str]:
    def copy(box: BaseMailBox) -> str:
        folder = special_folder(box, "sent", account.sent)
        kept = by_message_id(box, folder, message_id)
        kept = kept or append(box, folder, data, "\\Seen", message_id)
        return f"kept as {kept}"

    return copy
