"""Keeps a run within its budgets: what would go over one is refused, and then the run stops.

A call of a model reserves what it is estimated at before it starts, and settles with what it
really was. All of a run's calls share the same account, also those of parallel steps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from butler_tui.core.budget import (
    MINUTES,
    NEAR,
    PER_DAY,
    STEPS,
    Account,
    Amount,
    Budget,
    Limits,
    Work,
)
from butler_tui.core.calls import Address, CallStatus
from butler_tui.core.driven import beats_of, seconds_driven
from butler_tui.core.errors import OVER_BUDGET, ModelError
from butler_tui.core.events import BudgetNoted, Recorded
from butler_tui.core.run import RunState

OthersToday = Callable[[str], Awaitable[Amount]]
"""What the models used today, but for what this engine uses for the run itself."""


OthersWork = Callable[[str], Awaitable[Work]]
"""What all runs did today, but for what this engine does for the run itself."""

_LOOK_AGAIN = 10.0
"""After how many seconds it is looked again what other runs did."""


async def nothing(_run: str) -> Amount:
    """Without a history, no other run has used anything."""
    return Amount()


async def no_work(_run: str) -> Work:
    """Without a history, no other run did anything."""
    return Work()


@dataclass(slots=True)
class Watchdog:
    """Watches over one run while one engine drives it. Without limits it refuses nothing.

    `over` is the budget that stops the run and `why` says so; `ending` are the tasks that end by
    themselves: a call of theirs was refused, or they have what they paid for.
    """

    limits: Limits = field(default_factory=Limits)
    others: OthersToday = nothing
    others_work: OthersWork = no_work
    over: Budget | None = None
    why: str = ""
    ending: set[asyncio.Task[Any] | None] = field(default_factory=set[asyncio.Task[Any] | None])
    _account: Account = field(default_factory=Account)
    _before: float = 0.0
    _today: Amount = field(default_factory=Amount)
    _work_today: Work = field(default_factory=Work)
    _looked: float = -_LOOK_AGAIN
    _steps: set[Address] = field(default_factory=set[Address])
    _begun: float | None = None
    _timer: asyncio.TimerHandle | None = None
    _settled: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, state: RunState, events: Iterable[Recorded] = ()) -> None:
        """Count what the run has used before, as its state and its events tell it."""
        spent = Amount.so_far(state.spent)
        self._account = Account(spent)
        self._before = seconds_driven(beats_of(events))
        taken_up = (one for one in state.calls.values() if one.status is not CallStatus.SKIPPED)
        self._steps = {(one.step, one.item) for one in taken_up}

    async def reserve(self, amount: Amount, state: RunState, *, vital: bool = True) -> int:
        """Set aside what a call is estimated at; the ticket is for `settle`.

        Waits while what others have reserved may still come back. Raises ModelError `over_budget`;
        the run stops then, unless it can do without the call (not `vital`).
        """
        while self.over is None:
            if self.limits.models_of_a_day:
                self._today = await self.others(state.id)
            settled = self._settled
            full = self._full(amount, state)
            if full is None:
                self.ending.discard(asyncio.current_task())
                return self._account.reserve(amount)
            if not self._account.reserved.calls:
                asked = amount.of_kind(full.name)
                if not vital:
                    raise ModelError(full.spent(state.id, asked), code=OVER_BUDGET)
                self._stop(full, state, asked)
                break
            await settled.wait()
        self.ending.add(asyncio.current_task())
        raise ModelError(self.why, code=OVER_BUDGET)

    def settle(self, ticket: int, amount: Amount) -> None:
        """Count what the call has really used."""
        self._account.settle(ticket, amount)
        self.ending.add(asyncio.current_task())
        settled, self._settled = self._settled, asyncio.Event()
        settled.set()

    async def look_around(self, state: RunState) -> None:
        """See what other runs did today, where that is limited; every few seconds is enough."""
        if self.limits.work_of_a_day and time.monotonic() - self._looked >= _LOOK_AGAIN:
            self._work_today = await self.others_work(state.id)
            self._looked = time.monotonic()

    def takes_step(self, address: Address, state: RunState) -> bool:
        """True when the call may be taken up, which counts it; else the run stops."""
        if address in self._steps:
            return True
        for budget in self._steps_budgets():
            if not budget.takes(1):
                self._stop(budget, state, 1)
                return False
        self._steps.add(address)
        return True

    def going(self, is_going: bool, wake: Callable[[], None]) -> None:
        """Let the time of the run go on or stand still; `wake` is called when it is used up."""
        if is_going == (self._begun is not None):
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not is_going:
            self._before, self._begun = self._seconds(), None
            return
        self._begun = time.monotonic()
        self._wake_in_time(wake)

    def look(self, state: RunState, wake: Callable[[], None]) -> list[BudgetNoted]:
        """What is to be said of budgets that are nearly used up now, each once."""
        for minutes in self._minutes():
            if minutes.gone and self.over is None:
                self._stop(minutes, state)
        if self._begun is not None and self._timer is None:
            self._wake_in_time(wake)
        return [
            BudgetNoted(budget=one.name, used=round(one.used, 6), limit=one.limit)
            for one in self._budgets(state)
            if one.near and not one.gone and not _noted(state, one)
        ]

    def last_word(self) -> BudgetNoted:
        """That a budget is used up, once `over` says which."""
        assert self.over is not None  # noqa: S101  (asked for only once it is)
        used, limit = round(self.over.used, 6), self.over.limit
        return BudgetNoted(budget=self.over.name, used=used, limit=limit, spent=True)

    def _wake_in_time(self, wake: Callable[[], None]) -> None:
        """Wake the engine when the minutes are nearly, and when they are all used up."""
        used = [(one.limit * part, one.used) for one in self._minutes() for part in (NEAR, 1.0)]
        if left := [(limit - used) * 60 for limit, used in used if limit > used]:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(min(left), self._woken, wake)

    def _woken(self, wake: Callable[[], None]) -> None:
        self._timer = None
        wake()

    def _full(self, amount: Amount, state: RunState) -> Budget | None:
        """The first budget of model calls that has no room for so much."""
        budgets = self._account.budgets(self.limits, state.cost_bound, self._today)
        return next((one for one in budgets if not one.takes(amount.of_kind(one.name))), None)

    def _budgets(self, state: RunState) -> Iterator[Budget]:
        yield from self._account.budgets(self.limits, state.cost_bound, self._today)
        yield from self._steps_budgets()
        yield from self._minutes()

    def _steps_budgets(self) -> Iterator[Budget]:
        steps, others = len(self._steps), self._work_today.steps
        yield Budget(STEPS, self.limits.steps, steps)
        yield Budget(STEPS + PER_DAY, self.limits.steps_per_day, others + steps)

    def _minutes(self) -> Iterator[Budget]:
        seconds, others = self._seconds(), self._work_today.seconds
        yield Budget(MINUTES, self.limits.minutes, seconds / 60)
        yield Budget(MINUTES + PER_DAY, self.limits.minutes_per_day, (others + seconds) / 60)

    def _seconds(self) -> float:
        return self._before + (time.monotonic() - self._begun if self._begun is not None else 0.0)

    def _stop(self, budget: Budget, state: RunState, asked: float = 0.0) -> None:
        self.over, self.why = budget, budget.spent(state.id, asked)


def _noted(state: RunState, budget: Budget) -> bool:
    before = state.budgets.get(budget.name)
    return before is not None and before.limit == budget.limit
