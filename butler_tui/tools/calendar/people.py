"""Who is who at an event: the person's own addresses, those who are invited, and strangers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Key
from butler_tui.core.tool import Mark, ToolContext
from butler_tui.tools.calendar.objects import Stored
from butler_tui.tools.calendar.store import Store
from butler_tui.tools.origins import is_downloaded

MOST_INVITEES = 200
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


def own_addresses(context: ToolContext) -> frozenset[str]:
    """The person's own mail addresses, as far as the settings tell."""
    told = [context.option("calendar.address"), context.option("calendar.user")]
    return frozenset(one.lower() for one in told if one and "@" in one)


def checked_invitees(invitees: Sequence[str]) -> list[str]:
    """The addresses of those who are invited, each once; raises ToolError for one that is none."""
    found: list[str] = []
    if len(invitees) > MOST_INVITEES:
        raise ToolError("bad_address", f"More than {MOST_INVITEES} people cannot be invited.")
    for one in invitees:
        _, address = parseaddr(one) if one.isprintable() else ("", "")
        domain = address.rpartition("@")[2]
        if not _ADDRESS.fullmatch(address) or ".." in domain:
            raise ToolError(
                "bad_address",
                f"{one!r:.80} is no mail address; write it like ada@example.org. find_contact "
                "finds the address of a name.",
            )
        if address.lower() not in (known.lower() for known in found):
            found.append(address)
    return found


def organiser_of(context: ToolContext, store: Store) -> str:
    """The person as the one who invites; raises ToolError where a server would need it."""
    own = context.option("calendar.address") or context.option("calendar.user") or ""
    if "@" in own:
        return own
    if store.remote:
        raise ToolError(
            "no_address",
            "To invite somebody, Butler must know your own mail address; set address under "
            "[calendar] in config.toml.",
        )
    return ""


def mark_of(
    context: ToolContext, store: Store, stored: Stored, organiser: str, at: tuple[Key, ...]
) -> Mark:
    """Whose word an event is: what somebody else organises, a stranger may have written."""
    path = label_path(context, stored)
    known = context.known_sources(path)
    strange = any(source.untrusted for source in known) or stored.foreign
    strange = strange or (not store.remote and is_downloaded(path))
    if organiser and organiser.lower() not in own_addresses(context):
        return Mark(at, f"invitation from {organiser:.100}", untrusted=True, sources=known)
    origin = f"calendar {stored.calendar}"
    return Mark(at, origin, untrusted=True if strange else None, sources=known)


def label_path(context: ToolContext, stored: Stored) -> Path:
    """The path under which Butler remembers whose text an object holds.

    Where it is kept on a server there is no file at it: it is a name only.
    """
    from butler_tui.tools.own_folders import own_folder

    folder = own_folder(context, "calendar")
    if "://" not in stored.ref:
        return folder / stored.ref
    from hashlib import sha256

    return folder / ".server" / sha256(stored.ref.encode()).hexdigest()[:32]
