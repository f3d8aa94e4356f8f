"""What a person accepts of a server: every tool that is new, changed or gone, in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import unified_diff

from butler_tui.core.clean import marked
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp import Offer, Offers

_MOST_LINES = 400


def changes(server: McpServer, before: Offers | None, now: Offers) -> Iterator[str]:
    """The lines that show it; none when all is as it was accepted.

    What the server says has a sign before it that Butler's own lines have not.
    """
    if before is not None and before.server != now.server:
        yield "The settings of the server changed since you accepted its tools."
    known = before.tools if before is not None else {}
    for name, offer in now.tools.items():
        if name not in known:
            yield from _shown(f"new: {_name(offer)}{_effect(server, name)}", _text(offer))
        elif known[name].fingerprint != offer.fingerprint:
            lines = unified_diff(
                _text(known[name]), _text(offer), "accepted", "now", n=2, lineterm=""
            )
            yield from _shown(f"changed: {_name(offer)}{_effect(server, name)}", list(lines))
    for name, offer in known.items():
        if name not in now.tools:
            yield f"gone: {_name(offer)}"


def _shown(head: str, lines: Sequence[str]) -> Iterator[str]:
    yield head
    for line in lines[:_MOST_LINES]:
        yield from (f"  {one}" for one in marked(line) or [""])
    if len(lines) > _MOST_LINES:
        yield f"  ({len(lines) - _MOST_LINES} more lines)"


def _name(offer: Offer) -> str:
    return " ".join(offer.name.split())[:100]


def _effect(server: McpServer, name: str) -> str:
    effect = server.effects.get(name)
    return f" (your settings say: {effect.value})" if effect is not None else ""


def _text(offer: Offer) -> list[str]:
    """A tool as lines that can be compared."""
    schema = json.dumps(offer.schema, indent=2, ensure_ascii=False, sort_keys=True)
    lines = [*offer.description.splitlines(), "arguments:", *schema.splitlines()]
    if offer.output is not None:
        output = json.dumps(offer.output, indent=2, ensure_ascii=False, sort_keys=True)
        lines += ["output:", *output.splitlines()]
    return lines
