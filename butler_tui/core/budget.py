"""What a run may use up, and how much of it is used, reserved and left. Pure.

A budget is named as its setting under `[limits]`; a limit of 0 is none. Only what a call is
estimated at can be reserved, so that the last call may end a little above its limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from butler_tui.core.calls import Spent
from butler_tui.core.events import ModelCalled

NEAR = 0.8
"""The share of a budget from which on it is said that it is nearly used up."""

COST, CALLS, TOKENS = "cost_usd", "model_calls", "tokens"
PER_DAY = "_per_day"
"""Ends the name of a budget that all runs of a day share."""
STEPS, REVISIONS, MINUTES, SIGNED = "steps", "revisions", "minutes", "signed_cost"

_TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use, and all runs together in a day; 0 is no limit."""

    cost_usd: float = 0.0
    model_calls: int = 0
    tokens: int = 0
    steps: int = 0
    minutes: float = 0.0
    cost_usd_per_day: float = 0.0
    model_calls_per_day: int = 0
    tokens_per_day: int = 0
    steps_per_day: int = 0
    minutes_per_day: float = 0.0

    @property
    def models_of_a_day(self) -> bool:
        """True when what the models of all runs use together is limited."""
        return bool(self.cost_usd_per_day or self.model_calls_per_day or self.tokens_per_day)

    @property
    def work_of_a_day(self) -> bool:
        """True when the steps or the time of all runs together are limited."""
        return bool(self.steps_per_day or self.minutes_per_day)


@dataclass(frozen=True, slots=True)
class Work:
    """How many calls of tools runs took up, and how many seconds they were carried on."""

    steps: int = 0
    seconds: float = 0.0

    def __add__(self, other: Work) -> Work:
        return Work(self.steps + other.steps, self.seconds + other.seconds)

    def __sub__(self, other: Work) -> Work:
        return Work(self.steps - other.steps, self.seconds - other.seconds)


@dataclass(frozen=True, slots=True)
class Amount:
    """What calls of models use: their number, tokens and dollars (0 where no price is known)."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def of_kind(self, name: str) -> float:
        """What it is in the unit of the budget with this name."""
        match name.removesuffix(PER_DAY):
            case "model_calls":
                return self.calls
            case "tokens":
                return self.tokens
            case _:
                return self.cost

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.cost - other.cost)

    @classmethod
    def of(cls, call: ModelCalled) -> Amount:
        """What a call has really used."""
        return cls(1, call.tokens_in + call.tokens_out, call.cost or 0.0)

    @classmethod
    def so_far(cls, spent: Spent) -> Amount:
        """What a run has used before."""
        return cls(spent.calls, spent.tokens_in + spent.tokens_out, spent.cost)


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget of a run, with what is used of it and what is reserved by calls under way."""

    name: str
    limit: float
    used: float = 0.0
    reserved: float = 0.0

    @property
    def left(self) -> float:
        """What is neither used nor reserved; never below 0."""
        return max(0.0, self.limit - self.used - self.reserved)

    @property
    def near(self) -> bool:
        """True when it is nearly used up."""
        return bool(self.limit) and self.used >= NEAR * self.limit - _TINY

    @property
    def gone(self) -> bool:
        """True when nothing of it is left."""
        return bool(self.limit) and self.used >= self.limit - _TINY

    def takes(self, amount: float) -> bool:
        """True when there is room for so much more."""
        return not self.limit or self.used + self.reserved + amount <= self.limit + _TINY

    def standing(self) -> str:
        """How it stands, in words: `32 of 40 model calls`."""
        return said(self.name, self.used, self.limit)

    def spent(self, run: str, asked: float = 0.0) -> str:
        """Why the run stops and how it goes on; `asked` is what the next call would have used."""
        why = f"The run has used {self.standing()}"
        if asked and not self.gone:
            why += f", and the next call is estimated at {_number(self.name, asked)}"
        return f"{why}. {_way_on(self.name, run)}"


def said(name: str, used: float, limit: float) -> str:
    """How a budget stands, in words: `$0.85 of $1 for its models`."""
    return f"{_number(name, used)} of {_number(name, limit)} {_WORDS.get(name, name)}"


def budget_of(name: str, limits: Limits, spent: Amount, reserved: Amount) -> Budget:
    """The budget of a run's model calls that has this name."""
    return Budget(name, getattr(limits, name), spent.of_kind(name), reserved.of_kind(name))


@dataclass(slots=True)
class Account:
    """What a run's model calls have used, and what those under way have reserved."""

    spent: Amount = field(default_factory=Amount)
    _reserved: dict[int, Amount] = field(default_factory=dict[int, Amount])
    _tickets: int = 0

    @property
    def reserved(self) -> Amount:
        """What calls under way have reserved."""
        return sum(self._reserved.values(), Amount())

    def reserve(self, amount: Amount) -> int:
        """Set so much aside; the ticket is for `settle`."""
        self._tickets += 1
        self._reserved[self._tickets] = amount
        return self._tickets

    def settle(self, ticket: int, amount: Amount) -> None:
        """Count what the call has really used, and give back the rest."""
        del self._reserved[ticket]
        self.spent = self.spent + amount

    def budgets(self, limits: Limits, signed: float | None, others: Amount) -> Iterator[Budget]:
        """The budgets of model calls: the run's, what was signed, a day's with `others` in it."""
        spent, reserved = self.spent, self.reserved
        for name in (COST, CALLS, TOKENS):
            yield budget_of(name, limits, spent, reserved)
        if signed is not None:
            yield Budget(SIGNED, signed or _TINY, spent.cost, reserved.cost)
        for name in (COST, CALLS, TOKENS):
            yield budget_of(name + PER_DAY, limits, others + spent, reserved)


_WORDS = {
    COST: "for its models",
    COST + PER_DAY: "that all runs' models may cost in a day",
    CALLS + PER_DAY: "model calls that all runs may make in a day",
    TOKENS + PER_DAY: "tokens that all runs' models may use in a day",
    CALLS: "model calls",
    TOKENS: "tokens",
    STEPS: "steps",
    STEPS + PER_DAY: "steps that all runs may take in a day",
    MINUTES + PER_DAY: "minutes that all runs may take in a day",
    REVISIONS: "revisions",
    MINUTES: "minutes",
    SIGNED: "that you signed for its models",
}


def _number(name: str, value: float) -> str:
    if name in (COST, COST + PER_DAY, SIGNED):
        return f"${value:.4f}".rstrip("0").rstrip(".") if value < 1 else f"${value:.2f}"
    if name in (MINUTES, MINUTES + PER_DAY) and value < 10:
        return f"{value:.2g}"
    return f"{value:,.0f}"


def _way_on(name: str, run: str) -> str:
    if name == SIGNED:
        return f"Sign more and go on: butler resume {run} --bound cost=USD"
    wait = ", or wait until tomorrow" if name.endswith(PER_DAY) else ""
    return f"Raise {name} under [limits] in config.toml{wait}; then: butler resume {run}"
