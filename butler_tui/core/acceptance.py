"""Whether a call may begin: the journal alone says so, whatever a caller passes."""

from __future__ import annotations

from collections.abc import Mapping

from butler_tui.core.calls import Address
from butler_tui.core.labels import Json
from butler_tui.core.policy import Asked
from butler_tui.core.run import RunState
from butler_tui.core.tool import Effect

BY_POLICY = frozenset({"rule", "bound", "mode", "--yes", "policy"})
"""Who decides without a person."""


def may_begin(
    state: RunState,
    address: Address,
    effect: Effect | None,
    values: Mapping[str, Json],
    asked: Asked,
) -> str | None:
    """None when the call may begin; else why not, in a sentence.

    A call that changes, sends or executes needs an `allow` of exactly this tool with exactly
    these arguments in the journal. While the plan's sheet waits, only one that the
    person allowed by itself may begin.
    """
    if effect is None or not effect.bounds_the_world:
        return None
    approval = state.allowed_by(address)
    if approval is None or approval.decided is None:
        return f"{asked.tool} was not allowed; nobody accepted it."
    if (approval.requested.tool, approval.requested.effect) != (asked.tool, effect):
        return f"{asked.tool} was not allowed; another call in its place was."
    allowed = approval.decided.args if approval.decided.args is not None else None
    if allowed is None:
        allowed = approval.requested.args
    if dict(allowed) != dict(values):
        return f"{asked.tool} was allowed with other arguments than these."
    if approval.decided.by in BY_POLICY and state.open_offer() is not None:
        return f"{asked.tool} must wait until the plan is accepted."
    if state.rehearses:
        return "this run is a rehearsal, in which nothing is carried out."
    return None
