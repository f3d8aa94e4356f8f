"""A mail's bytes as what a person reads of it: headers, text, and which files came along.

Whoever wrote the mail wrote all of this: nothing is believed, and nothing broken is a failure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from butler_tui.core.errors import ToolError
from butler_tui.tools.bodies import charset_in, text_from
from butler_tui.tools.pages import Link, html_text

MOST_CHARACTERS = 400_000
MOST_ATTACHMENTS = 200
DEEPEST = 5
"""Mails within mails beyond this are named and not read."""

LONGEST_HEADER = 1_000
_ODD = (MessageError, ValueError, LookupError, AssertionError, TypeError, AttributeError)
"""What Python's parser raises for what no mail program would have written."""

_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]]+@[^\s<>@,;:\"()\[\]]+")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a mail, as the mail calls it."""

    name: str
    kind: str
    size: int


@dataclass(slots=True)
class Content:
    """What a mail holds: its texts in their order, and what is attached."""

    texts: list[str] = field(default_factory=list[str])
    links: list[Link] = field(default_factory=list[Link])
    attached: list[Attached] = field(default_factory=list[Attached])

    @property
    def text(self) -> str:
        """All of the texts."""
        return "\n\n".join(one.strip("\n") for one in self.texts if one.strip())


def parsed(data: bytes) -> Message:
    """The mail, however broken; raises ToolError `broken_mail` for one nested without end."""
    try:
        return message_from_bytes(data)
    except (RecursionError, *_ODD) as error:
        raise _broken() from error


def header(message: Message, name: str) -> str:
    """A header as one line of text, whatever it is written in."""
    return _decoded(next(iter(_raw(message, name)), ""))


def _raw(message: Message, *names: str) -> list[str]:
    """The values of these headers as they stand in the mail."""
    wanted = {name.lower() for name in names}
    return [str(value) for name, value in message.raw_items() if name.lower() in wanted]


def addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    """The names and addresses in these headers; a name is decoded only once it stands alone.

    So nobody's name can bring in an address that the header does not have.
    """
    raw = _raw(message, *names)
    found = getaddresses([" ".join(_scrubbed(one).split())[:20_000] for one in raw])
    return [
        (_decoded(name)[:200], address)
        for name, address in found[:100]
        if _ADDRESS.fullmatch(address)
    ]


def moment(message: Message) -> str:
    """When the mail says that it was written, in UTC; empty where it does not say."""
    try:
        at = parsedate_to_datetime(header(message, "Date"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def content_of(message: Message) -> Content:
    """The texts and attachments of a mail. Computes: call it in a thread."""
    found = Content()
    try:
        _gather(message, found, 0)
    except (RecursionError, *_ODD) as error:
        raise _broken() from error
    if not found.text and any(one.kind == "application/ms-tnef" for one in found.attached):
        found.texts.append("[The text is in winmail.dat, which only Outlook can open.]")
    return found


def _gather(part: Message, found: Content, depth: int) -> None:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        _nested(part, found, depth)
    elif part.is_multipart():
        inner = list(_parts(part))
        for one in _chosen(inner) if kind == "multipart/alternative" else inner:
            _gather(one, found, depth)
    elif kind in ("text/plain", "text/html") and not _is_file(part):
        text = text_from(_payload(part), _charset(part))
        if kind == "text/html":
            text, links = html_text(text)
            found.links.extend(links)
        found.texts.append(text.replace("\r\n", "\n"))
    elif len(found.attached) < MOST_ATTACHMENTS:
        found.attached.append(Attached(_name(part), kind[:100], len(_payload(part))))


def _chosen(parts: Sequence[Message]) -> Iterator[Message]:
    """Of several forms of one text, the plain one where it says anything; and what is no form."""
    plain = [one for one in parts if one.get_content_type() == "text/plain"]
    if any(text_from(_payload(one), _charset(one)).strip() for one in plain):
        yield from (one for one in parts if one.get_content_type() not in _RICH)
        return
    yield from (one for one in parts if one not in plain)


_RICH = ("text/html", "multipart/related", "text/enriched", "text/calendar")


def _nested(part: Message, found: Content, depth: int) -> None:
    """A mail in the mail: listed as a file, and its text told below who is said to have sent it."""
    inner = next(iter(_parts(part)), None)
    subject = header(inner, "Subject") if inner is not None else ""
    size = len(inner.as_bytes()) if inner is not None and depth < DEEPEST else 0
    if len(found.attached) < MOST_ATTACHMENTS:
        found.attached.append(Attached(f"{subject[:100] or 'mail'}.eml", "message/rfc822", size))
    if inner is None or depth >= DEEPEST:
        return
    own = Content()
    _gather(inner, own, depth + 1)
    if own.text:
        sender = header(inner, "From") or "somebody"
        found.texts.append(f"--- Attached mail: {subject}, from {sender} ---\n\n{own.text}")
    found.links.extend(own.links)
    left = MOST_ATTACHMENTS - len(found.attached)
    found.attached.extend(own.attached[:left])


def _parts(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (one for one in payload if isinstance(one, Message))


def _is_file(part: Message) -> bool:
    if (part.get_content_disposition() or "") == "attachment":
        return True
    return bool(part.get_filename()) and part.get_content_disposition() != "inline"


def _payload(part: Message) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except _ODD:
        payload = None
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str:
    """The content type as `text_from` reads it."""
    return _scrubbed(str(part.get("Content-Type", "text/plain")))


def _name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except _ODD:
        name = ""
    kind = part.get_content_type()
    return _decoded(name)[:200] or ("winmail.dat" if kind == "application/ms-tnef" else "unnamed")


def _decoded(raw: str) -> str:
    """A header's text with its encoded words read, on one line."""
    words: list[str] = []
    try:
        pieces = decode_header(_scrubbed(raw)[:20_000])
    except _ODD:
        pieces = [(_scrubbed(raw), None)]
    for piece, charset in pieces:
        if isinstance(piece, str):
            words.append(piece)
        else:
            words.append(piece.decode(charset_in(f"charset={charset}") or "utf-8", "replace"))
    return _scrubbed(" ".join("".join(words).split()))[:LONGEST_HEADER]


def _scrubbed(text: str) -> str:
    """The text without halves of characters; bytes that no header declared are UTF-8, or Latin."""
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _broken() -> ToolError:
    return ToolError(
        "broken_mail", "The mail is built so that it cannot be read; open it in a mail program."
    )
