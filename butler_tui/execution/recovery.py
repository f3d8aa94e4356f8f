"""What to do when a run does not go on as planned: another revision, or a question.

A call that may have happened is asked about. What failed, and what the person says meanwhile,
becomes a new revision by the planner. Where that leads nowhere, the person is asked what to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Literal

from butler_tui.core.budget import REVISIONS, Budget
from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.errors import OVER_BUDGET, ModelError, PlanError, UsageError
from butler_tui.core.events import BudgetNoted, Item, PlanRefused, QuestionAsked
from butler_tui.core.needing import Need, broken, instructed
from butler_tui.core.ports import Planner, PlanRequest
from butler_tui.core.revising import DONE, RETRY, SKIP, STOP
from butler_tui.core.run import RunState
from butler_tui.core.stuck import stuck
from butler_tui.core.tool import Tool
from butler_tui.execution.live import LiveRun


@dataclass(slots=True)
class Recovery:
    """Recovers one run. `most` is how many revisions it may have that nobody asked for.

    `spent` is that budget once a revision was wanted that it has no room for.
    """

    live: LiveRun
    planner: Planner
    tools: Mapping[str, Tool]
    most: int = 3
    spent: Budget | None = None
    _in_vain: set[object] = field(default_factory=set[object])

    @property
    def _state(self) -> RunState:
        return self.live.state

    def request(self, need: Need | None = None) -> PlanRequest:
        """What the planner works from."""
        state = self._state
        return PlanRequest(
            goal=state.goal,
            state=state,
            tools=self.tools,
            recipe=state.recipe,
            parameters=state.parameters,
            need=need,
        )

    async def ask_unknown(self) -> bool:
        """Ask about every call that may have happened; True when there was one to ask about."""
        asked = [
            _question(
                self._state.id,
                "unknown",
                call.step,
                call.item,
                self._of_unknown(call),
                [RETRY, DONE, SKIP, STOP],
                (call.error, call.attempt),
            )
            for call in self._state.calls.values()
            if call.status is CallStatus.UNKNOWN
        ]
        asked = [one for one in asked if one.id not in self._state.questions]
        if asked:
            await self.live.record(*asked, flush=True)
        return bool(asked)

    def _of_unknown(self, call: CallState) -> str:
        """What is asked of a call that may have happened, and what marking it as done entails."""
        users = self._state.building_on(call.step)
        if not users:
            return call.error
        return (
            f"{call.error}\nMarked as done it has no output, which {', '.join(users)} would use: "
            f"`butler rerun {self._state.id} --pin {call.step}=VALUE` can give it later."
        )

    async def ask_stuck(self) -> bool:
        """Ask how to go on where going on by itself leads nowhere; True when that was asked."""
        found = stuck(self._state)
        if found is None:
            return False
        state, choices = self._state, [RETRY, SKIP, STOP]
        call = state.calls.get((found.step, found.item))
        mark = (found.because, state.revision, call.attempt if call is not None else 0)
        asked = _question(state.id, "stuck", found.step, found.item, found.because, choices, mark)
        if asked.id in self._state.questions:
            return False
        await self.live.record(asked, flush=True)
        return True

    def need(self, *, quiet: bool) -> Need | None:
        """What wants a new revision now; failures only once nothing else goes on (`quiet`)."""
        state = self._state
        if not state.planned or any(True for _ in state.waiting_questions()):
            return None
        found = instructed(state) or (broken(state) if quiet else None)
        return None if found is None or _key(found) in self._in_vain else found

    async def revise(self, need: Need) -> None:
        """Have the planner write a new revision; where it has none, the plan stays as it is.

        Raises ModelError `over_budget`.
        """
        state = self._state
        if not need.instructions and state.own_revisions >= self.most:
            self._in_vain.add(_key(need))
            await self.live.record(_noted(self._revisions, spent=True))
            self.spent = self._revisions if self.most else None
            return
        before = state.revision
        try:
            async with aclosing(self.planner.plan(self.request(need))) as events:
                async for event in events:
                    await self.live.record(event)
        except (PlanError, ModelError, UsageError) as error:
            if isinstance(error, ModelError) and error.code == OVER_BUDGET:
                raise
            problems = [f"No new revision: {error}"]
            await self.live.record(PlanRefused(answer=0, problems=problems), flush=True)
        if self._state.revision == before:
            self._in_vain.add(_key(need))
        elif not need.instructions and self._revisions.near and not self._revisions.gone:
            await self.live.record(_noted(self._revisions))

    @property
    def _revisions(self) -> Budget:
        return Budget(REVISIONS, self.most, self._state.own_revisions)


def _noted(budget: Budget, *, spent: bool = False) -> BudgetNoted:
    return BudgetNoted(budget=budget.name, used=budget.used, limit=budget.limit, spent=spent)


def _key(need: Need) -> object:
    return (need.signs, frozenset(one.given.id for one in need.instructions))


def _question(
    run: str,
    about: Literal["unknown", "stuck"],
    step: str,
    item: Item,
    question: str,
    choices: list[str],
    situation: object,
) -> QuestionAsked:
    """A question of the run itself; the same situation has the same id, so it is asked once."""
    text = f"{run} {about} {step} {item} {situation}"
    return QuestionAsked(
        id=hashlib.sha256(text.encode()).hexdigest()[:8],
        step=step,
        item=item,
        question=question,
        choices=choices,
        about=about,
    )
