"""What the person decided on a card, as messages; the app alone carries them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from textual.message import Message

if TYPE_CHECKING:
    from butler_tui.core.events import ApprovalRequested
    from butler_tui.core.rules import Rule

Scope = Literal["once", "run", "always"]


class Allowed(Message):
    """The calls may happen: once, in this run, or always, by a rule that the person has seen.

    `args` are the arguments as the person changed them, None when they stand as they are.
    """

    def __init__(
        self,
        approvals: Sequence[str],
        scope: Scope = "once",
        rule: Rule | None = None,
        args: dict[str, Any] | None = None,
    ) -> None:
        self.approvals = tuple(approvals)
        self.scope: Scope = scope
        self.rule = rule
        self.args = args
        super().__init__()


class Denied(Message):
    """The calls must not happen."""

    def __init__(self, approvals: Sequence[str], reason: str) -> None:
        self.approvals = tuple(approvals)
        self.reason = reason
        super().__init__()


class RuleWanted(Message):
    """The person wants to see the rule that *always* would keep."""

    def __init__(self, asked: ApprovalRequested) -> None:
        self.asked = asked
        super().__init__()


class EditWanted(Message):
    """The person wants to change the call's arguments before it is allowed."""

    def __init__(self, asked: ApprovalRequested) -> None:
        self.asked = asked
        super().__init__()
