"""Which calls a key speaks of that is pressed on a row of the plan. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.plan import Each
from butler_tui.tui.rows import RowKey
from butler_tui.tui.watch import Watch

_NOT_BEGUN = (CallStatus.HELD, CallStatus.ALLOWED, CallStatus.FAILED)


def to_skip(watch: Watch, key: RowKey) -> Sequence[str]:
    """The places that skipping this row means: the call, all elements left, or the statement.

    Skipping the first call of a statement does without all of it.
    """
    name, address = key
    one = watch.state.statements.get(name)
    if one is None:
        return []
    if address is not None:
        return [watch.state.calls[address].place]
    calls = list(_calls(watch, name))
    open_ones = [call.place for call in calls if call.status in _NOT_BEGUN]
    if open_ones and (isinstance(one.statement.doing, Each) or len(calls) == 1):
        return open_ones
    return open_ones[:1] or [next(one.statement.calls()).id]


def to_retry(watch: Watch, key: RowKey) -> Sequence[str]:
    """The places that trying this row again means: what failed in it, or the person skipped."""
    name, address = key
    if name not in watch.state.statements:
        return []
    calls = _calls(watch, name) if address is None else [watch.state.calls[address]]
    return [call.place for call in calls if _again(call)]


def _again(call: CallState) -> bool:
    return call.status is CallStatus.FAILED or (call.status is CallStatus.SKIPPED and bool(call.by))


def _calls(watch: Watch, name: str) -> Iterator[CallState]:
    return (watch.state.calls[at] for at in watch.index.get(name, ()))
