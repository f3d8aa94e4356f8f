"""What a rehearsal cannot show: a call that builds on what an earlier one would have done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.errors import SpentError, ToolError
from butler_tui.core.events import Item, StepFailed, StepSkipped
from butler_tui.core.labels import Labels
from butler_tui.core.plan import Call, Doing, calls_in
from butler_tui.core.ready import Broken
from butler_tui.core.run import RunState
from butler_tui.core.tool import Effect, Tool, ToolCall
from butler_tui.execution.paths import paths_of
from butler_tui.execution.weighing import as_asked

_HOLDS_ANYHOW = frozenset({"outside", "forbidden", "private_address", "not_allowed", "no_tool"})
"""Failures that no earlier call would have averted."""


def beyond_rehearsal(
    state: RunState,
    tools: Mapping[str, Tool],
    call: Call,
    item: Item,
    error: ToolError,
    made: ToolCall | None = None,
) -> StepSkipped | None:
    """That the call cannot be rehearsed, where an earlier one would have averted its failure.

    The earlier one was only previewed, and comes before this one by the plan or acts on the same
    path. None outside of a rehearsal, and where the failure is one of the call itself.
    """
    if not state.rehearses or error.transient or isinstance(error, SpentError):
        return None
    if error.code in _HOLDS_ANYHOW:
        return None
    previewed = [one for one in state.calls_in_order() if one.status is CallStatus.REHEARSED]
    before = _before(state, call)
    paths = [*_paths(state, tools.get(call.tool), made)]
    for one in previewed:
        if one.step in before or _meets(paths, [*_acts_on(state, tools, one)]):
            because = f"cannot be rehearsed: it needs what {one.place} would have done"
            return StepSkipped(step=call.id, item=item, because=because)
    return None


def not_made(
    state: RunState, tools: Mapping[str, Tool], broken: Broken
) -> StepFailed | StepSkipped:
    """That a call has a value that is not as the plan expects: in a rehearsal it may be made up."""
    statement = state.statements.get(broken.step)
    if statement is not None and isinstance(call := statement.statement.doing, Call):
        skipped = beyond_rehearsal(state, tools, call, broken.item, broken.error)
        if skipped is not None:
            return skipped
    return StepFailed(
        step=broken.step,
        item=broken.item,
        code=broken.error.code,
        error=str(broken.error),
        labels=Labels(broken.label).dump(),
    )


def _before(state: RunState, call: Call) -> set[str]:
    """The steps that this one comes after or has values from, also by way of others."""
    inner = [one for _, made in call.args if isinstance(made, Doing) for one in calls_in(made)]
    found = {one.id for one in inner}
    named = {one.statement.name: one.statement for one in state.statements.values()}
    own = (one.statement for one in state.statements.values() if one.statement.call(call.id))
    wanted = [name for statement in own for name in statement.needs()]
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name in seen or (statement := named.get(name)) is None:
            continue
        seen.add(name)
        found |= {one.id for one in statement.calls()}
        wanted += statement.needs()
    return found


def _acts_on(state: RunState, tools: Mapping[str, Tool], call: CallState) -> Iterator[str]:
    """The paths that a previewed change would act on; what a program does is in no argument."""
    tool = tools.get(call.tool)
    if tool is not None and call.effect is Effect.CHANGE:
        yield from paths_of(tool, as_asked(state, tool, call.args, call.effect).args)


def _paths(state: RunState, tool: Tool | None, made: ToolCall | None) -> Iterator[str]:
    if tool is None or made is None:
        return
    try:
        asked = as_asked(state, tool, made.values, None)
    except ToolError:
        return
    yield from paths_of(tool, asked.args)


def _meets(paths: list[str], others: list[str]) -> bool:
    """True when one of these is one of those, lies in it, or holds it."""
    pairs = ((PurePath(one), PurePath(other)) for one in paths for other in others)
    return any(one.is_relative_to(other) or other.is_relative_to(one) for one, other in pairs)
