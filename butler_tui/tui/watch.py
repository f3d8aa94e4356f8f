"""One run as this app follows it: its state, folded from its events, and what has changed in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from butler_tui.core.calls import Address, ApprovalState, CallStatus, QuestionState
from butler_tui.core.events import PlanRefused, Recorded, StepProgressed, StepProposed
from butler_tui.core.run import RunState

if TYPE_CHECKING:
    from butler_tui.butler import Butler

Wanted = ApprovalState | QuestionState
"""What waits for the person: a held call or a question."""

AT_ONCE = 250
"""Events taken in before the screen gets its turn."""


class Watch:
    """Follows one run and says, at most some times a second, which statements changed.

    `changed` is called after every event; whoever shows the run takes `take_changes` when it
    paints. `index` has the calls of each statement in the order in which they were first seen.
    """

    def __init__(self, run: str, changed: Callable[[Watch], None]) -> None:
        self.run = run
        self.state = RunState()
        self.index: dict[str, dict[Address, None]] = {}
        self.totals: dict[str, int] = {}
        self._changed = changed
        self._statement_of: dict[str, str] = {}
        self._dirty: dict[str, set[Address]] = {}
        self._looked_at = 0
        self._seen = 0

    async def follow(self, butler: Butler) -> None:
        """Take in every event of the run, the past ones first, until cancelled."""
        taken = 0
        async with aclosing(butler.follow(self.run)) as events:
            async for one in events:
                self.take(one)
                taken += 1
                if taken % AT_ONCE == 0:
                    await asyncio.sleep(0)

    def take(self, one: Recorded | StepProgressed) -> None:
        """Take in one event."""
        if isinstance(one, StepProgressed):
            self._progress(one)
        else:
            self.state.apply(one)
            if isinstance(one.event, PlanRefused):
                for gone in set(self._statement_of.values()) - self.state.statements.keys():
                    self._dirty[gone] = set()
            elif isinstance(one.event, StepProposed):
                self._proposed(one.event.step)
            elif (step := getattr(one.event, "step", None)) is not None:
                self._touch(step, one.event.item)  # pyright: ignore[reportAttributeAccessIssue]
            elif (about := self._about(getattr(one.event, "id", ""))) is not None:
                self._touch(*about)
        self._changed(self)

    def take_changes(self) -> dict[str, set[Address]]:
        """The statements that changed since this was last asked, each with its changed calls."""
        changed, self._dirty, self._seen = self._dirty, {}, self.state.seq
        order = {name: place for place, name in enumerate(self.state.statements)}
        return dict(sorted(changed.items(), key=lambda one: order.get(one[0], len(order))))

    def has_changes(self) -> bool:
        """True when something changed since `take_changes`."""
        return bool(self._dirty) or self._seen != self.state.seq

    def mark_all(self) -> None:
        """Take every statement as changed: somebody shows the run anew."""
        for statement in self.state.statements:
            self._dirty[statement] = set(self.index.get(statement, ()))

    def mark_running(self) -> None:
        """Take the statements under way as changed: their seconds go on."""
        for statement, calls in self.index.items():
            going = {at for at in calls if self.state.calls[at].status in _UNDER_WAY}
            if going:
                self._dirty.setdefault(statement, set()).update(going)

    def wanted(self) -> list[Wanted]:
        """What waits for the person in this run, oldest first."""
        waiting: list[Wanted] = [*self.state.waiting_approvals(), *self.state.waiting_questions()]
        return sorted(waiting, key=lambda one: one.at)

    def statement_of(self, step: str) -> str:
        """The id of the statement that a step belongs to."""
        return self._statement_of.get(step, step)

    def look(self) -> None:
        """Work out the outcomes of statements and the sizes of comprehensions."""
        if self._looked_at == self.state.seq:
            return
        self._looked_at = self.state.seq
        before = {name: one.outcome for name, one in self.state.statements.items()}
        self.totals.update(self.state.front().totals)
        for name, one in self.state.statements.items():
            if one.outcome is not before.get(name):
                self._dirty.setdefault(name, set())

    def _proposed(self, statement: str) -> None:
        for call in self.state.statements[statement].statement.calls():
            self._statement_of[call.id] = statement
        self._dirty.setdefault(statement, set())

    def _touch(self, step: str, item: tuple[int, ...]) -> None:
        statement = self.statement_of(step)
        self.index.setdefault(statement, {})[(step, item)] = None
        self._dirty.setdefault(statement, set()).add((step, item))

    def _about(self, identity: str) -> Address | None:
        """The call that a decision or an answer is about."""
        if (approval := self.state.approvals.get(identity)) is not None:
            return approval.requested.step, approval.requested.item
        if (question := self.state.questions.get(identity)) is not None:
            return question.asked.step, question.asked.item
        return None

    def _progress(self, progress: StepProgressed) -> None:
        call: Any = self.state.calls.get((progress.step, progress.item))
        if call is not None and call.status in _UNDER_WAY:
            call.progress, call.done = progress.text, progress.done
            statement = self.statement_of(progress.step)
            self._dirty.setdefault(statement, set()).add((progress.step, progress.item))


_UNDER_WAY = (CallStatus.RUNNING, CallStatus.RETRYING, CallStatus.OUTBOX)
