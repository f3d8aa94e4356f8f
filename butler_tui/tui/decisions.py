"""What the person decided or wants, in one message; the app alone has it carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from textual.message import Message

if TYPE_CHECKING:
    from butler_tui.core.calls import Address
    from butler_tui.core.events import ApprovalRequested
    from butler_tui.core.rules import Rule

Scope = Literal["once", "run", "always"]


@dataclass(frozen=True, slots=True)
class Allow:
    """The calls may happen: once, in this run, or always, by a rule that the person has seen.

    `args` are the arguments as the person changed them, None when they stand as they are.
    """

    approvals: Sequence[str]
    scope: Scope = "once"
    rule: Rule | None = None
    args: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Deny:
    """The calls, or all the calls of a plan's sheet, must not happen."""

    approvals: Sequence[str]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """The plan's sheet is accepted, without some of its calls, and with some of them changed.

    `bounds` and `cost_usd` are signed with it for all that comes later.
    """

    sheet: str
    without: frozenset[str] = frozenset()
    edits: Mapping[str, ApprovalRequested] = field(default_factory=dict[str, "ApprovalRequested"])
    bounds: Sequence[Rule] = ()
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class WantRule:
    """The person wants to see the rule that *always* would keep."""

    asked: ApprovalRequested


@dataclass(frozen=True, slots=True)
class WantEdit:
    """The person wants to change the call's arguments; `sheet`: on a plan's sheet."""

    asked: ApprovalRequested
    sheet: bool = False


@dataclass(frozen=True, slots=True)
class WantBounds:
    """The person wants to set bounds: with a sheet, as it was picked so far; else for the run."""

    sheet: Accept | None = None


@dataclass(frozen=True, slots=True)
class TakeBack:
    """A call must come back out of the outbox."""

    address: Address


@dataclass(frozen=True, slots=True)
class SendNow:
    """A call in the outbox may go at once."""

    address: Address


Wish = Allow | Deny | Accept | WantRule | WantEdit | WantBounds | TakeBack | SendNow


class Wished(Message):
    """The person wants this."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        super().__init__()
