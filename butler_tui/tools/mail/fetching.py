"""Taking mails from a server without marking them as read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox

MOST_BYTES = 30_000_000
_AT_ONCE = 50
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_HEADERS = "(UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO CC SUBJECT DATE)])"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail, or its headers, as the server gave it."""

    uid: int
    size: int
    unread: bool
    data: bytes


def fetch_headers(box: BaseMailBox, uids: Sequence[int]) -> Iterator[Fetched]:
    """The headers of these mails, in this order; one that is gone meanwhile is left out."""
    for start in range(0, len(uids), _AT_ONCE):
        wanted = uids[start : start + _AT_ONCE]
        found = {one.uid: one for one in _fetch(box, ",".join(map(str, wanted)), _HEADERS)}
        yield from (found[uid] for uid in wanted if uid in found)


def fetch_whole(box: BaseMailBox, uid: int) -> Fetched:
    """A whole mail; raises ToolError `gone` or `too_big`."""
    known = next(iter(_fetch(box, str(uid), "(UID RFC822.SIZE)")), None)
    if known is None:
        raise _gone()
    if known.size > MOST_BYTES:
        raise ToolError(
            "too_big",
            f"The mail has {known.size / 1e6:.0f} MB and Butler reads {MOST_BYTES / 1e6:.0f} MB; "
            "open it in a mail program.",
        )
    whole = next(iter(_fetch(box, str(uid), "(UID FLAGS RFC822.SIZE BODY.PEEK[])")), None)
    if whole is None:
        raise _gone()
    return whole


def _fetch(box: BaseMailBox, uids: str, parts: str) -> Iterator[Fetched]:
    """What the server says of each mail; its flags may come behind the mail's own bytes."""
    answer, data = box.client.uid("FETCH", uids, parts)
    if answer != "OK":
        raise box.client.error(f"{answer} {data!r}"[:200])
    said, body = b"", b""
    for one in [*data, b"\n("]:
        if isinstance(one, tuple):
            if said and _UID.search(said) and _starts(one[0]):
                yield _read(said, body)
                said, body = b"", b""
            said, body = said + one[0], one[1]
        elif isinstance(one, bytes):
            if _starts(one) or one == b"\n(":
                if _UID.search(said):
                    yield _read(said, body)
                said, body = b"", b""
            said += b" " + one


def _starts(line: Any) -> bool:  # noqa: ANN401  (what imaplib gives)
    return bool(re.match(rb"\d+ \(", line))


def _read(said: bytes, body: bytes) -> Fetched:
    uid, size, flags = _UID.search(said), _SIZE.search(said), _FLAGS.search(said)
    return Fetched(
        int(uid[1]) if uid else 0,
        int(size[1]) if size else len(body),
        b"\\seen" not in (flags[1].lower() if flags else b""),
        body,
    )


def _gone() -> ToolError:
    return ToolError("gone", "The mail is not there any more; search for it again.")
