"""How long a run was carried on, from the times of its events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from butler_tui.core.events import Recorded

_BEGIN_PLANNING = ("run_accepted", "step_proposed")
_END_PLANNING = "plan_proposed"
_BEGIN_CALL = "step_started"
_END_CALL = ("step_finished", "step_failed", "step_unknown", "question_asked")
_END_ALL = ("run_waiting", "run_finished", "run_failed", "run_resumed")
_RESUMED = "run_resumed"

TELLING = (*_BEGIN_PLANNING, _END_PLANNING, _BEGIN_CALL, *_END_CALL, *_END_ALL)
"""The types of the events that tell when a run is carried on."""


class Beat(NamedTuple):
    """When an event of a type happened, and to which call (its step and item)."""

    at: datetime
    type: str
    call: Any = None


def beats_of(events: Iterable[Recorded]) -> Iterator[Beat]:
    """The events of a run, as far as they tell when it was carried on."""
    for one in events:
        if (kind := one.event.type) in TELLING:
            place = (getattr(one.event, "step", None), getattr(one.event, "item", None))
            yield Beat(one.at, kind, place)


def seconds_driven(beats: Iterable[Beat]) -> float:
    """How long a run has been carried on so far, in seconds: not while it waited for a person.

    Between two events it was when it was being planned or a call was under way; what passed before
    another engine took it over does not count.
    """
    seconds, planning = 0.0, False
    under_way: set[Any] = set()
    before: Beat | None = None
    for one in beats:
        if before is not None and (planning or under_way) and one.type != _RESUMED:
            seconds += max(0.0, (one.at - before.at).total_seconds())
        before = one
        if one.type in _BEGIN_PLANNING:
            planning = True
        elif one.type == _END_PLANNING:
            planning = False
        elif one.type == _BEGIN_CALL:
            under_way.add(one.call)
        elif one.type in _END_CALL:
            under_way.discard(one.call)
        elif one.type in _END_ALL:
            under_way.clear()
    return seconds
