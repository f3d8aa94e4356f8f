"""Calls that an earlier engine left in the middle: each goes on as its tool declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.events import StepFailed, StepUnknown
from butler_tui.core.run import RunState
from butler_tui.core.tool import Again, Tool


def left_behind(state: RunState, tools: Mapping[str, Tool]) -> Iterator[StepFailed | StepUnknown]:
    """What becomes of every call that had started and was not seen to finish."""
    for call in state.calls.values():
        if call.status in (CallStatus.RUNNING, CallStatus.ASKING):
            yield _settled(call, tools.get(call.tool))


def _settled(call: CallState, tool: Tool | None) -> StepFailed | StepUnknown:
    bounds = call.effect is not None and call.effect.bounds_the_world
    if not bounds or (tool is not None and tool.again in (Again.PURE, Again.KEYED)):
        return StepFailed(
            step=call.step,
            item=call.item,
            code="interrupted",
            error=f"{call.tool} was interrupted and runs again.",
            will_retry=True,
        )
    evidence = f"{call.tool} had started and was not seen to finish: it may have happened."
    return StepUnknown(step=call.step, item=call.item, evidence=evidence)
