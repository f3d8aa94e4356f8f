"""What a person changes of a run in its midst: its plan, single steps, its pace."""

from __future__ import annotations

import re
from dataclasses import dataclass

from butler_tui.butler.engine import Engine
from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.events import (
    Event,
    InstructionGiven,
    PlanProposed,
    RunPaused,
    RunRenamed,
    RunResumed,
    StepRetried,
    StepSkipped,
)
from butler_tui.core.needing import Need
from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_write import write_plan
from butler_tui.core.ports import PlanRequest
from butler_tui.core.run import RunState, RunStatus, fold
from butler_tui.history import History
from butler_tui.planning.proposing import propose_text

EDITED = "you edited the plan"

_PLACE = re.compile(r"(?P<step>[^\[\]]+)(?P<item>(?:\[\d+\])*)")


@dataclass(frozen=True, slots=True)
class Steering:
    """Carries a person's changes into a run's journal; whoever drives the run follows them."""

    engine: Engine
    history: History

    async def instruct(self, run: str, text: str) -> None:
        """Say how the run shall go on; it becomes a new revision while what runs goes on.

        Raises UsageError when the run is over, or no model could make a plan of it.
        """
        state = await self._open(run, "be told")
        if not text.strip():
            raise UsageError("Say in words how the run shall go on.")
        if self.engine.models.of(state.model).name("planner") is None:
            raise UsageError(
                "An instruction becomes a plan by a model, and none is set up; "
                "run `butler setup`, or edit the plan."
            )
        number = len(state.instructions) + 1
        given = InstructionGiven(id=f"{run}-{number}", text=text.strip())
        await self.history.journal.append(run, [given], flush=True)

    async def pause(self, run: str) -> None:
        """Start nothing new in the run until it is resumed. Raises UsageError."""
        state = await self._open(run, "be paused")
        if state.status is not RunStatus.PAUSED:
            await self.history.journal.append(run, [RunPaused()], flush=True)

    async def unpause(self, run: str) -> None:
        """Let a paused run go on where it is being carried on. Raises UsageError."""
        state = await self._open(run, "go on")
        if state.status is RunStatus.PAUSED:
            await self.history.journal.append(run, [RunResumed(by="person")], flush=True)

    async def skip(self, run: str, place: str) -> None:
        """Do without a step that has not begun, or failed. `place` is `step` or `step[2]`."""
        state = await self._open(run, "skip a step")
        step, item = _placed(state, place)
        call = state.calls.get((step, item))
        if call is not None and call.status.begun and call.status is not CallStatus.FAILED:
            raise UsageError(f"{place} is {call.status}; only what has not begun can be skipped.")
        skipped = StepSkipped(step=step, item=item, because="you skipped it", by="person")
        await self.history.journal.append(run, [skipped], flush=True)

    async def retry(self, run: str, place: str) -> None:
        """Let a step be tried once more that failed, or that the person skipped.

        A run that had failed goes on (`drive` it). Raises UsageError.
        """
        state = await self._state(run)
        if state.status in (RunStatus.DONE, RunStatus.CANCELLED):
            raise UsageError(f"Run {run} is {state.status}; `butler rerun` runs it again.")
        step, item = _placed(state, place)
        call = state.calls.get((step, item))
        skipped = call is not None and call.status is CallStatus.SKIPPED and bool(call.by)
        if call is None or not (skipped or call.status is CallStatus.FAILED):
            stands = call.status if call is not None else "not begun"
            raise UsageError(
                f"{place} is {stands}; only what failed or was skipped by you can be tried again."
            )
        events: list[Event] = [StepRetried(step=step, item=item)]
        if state.status is RunStatus.FAILED:
            events.append(RunResumed(by="person"))
        await self.history.journal.append(run, events, flush=True)

    async def plan_text(self, run: str) -> str:
        """The plan as it stands, as text that can be edited."""
        state = await self._state(run)
        return write_plan(bind(state.plan, state.parameters))

    async def edit(self, run: str, text: str, because: str = EDITED) -> None:
        """Let the text take the place of the plan; what is done or under way stays.

        Raises PlanError when it cannot be read or does not fit, UsageError when the run is over.
        """
        state = await self._open(run, "be edited")
        if not state.planned:
            raise UsageError("The plan is still being made; edit it when it is there.")
        *proposed, last = self._revision(state, text, because)
        if isinstance(last, PlanProposed):
            last = await self.engine.estimator.estimated(state, last)
        await self.history.journal.append(run, [*proposed, last], flush=True)

    async def check(self, run: str, text: str) -> list[str]:
        """What is wrong with the text as this run's plan; nothing when it fits."""
        try:
            self._revision(await self._state(run), text, EDITED)
        except PlanError as error:
            return [str(problem) for problem in error.problems]
        return []

    async def rename(self, run: str, title: str) -> None:
        """List the run by another title. Raises UsageError when there is none."""
        await self._state(run)
        words = " ".join(title.split())
        if not words:
            raise UsageError("A run's title has at least one word.")
        await self.history.journal.append(run, [RunRenamed(title=words[:200])], flush=True)

    def _revision(self, state: RunState, text: str, because: str) -> list[Event]:
        request = PlanRequest(
            goal=state.goal,
            state=state,
            tools=self.engine.tools_of(state),
            recipe=state.recipe,
            parameters=state.parameters,
            need=Need(because),
        )
        state.front()
        return list(propose_text(text, request, "person"))

    async def _open(self, run: str, what: str) -> RunState:
        state = await self._state(run)
        if state.status.over:
            raise UsageError(f"Run {run} is {state.status}; it cannot {what} any more.")
        return state

    async def _state(self, run: str) -> RunState:
        events = await self.history.journal.read(run)
        if not events:
            raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        return fold(events)


def _placed(state: RunState, place: str) -> tuple[str, tuple[int, ...]]:
    """The address of a call that is written `step` or `step[2]`. Raises UsageError."""
    found = _PLACE.fullmatch(place.strip())
    one = state.statement_of(found["step"]) if found is not None else None
    if found is None or one is None:
        known = [call.id for one in state.statements.values() for call in one.statement.calls()]
        raise UsageError(f"The plan has no step {place}; it has: {', '.join(known)}.")
    call = one.statement.call(found["step"])
    step = call.id if call is not None else one.statement.id
    return step, tuple(int(number) for number in re.findall(r"\d+", found["item"]))
