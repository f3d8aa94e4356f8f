"""What a call acts on: paths, hosts, addresses, told apart whatever tool or argument names them.

A denial is final for these in its run, and private data may go to those that the goal names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from butler_tui.core.rules import host_of

TargetKind = Literal["path", "host", "address", "text"]

_ADDRESS = re.compile(r"[^\s<>@,;:\"]+@[^\s<>@,;:\"]+")


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a call acts on."""

    kind: TargetKind
    text: str


def targets_of(
    names: Iterable[str], args: Mapping[str, str], lists: Mapping[str, Sequence[str]]
) -> frozenset[Target]:
    """The targets in the arguments of these names, as the policy sees them (paths resolved)."""
    found: set[Target] = set()
    for name in names:
        if name in args:
            found.update(_targets_in(args[name], lists.get(name)))
    return frozenset(found)


def _targets_in(text: str, parts: Sequence[str] | None) -> set[Target]:
    """The targets of one argument. Words of a list say what it acts on only all together."""
    if parts is None:
        return set(_targets(text))
    found = {target for part in parts for target in _targets(part) if target.kind != "text"}
    words = any(target.kind == "text" for part in parts for target in _targets(part))
    return found | {Target("text", text)} if words else found


def _targets(text: str) -> Iterator[Target]:
    if host := host_of(text):
        yield Target("host", host)
    elif addresses := _ADDRESS.findall(text):
        yield from (Target("address", one.lower()) for one in addresses)
    elif text.startswith("/"):
        yield Target("path", text)
    elif text:
        yield Target("text", text)


def names(text: str, target: Target) -> bool:
    """True when a text names the target as a word of its own, not as a part of another."""
    if not target.text:
        return False
    word = re.escape(target.text)
    before, after = r"(?<![\w.+@-])", r"(?![\w@-])(?!\.\w)"
    if target.kind == "text":
        before, after = r"(?<!\w)", r"(?!\w)"
    return re.search(f"{before}{word}{after}", text, re.IGNORECASE) is not None
