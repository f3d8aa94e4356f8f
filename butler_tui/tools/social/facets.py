"""What in a text is a link, a mention or a tag for Bluesky, by the offsets of its UTF-8 bytes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from butler_tui.tools.social.lengths import links

_MENTION = re.compile(
    r"(?<![\w@./])@(?P<value>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(?![\w@])"
)
_TAG = re.compile(r"(?<!\S)[#\uff03](?P<value>(?!\d+(?:\W|$))\w[\w-]{0,63})(?!\w)")

Resolve = Callable[[str], Awaitable[str | None]]
"""Finds the DID of a handle; None for nobody's."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text, from byte `start` to byte `end` of its UTF-8."""

    kind: Literal["link", "mention", "tag"]
    start: int
    end: int
    value: str


def parts_of(text: str) -> list[Part]:
    """The links, mentions and tags of a text in their order; none overlaps another."""
    found: list[tuple[int, int, Literal["link", "mention", "tag"], str]] = [
        (start, end, "link", text[start:end]) for start, end in links(text)
    ]
    for kind, pattern in (("mention", _MENTION), ("tag", _TAG)):
        for one in pattern.finditer(text):
            if not any(start < one.end() and one.start() < end for start, end, _, _ in found):
                found.append((one.start(), one.end(), kind, one["value"]))  # type: ignore[arg-type]
    return [
        Part(kind, _bytes_before(text, start), _bytes_before(text, end), value)
        for start, end, kind, value in sorted(found)
    ]


async def facets_of(text: str, resolve: Resolve) -> list[dict[str, Any]]:
    """The facets of a post with that text; a mention of nobody stays text."""
    facets: list[dict[str, Any]] = []
    for part in parts_of(text):
        feature: dict[str, Any] = {"$type": f"app.bsky.richtext.facet#{part.kind}"}
        match part.kind:
            case "link":
                feature["uri"] = part.value
            case "tag":
                feature["tag"] = part.value
            case _:
                did = await resolve(part.value)
                if did is None:
                    continue
                feature["did"] = did
        index = {"byteStart": part.start, "byteEnd": part.end}
        facets.append({"index": index, "features": [feature]})
    return facets


def _bytes_before(text: str, index: int) -> int:
    return len(text[:index].encode())
