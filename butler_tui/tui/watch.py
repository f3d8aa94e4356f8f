"""One run as this app follows it: its state, folded from its events, and what has changed in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from butler_tui.core.calls import (
    Address,
    ApprovalState,
    CallStatus,
    QuestionState,
    StatementState,
)
from butler_tui.core.events import (
    Event,
    PlanProposed,
    PlanRefused,
    QuestionAnswered,
    Recorded,
    RunCancelled,
    RunFailed,
    StepProgressed,
    StepProposed,
    StepRetried,
    StepSkipped,
)
from butler_tui.core.run import RunState
from butler_tui.tui.anew import Anew

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
        self._anew = Anew()
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
            self._anew.take(one.seq, one.event)
            self._note(one.event)
        self._changed(self)

    def _note(self, event: Event) -> None:
        """Note which statements and calls the event was about."""
        if isinstance(event, PlanRefused):
            for gone in set(self._statement_of.values()) - self.state.ids:
                self._dirty[gone] = set()
        elif isinstance(event, StepProposed):
            self._proposed(event.step)
        elif (step := getattr(event, "step", None)) is not None:
            self._touch(step, event.item)  # pyright: ignore[reportAttributeAccessIssue]
        elif (about := self._about(getattr(event, "id", ""))) is not None:
            self._touch(*about)
        if isinstance(event, _REOPENS) and not (isinstance(event, StepSkipped) and not event.by):
            self._reopened()
        elif isinstance(event, _ENDS):
            self.mark_all()

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
        for statement in self.state.ids:
            self._dirty[statement] = set(self.index.get(statement, ()))

    @property
    def plans_anew(self) -> bool:
        """True while the planner works at another revision."""
        return self._anew.planning(self.state)

    def statement(self, name: str) -> StatementState | None:
        """The statement, also if it is not part of the plan any more."""
        found = self.state.statements.get(name)
        gone = (one for one in self.state.superseded if one.statement.id == name)
        return found or next(gone, None)

    def mark_running(self) -> None:
        """Take the statements under way as changed: their seconds go on."""
        if self.state.status.over:
            return
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
        """A statement that is a draft until its revision is whole is not shown yet."""
        made = self.state.drafts if self.state.planned else self.state.statements
        for call in made[statement].statement.calls():
            self._statement_of[call.id] = statement
        self._dirty.setdefault(statement, set())

    def _reopened(self) -> None:
        """Calls that may happen after all are as if they had never been spoken of."""
        self.mark_all()
        for calls in self.index.values():
            for gone in calls.keys() - self.state.calls.keys():
                del calls[gone]

    def _touch(self, step: str, item: tuple[int, ...]) -> None:
        statement = self.statement_of(step)
        if (step, item) not in self.state.calls:
            self._dirty.setdefault(statement, set())
            return
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


_REOPENS = (PlanProposed, QuestionAnswered, StepRetried, StepSkipped)
_ENDS = (RunCancelled, RunFailed)
"""After these a row says otherwise how its calls stand that were not settled."""
_UNDER_WAY = (CallStatus.RUNNING, CallStatus.RETRYING, CallStatus.OUTBOX)
