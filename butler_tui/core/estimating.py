"""What a plan will cost and how long it will take, as far as past runs tell. Pure.

Nothing is invented: what no past run tells of is unknown, and said so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from butler_tui.core.plan import (
    Argument,
    Call,
    Each,
    If,
    ListOf,
    Literally,
    OrElse,
    Plan,
)

WRITERS = frozenset({"write_text", "summarise_text"})
"""The tools that have a model write."""

_NO_TIME = frozenset({"ask_user", "answer"})
"""How long a person takes is theirs to say; telling them something takes no time."""


@dataclass(frozen=True, slots=True)
class Known:
    """What past runs tell: each tool's seconds, and the tokens of a writer's call, by medians."""

    seconds: Mapping[str, float] = field(default_factory=dict[str, float])
    tokens_in: int | None = None
    tokens_out: int | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A plan's estimate: dollars and seconds, None where they are not known.

    `writes` counts the calls of a model. `or_more`: some steps run once per element of a list that
    is not there yet, and are counted once. `unknown` are the tools of which no past run tells.
    """

    writes: int
    cost: float | None
    seconds: float | None
    or_more: bool = False
    unknown: Sequence[str] = ()

    def dump(self) -> dict[str, Any]:
        """The estimate as an event holds it."""
        return {**asdict(self), "unknown": list(self.unknown)}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Estimate | None:
        """The estimate that an event holds, if any."""
        return cls(**data) if data else None

    def describe(self) -> str:
        """`about 0.4 ct and 12 s`, with `unknown` in the place of what is not known, and why."""
        who = f" ({', '.join(self.unknown[:3])} never ran)" if self.unknown else ""
        return f"{self.brief}{who}"

    @property
    def brief(self) -> str:
        """The same without a reason."""
        least = "at least" if self.or_more else "about"
        if self.cost is None:
            cost = "cost unknown"
        else:
            cost = f"{least} {_money(self.cost)}" if self.writes else "no cost"
        if self.seconds is None:
            return f"{cost}, time unknown"
        joint = " and" if self.cost and self.writes else f", {least}"
        return f"{cost}{joint} {_time(self.seconds)}"


def writes_in(plan: Plan) -> int:
    """How many calls of a model the plan's steps make, each comprehension's at least once."""
    return sum(_times(one.doing, WRITERS) for one in plan.statements)


def estimate(plan: Plan, known: Known, price: float | None) -> Estimate:
    """The estimate of a plan. `price` is what a writer's call costs in dollars, None if unknown."""
    writes = writes_in(plan)
    each = [one for one in _each_in(plan) if _length(one) is None]
    tools = {call.tool for one in plan.statements for call in one.calls()} - _NO_TIME
    unknown = sorted(tools - known.seconds.keys())
    cost = 0.0 if not writes else None if price is None else writes * price
    seconds = None if unknown else _seconds(plan, known)
    return Estimate(writes, cost, seconds, bool(each), unknown)


def _times(part: Argument, tools: frozenset[str]) -> int:
    """How often calls of these tools happen in a part of a statement, as it is meant to go."""
    match part:
        case Call():
            own = 1 if part.tool in tools else 0
            return own + sum(_times(one, tools) for _, one in part.args)
        case OrElse():
            return _times(part.first, tools)
        case If():
            return _times(part.doing, tools)
        case Each():
            return (_length(part) or 1) * _times(part.doing, tools)
        case _:
            return 0


def _seconds(plan: Plan, known: Known) -> float:
    """How long the plan takes when what can run side by side does."""
    ends: dict[str, float] = {}
    last = 0.0
    for one in plan.statements:
        begins = max((ends.get(name, 0.0) for name in one.needs()), default=0.0)
        end = begins + _lasts(one.doing, known)
        if one.name is not None:
            ends[one.name] = end
        last = max(last, end)
    return last


def _lasts(part: Argument, known: Known) -> float:
    match part:
        case Call():
            before = max((_lasts(one, known) for _, one in part.args), default=0.0)
            return before + known.seconds.get(part.tool, 0.0)
        case OrElse():
            return _lasts(part.first, known)
        case If() | Each():
            return _lasts(part.doing, known)
        case _:
            return 0.0


def _each_in(plan: Plan) -> Iterator[Each]:
    for one in plan.statements:
        yield from _comprehensions(one.doing)


def _comprehensions(part: Argument) -> Iterator[Each]:
    match part:
        case Each():
            yield part
            yield from _comprehensions(part.doing)
        case Call():
            for _, one in part.args:
                yield from _comprehensions(one)
        case OrElse():
            yield from _comprehensions(part.first)
        case If():
            yield from _comprehensions(part.doing)
        case _:
            return


def _length(each: Each) -> int | None:
    """How many elements a comprehension has; None when the plan does not say."""
    if each.condition is not None:
        return None
    match each.over:
        case ListOf(items):
            return len(items)
        case Literally(value) if isinstance(value, list):
            return len(value)
        case _:
            return None


def _money(dollars: float) -> str:
    cents = dollars * 100
    if cents < 100:
        return f"{cents:.2g} ct" if cents < 10 else f"{cents:.0f} ct"
    return f"${dollars:.2f}"


def _time(seconds: float) -> str:
    if seconds < 1:
        return "1 s"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
