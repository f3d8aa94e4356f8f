"""The models as a run has them: every call of theirs is on the run's account."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from butler_tui.core.budget import Amount
from butler_tui.core.errors import ModelError
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import Message, Model, Role
from butler_tui.core.run import RunState
from butler_tui.execution.watchdog import Watchdog

Estimate = Callable[[Role, Sequence[Message], bool], Awaitable[Amount]]
"""What a call will use, as far as that can be said before it."""


@dataclass(frozen=True, slots=True)
class PaidModel:
    """A Model that asks the run's watchdog before each call; `tell` wakes the engine after it.

    What was broken off before its cost came is handed to `note`, which must not wait: whoever
    called may be cancelled. Where there is no room for a call, the run stops, unless it can do
    without it (not `vital`).
    """

    model: Model
    estimate: Estimate
    watchdog: Watchdog
    state: RunState
    tell: Callable[[], None]
    note: Callable[[ModelCalled], object]
    vital: bool = True

    def name(self, role: Role) -> str | None:
        """The model that plays the role; None when none is set up."""
        return self.model.name(role)

    async def stream(
        self, role: Role, messages: Sequence[Message], *, private: bool = False
    ) -> AsyncGenerator[str | ModelCalled, None]:
        """As the model's own; ModelError `over_budget` where there is no room for the call.

        A call that is broken off counts as what it was estimated at.
        """
        amount = await self.estimate(role, messages, private)
        ticket = await self.watchdog.reserve(amount, self.state, vital=self.vital)
        used: Amount | None = None
        began = time.monotonic()
        try:
            async with aclosing(self.model.stream(role, messages, private=private)) as parts:
                async for part in parts:
                    if isinstance(part, ModelCalled):
                        used = Amount.of(part)
                    yield part
        except ModelError:
            used = used or Amount()  # it failed before anything was paid for
            raise
        finally:
            if used is None:
                self.note(self._broken_off(role, amount, time.monotonic() - began))
            self.watchdog.settle(ticket, amount if used is None else used)
            self.tell()

    def _broken_off(self, role: Role, amount: Amount, seconds: float) -> ModelCalled:
        return ModelCalled(
            role=role,
            model=self.model.name(role) or "",
            tokens_in=amount.tokens,
            cost=amount.cost or None,
            seconds=round(seconds, 3),
        )
