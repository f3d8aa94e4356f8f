"""Drives one run: plans, starts every call that is ready, waits, and says how it ended.

The executor decides nothing by itself: what is ready comes from the run's state, what is allowed
from the gate. It owns every task it starts; when it is cancelled, so are they, and the run can be
resumed from its journal.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from butler_tui.core.acceptance import BY_POLICY
from butler_tui.core.errors import ButlerError, ModelError, PlanError, UsageError
from butler_tui.core.events import (
    PlanAccepted,
    RunFailed,
    RunFinished,
    RunWaiting,
    StepSkipped,
)
from butler_tui.core.needing import Need
from butler_tui.core.ready import Front, ReadyCall
from butler_tui.core.revising import staying
from butler_tui.core.run import RunState, RunStatus
from butler_tui.core.tool import Tool
from butler_tui.execution.beyond_rehearsal import not_made
from butler_tui.execution.calling import Calling
from butler_tui.execution.concluding import Concluding
from butler_tui.execution.interrupted import Interrupted
from butler_tui.execution.live import LiveRun
from butler_tui.execution.offering import Offering
from butler_tui.execution.recovery import Recovery
from butler_tui.execution.review import Review
from butler_tui.execution.tasks import Tasks
from butler_tui.execution.watchdog import Watchdog


@dataclass(slots=True)
class Executor:
    """One run's engine. `stays`: keep waiting for the person rather than stop as `waiting`."""

    live: LiveRun
    recovery: Recovery
    calling: Calling
    parallel_steps: int = 8
    stays: bool = False
    watchdog: Watchdog = field(default_factory=Watchdog)
    review: Review | None = None
    _tasks: Tasks = field(init=False)
    _ends: Concluding = field(init=False)
    _planning: asyncio.Task[None] | None = None
    _offering: asyncio.Task[None] | None = None
    _offered: int = 0
    _permissions: int = 0

    def __post_init__(self) -> None:
        self._tasks = Tasks(self.live.tell)
        self._ends = Concluding(self.live.state, self.calling.tools, self.recovery)

    @property
    def _state(self) -> RunState:
        return self.live.state

    @property
    def _busy(self) -> int:
        return self._tasks.busy(self._state)

    async def drive(self) -> RunStatus:
        """Go on with the run until it is over, or until only the person can go on."""
        self._tasks.watch(self.live.watch())
        try:
            await self._take_up_interrupted()
            await self._answer_held()
            if not self._state.planned:
                self._planning = self._tasks.start(self._plan(), "plan")
            while not self._state.status.over:
                changed = self.live.next_change()
                if await self._step():
                    break
                self.watchdog.going(self._planning is not None or self._busy > 0, self.live.tell)
                await changed.wait()
                await asyncio.sleep(0)  # so that what changes together is looked at once
        finally:
            self.watchdog.going(False, self.live.tell)
            await self._tasks.stop()
        return self._state.status

    async def _step(self) -> bool:
        """Start what can start; True when this engine has nothing more to do."""
        if self._tasks.fault is not None:
            raise self._tasks.fault
        await self.watchdog.look_around(self._state)
        if noted := self.watchdog.look(self._state, self.live.tell):
            await self.live.record(*noted)
            return False
        if self.watchdog.over is not None:
            return await self._stop_spent()
        seen, front = self._state.seq, self._state.front()
        if front.broken or front.skipped:
            failed = [not_made(self._state, self.calling.tools, one) for one in front.broken]
            skipped = [
                StepSkipped(step=one.step, item=one.item, because=one.because)
                for one in front.skipped
            ]
            await self.live.record(*failed, *skipped)
            return False
        if self._state.stopped:
            await self.live.record(self._ends.failure(self._state.stopped), flush=True)
            return True
        if await self.recovery.ask_unknown() or await self.recovery.ask_stuck():
            return False
        if self._state.status is RunStatus.PAUSED:
            return not self.stays and not self._busy
        self._revise(front)
        if self._state.planned and self._offered < self._state.revision and not self._offering:
            self._offering = self._tasks.start(self._offer(), "offer the plan")
        self._start(front.ready)
        await self._reconsider()
        if self._state.seq != seen:
            return False  # somebody decided meanwhile, so that this front is not the newest
        if self._planning is not None or self._offering is not None or self._busy:
            return False
        if self._state.settled and not self._tasks.calls and not self._asks():
            return await self._end()
        return await self._wait_for_person()

    def _revise(self, front: Front) -> None:
        """Have a new revision made where one is needed, one at a time."""
        if self._planning is not None or not self._state.planned:
            return
        quiet = not (front.ready or self._busy or self._offering)
        need = self.recovery.need(quiet=quiet)
        if need is not None:
            self._planning = self._tasks.start(self._plan(need), "plan anew")

    def _start(self, ready: list[ReadyCall]) -> None:
        if self._state.planned and self._planning is not None:
            # What has not begun may have no place in the revision that is being written.
            going = {call.id for one in staying(self._state) for call in one.calls()}
            ready = [one for one in ready if one.call.id in going]
        elif any(one.asked.about == "stuck" for one in self._state.waiting_questions()):
            ready = []
        if not ready:
            return
        room = self.parallel_steps - self._busy
        by_tool = self._tasks.by_tool()
        held_back = self._waits_for_plan()
        for one in ready:
            if room <= 0:
                return
            tool = self.calling.tools.get(one.call.tool)
            limit = tool.at_once if tool is not None else 0
            if held_back and not self._by_person(one) and _bounds(tool, one):
                continue
            if one.address in self._tasks.calls or (limit and by_tool[one.call.tool] >= limit):
                continue
            if not self.watchdog.takes_step(one.address, self._state):
                self.live.tell()
                return
            by_tool[one.call.tool] += 1
            room -= 1
            self._tasks.start_call(one.address, one.call.tool, self.calling.take(one))

    async def _take_up_interrupted(self) -> None:
        """Settle what an earlier engine left in the middle, each call in a task of its own."""
        interrupted = Interrupted(self.calling)
        for call in await interrupted.take_up():
            address = (call.step, call.item)
            self._tasks.start_call(address, call.tool, interrupted.settle(call))

    async def _wait_for_person(self) -> bool:
        approvals = sum(1 for _ in self._state.waiting_approvals())
        questions = sum(1 for _ in self._state.waiting_questions())
        if not approvals and not questions:
            await self.live.record(
                RunFailed(error="Nothing can go on: no step is ready and none waits for you.")
            )
            return True
        if self.stays:
            return False
        wanted = [
            f"{count} {word}{'' if count == 1 else 's'}"
            for count, word in ((approvals, "approval"), (questions, "answer"))
            if count
        ]
        await self.live.record(RunWaiting(because=f"needs {' and '.join(wanted)}"), flush=True)
        return True

    async def _plan(self, need: Need | None = None) -> None:
        try:
            if need is not None:
                await self.recovery.revise(need)
                return
            async with aclosing(self.recovery.planner.plan(self.recovery.request())) as events:
                async for event in events:
                    await self.live.record(event)
        except (PlanError, ModelError, UsageError) as error:
            if self.watchdog.over is not None:
                return  # the engine stops the run, so that it can go on once there is more
            await self.live.record(RunFailed(error=_why_no_plan(error)), flush=True)
        finally:
            self._planning = None

    async def _offer(self) -> None:
        """Lay the plan before the person, once it is there; nothing that bounds goes before."""
        try:
            await Offering(self.calling).offer()
        finally:
            self._offering = None
        self._offered = self._state.revision

    async def _answer_held(self) -> None:
        """Answer what was held before, where `--yes`, `--no` or `--even-if` were given now."""
        gate = self.calling.gate
        offer = self._state.open_offer()
        if gate.answers == "yes" and offer is not None:
            accepted = PlanAccepted(
                revision=offer.offered.revision, by="--yes", id=offer.offered.id
            )
            await self.live.record(accepted, flush=True)
        if gate.answers != "person" or gate.lifted:
            await self.calling.reconsider()

    async def _reconsider(self) -> None:
        """Look again at held calls after a permission that may cover more than one."""
        given = self._state.permissions
        if given > self._permissions:
            self._permissions = given
            await self.calling.reconsider()

    def _waits_for_plan(self) -> bool:
        """True while nothing may change, send or execute: plan or sheet are not settled."""
        state = self._state
        return not state.planned or self._offered < state.revision or bool(state.open_offer())

    def _by_person(self, one: ReadyCall) -> bool:
        """True when the person allowed the call itself, so that it waits for no sheet."""
        approval = self._state.allowed_by(one.address) if one.allowed else None
        decided = approval.decided if approval is not None else None
        return decided is not None and decided.by not in BY_POLICY

    def _asks(self) -> bool:
        """True while the person is asked something."""
        return any(True for _ in self._state.waiting_questions())

    async def _end(self) -> bool:
        """Say how the run ended; one that met its goal is reviewed first, False until it was."""
        conclusion = self._ends.conclusion()
        met = isinstance(conclusion, RunFinished)
        if met and self.review is not None and self.review.due:
            self._planning = self._tasks.start(self._review(self.review), "review")
            return False
        await self.live.record(conclusion, flush=True)
        return True

    async def _review(self, review: Review) -> None:
        try:
            await review.carry_out()
        finally:
            self._planning = None

    async def _stop_spent(self) -> bool:
        """Stop with what is done, a budget being used up; effects that began end by themselves.

        Where nothing is left to do, only the review had no room, and the run ends as it would have.
        """
        if not await self._tasks.stop_work(
            self._tasks.carrying_out(self._state) | self.watchdog.ending
        ):
            return False
        last = self.watchdog.last_word()
        if self._state.settled and not self._asks():
            ended = self._ends.conclusion()
        else:
            ended = self._ends.failure(self.watchdog.why, last.budget)
        await self.live.record(last, ended, flush=True)
        return True


def _bounds(tool: Tool | None, one: ReadyCall) -> bool:
    """True for a call that changes, sends or executes."""
    if tool is None:
        return False
    effect = tool.effect_of({name: arg.value for name, arg in one.args.items()})
    return effect is not None and effect.bounds_the_world


def _why_no_plan(error: ButlerError) -> str:
    if isinstance(error, PlanError):
        return f"No plan fits the goal:\n{error}"
    return str(error)
