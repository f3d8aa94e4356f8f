"""One run as this app follows it: its state, folded from its events, and what has changed in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
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
        self._dirty: set[str] = set()
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
                self._dirty |= set(self._statement_of.values()) - self.state.statements.keys()
            elif isinstance(one.event, StepProposed):
                self._proposed(one.event.step)
            elif (step := getattr(one.event, "step", None)) is not None:
                self._touch(step, one.event.item)  # pyright: ignore[reportAttributeAccessIssue]
            elif (about := self._about(getattr(one.event, "id", ""))) is not None:
                self._touch(*about)
        self._changed(self)

    def take_changes(self) -> list[str]:
        """The statements that changed since this was last asked, in the plan's order."""
        changed, self._dirty, self._seen = self._dirty, set(), self.state.seq
        order = {name: place for place, name in enumerate(self.state.statements)}
        return sorted(changed, key=lambda name: order.get(name, len(order)))

    def has_changes(self) -> bool:
        """True when something changed since `take_changes`."""
        return bool(self._dirty) or self._seen != self.state.seq

    def mark_all(self) -> None:
        """Take every statement as changed: somebody shows the run anew."""
        self._dirty |= self.state.statements.keys()

    def mark_running(self) -> None:
        """Take the statements under way as changed: their seconds go on."""
        self._dirty |= set(self.running())

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
        self._dirty |= {
            name
            for name, one in self.state.statements.items()
            if one.outcome is not before.get(name)
        }

    def running(self) -> Iterator[str]:
        """The statements with a call under way."""
        for statement, calls in self.index.items():
            if any(self.state.calls[at].status in _UNDER_WAY for at in calls):
                yield statement

    def _proposed(self, statement: str) -> None:
        for call in self.state.statements[statement].statement.calls():
            self._statement_of[call.id] = statement
        self._dirty.add(statement)

    def _touch(self, step: str, item: tuple[int, ...]) -> None:
        statement = self.statement_of(step)
        self.index.setdefault(statement, {})[(step, item)] = None
        self._dirty.add(statement)

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
            self._dirty.add(self.statement_of(progress.step))


_UNDER_WAY = (CallStatus.RUNNING, CallStatus.RETRYING)
