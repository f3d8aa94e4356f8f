"""Mail addresses as people write them, checked before any header holds one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from email.headerregistry import Address

from butler_tui.core.errors import ToolError

MOST_RECIPIENTS = 100
_ATOM = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_NAMED = re.compile(r'\s*(?:"(?P<quoted>[^"]*)"|(?P<plain>[^"<>]*?))\s*<(?P<address>[^<>]*)>\s*')
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*", re.I)

Addressees = str | list[str] | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address: `domain` as servers write it, `written` as the person did."""

    name: str
    local: str
    domain: str
    written: str

    @property
    def address(self) -> str:
        """The address as servers take it."""
        return f"{self.local}@{self.domain}"

    @property
    def header(self) -> Address:
        """The address for a header, which encodes the name."""
        return Address(self.name, self.local, self.domain)

    def shown(self) -> str:
        """The address as a card shows it; where it is written otherwise on the way, both."""
        own = self.address
        if self.written.lower() != own.lower():
            own = f"{self.written} (that is {own})"
        return f"{self.name} <{own}>" if self.name else own


def recipients_in(given: Addressees, what: str) -> tuple[Recipient, ...]:
    """The addresses of one argument, each once; raises ToolError `bad_address`."""
    texts = [given] if isinstance(given, str) else (given or [])
    found: dict[str, Recipient] = {}
    for text in texts:
        if text.strip() or isinstance(given, list):
            one = recipient_in(text, what)
            found.setdefault(one.address.lower(), one)
    return tuple(found.values())


def check_count(recipients: Iterable[Recipient]) -> None:
    """Refuse a mail to nobody, and one to a crowd."""
    count = len({one.address.lower() for one in recipients})
    if not count:
        raise ToolError("bad_address", "The mail goes to nobody; give at least one address in to.")
    if count > MOST_RECIPIENTS:
        raise ToolError(
            "bad_address",
            f"The mail goes to {count} addresses; Butler sends one to at most {MOST_RECIPIENTS}.",
        )


def recipient_in(text: str, what: str) -> Recipient:
    """One address, with or without a name before it; raises ToolError `bad_address`."""
    if clean_line(text) != text:
        raise _refused(text, what, "it holds a line break or an unseen character")
    match = _NAMED.fullmatch(text)
    name, written = "", text.strip()
    if match:
        name = " ".join((match["quoted"] or match["plain"] or "").split())
        written = match["address"].strip()
    if "," in written or ";" in written or written.count("@") > 1:
        raise _refused(text, what, "several addresses are given as a list, one text each")
    if "@" in name:
        raise _refused(text, what, "the name before an address must not hold another address")
    local, _, domain = written.rpartition("@")
    if not local or not domain:
        raise _refused(text, what, "it must look like ada@example.org")
    if not local.isascii():
        raise _refused(text, what, "before the @, Butler takes plain letters only")
    if not _ATOM.fullmatch(local) or len(local) > 64:
        raise _refused(text, what, "what stands before the @ cannot stand there")
    return Recipient(name, local, _as_sent(domain, text, what), written)


def clean_line(text: str) -> str:
    """The text without what may not stand in a header: controls, line breaks, unseen characters."""
    return "".join(
        letter
        for letter in text
        if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or letter == "\u200d"
    )


def _as_sent(domain: str, text: str, what: str) -> str:
    """The domain as servers know it, in ASCII."""
    import idna

    if domain.isascii():
        encoded = domain.lower()
    else:
        try:
            encoded = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise _refused(text, what, "there can be no such domain") from error
    if not _HOST.fullmatch(encoded) or len(encoded) > 253:
        raise _refused(text, what, "there can be no such domain")
    return encoded


def _refused(text: str, what: str, why: str) -> ToolError:
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return ToolError("bad_address", f"{what}: {shown!r} is no mail address: {why}.")
