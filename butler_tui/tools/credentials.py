"""Secrets in a request's headers, by name only: `secret:NAME`, or `Bearer secret:NAME`.

The value takes the name's place at the last moment, and only towards an origin that the settings
bind the secret to. A secret written out is refused: it would be in the plan and in the journal.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, meant_origins, origin_of
from butler_tui.tools.network import is_secret_name

_HANDLE = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9-]* )?secret:(?P<name>[A-Za-z_][A-Za-z0-9_]*)")
_SCHEME = re.compile(r"(bearer|basic|token|digest)\s", re.I)


@dataclass(frozen=True, slots=True)
class Slot:
    """A header that a secret goes into: what stands before it, and the secret's name."""

    scheme: str
    secret: str


def slots_in(headers: Mapping[str, str]) -> dict[str, Slot]:
    """The headers that name a secret. Raises ToolError `literal_secret` for one written out."""
    found: dict[str, Slot] = {}
    for name, text in headers.items():
        if handle := _HANDLE.fullmatch(text):
            found[name] = Slot(handle["scheme"] or "", handle["name"])
        elif is_secret_name(name) or _SCHEME.match(text):
            raise ToolError(
                "literal_secret",
                f"The header {name} would hold a secret that everybody can read in the plan: keep "
                "it with `butler secrets set NAME`, name its host under [secrets.hosts] in "
                "config.toml, and write secret:NAME (or Bearer secret:NAME) in the header.",
            )
        elif "secret:" in text:
            raise ToolError(
                "bad_arguments",
                f"The header {name} names a secret in a way that is not filled in: write "
                "secret:NAME, or one word and a space before it, and nothing else.",
            )
    return found


def check_bound(context: ToolContext, slots: Mapping[str, Slot], url: str) -> None:
    """Raises ToolError `secret_not_bound` when the settings bind a secret to other origins."""
    origin = origin_of(checked_url(url))
    for slot in slots.values():
        bound = (context.option(f"secrets.hosts.{slot.secret}") or "").split(",")
        if origin not in meant_origins(bound):
            raise ToolError(
                "secret_not_bound",
                f"The secret {slot.secret} may not be sent to {origin}; if it is meant for there, "
                f"name that host in config.toml: [secrets.hosts] {slot.secret} = "
                f'["{origin.removeprefix("https://")}"]',
            )


async def filled(context: ToolContext, slots: Mapping[str, Slot], url: str) -> dict[str, str]:
    """The headers as they are sent to `url`. Raises ToolError, also when there is no secret."""
    check_bound(context, slots, url)
    sent: dict[str, str] = {}
    for name, slot in slots.items():
        value = await asyncio.to_thread(context.secret, slot.secret)
        if not value:
            raise ToolError(
                "no_secret",
                f"There is no secret {slot.secret}; keep it with `butler secrets set "
                f"{slot.secret}`.",
            )
        if not value.isascii() or not value.isprintable():
            raise ToolError(
                "bad_secret", f"The secret {slot.secret} holds a character no header can have."
            )
        sent[name] = slot.scheme + value
    return sent
