"""The facade: every door of Butler, for both faces."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import cached_property

from butler_tui.butler.accepting import Accepting
from butler_tui.butler.deciding import Deciding
from butler_tui.butler.engine import Driving, Engine
from butler_tui.butler.forking import Forking
from butler_tui.butler.goals import GoalRequest
from butler_tui.butler.models import Models
from butler_tui.butler.notices import Notices
from butler_tui.butler.policies import Policies
from butler_tui.butler.reports import Reports
from butler_tui.butler.steering import Steering
from butler_tui.butler.toolbox import Toolbox
from butler_tui.butler.undoing import Undo
from butler_tui.core.calls import CallStatus
from butler_tui.core.comparing import Comparison, compare
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.events import (
    Event,
    Recorded,
    RunCancelled,
    RunResumed,
    StepProgressed,
)
from butler_tui.core.plan_bind import bind
from butler_tui.core.plan_text import read_plan
from butler_tui.core.plan_write import write_plan
from butler_tui.core.policy import Mode
from butler_tui.core.ports import PlanRequest
from butler_tui.core.rules import Lift
from butler_tui.core.run import RunState, RunStatus, fold
from butler_tui.core.tool import Tool
from butler_tui.execution.gate import Answers
from butler_tui.execution.live import LiveRun
from butler_tui.history import History, Hit, RunRow, Waits, open_history
from butler_tui.history.resuming import note_resumed
from butler_tui.language.probe import ProbeReport, probe
from butler_tui.planning.recipes import Recipes
from butler_tui.settings import Places, Settings, find_secret, learn_environment
from butler_tui.tools.plugins import Broken


class Butler:
    """Everything Butler can do, for both faces."""

    def __init__(self, settings: Settings, places: Places, history: History) -> None:
        self.settings = settings
        self.places = places
        self.history = history
        self.notices = Notices(settings.notices)
        self.undoing = Undo(settings, history)
        self.reports = Reports(history)
        self._models = Models(settings.model, self._secret)

    # What follows is made when first asked for: a command that only looks into the history
    # shall not load every tool.

    @cached_property
    def _toolbox(self) -> Toolbox:
        return Toolbox(self.settings, self.places)

    @property
    def tools(self) -> dict[str, Tool]:
        """Every usable tool by its name. Raises ButlerError when Butler's own are not installed."""
        return self._toolbox.tools

    @property
    def broken_tools(self) -> list[Broken]:
        """What cannot be used, and why."""
        return self._toolbox.broken

    @cached_property
    def recipes(self) -> Recipes:
        """The built-in recipes and the person's."""
        return Recipes.load(self.places.recipes)

    @cached_property
    def _engine(self) -> Engine:
        return Engine(
            self.settings,
            self.places,
            self.history,
            self.tools,
            self.recipes,
            self._models,
            self.notices,
        )

    @cached_property
    def deciding(self) -> Deciding:
        """Decides what was asked."""
        return Deciding(self._engine, self.history, self.places)

    @cached_property
    def steering(self) -> Steering:
        """Changes a run while it goes on."""
        return Steering(self._engine, self.history)

    @cached_property
    def forking(self) -> Forking:
        """Runs that begin from what another did."""
        return Forking(self._engine, self.history, self._accepting.event)

    @cached_property
    def _accepting(self) -> Accepting:
        reviewed = self._engine.reviewed
        return Accepting(self.settings, self.tools, self.recipes, self._models, reviewed)

    @cached_property
    def policy(self) -> Policies:
        """What is allowed, and why."""
        return Policies(self._engine, self.history, self.places)

    @property
    def model_name(self) -> str | None:
        """The planner's model; None when there are recipes only."""
        return self._models.of(None).name("planner")

    def preload(self) -> None:
        """Start loading what a first call of the model needs, in a thread; returns at once."""
        self._models.of(None).preload()

    async def probe(self) -> ProbeReport:
        """What the planner's model can do, found out by asking it."""
        return await probe(self._models.of(None), "planner", self._problems_of)

    def _problems_of(self, plan: str) -> list[str]:
        try:
            read_plan(plan, self.tools)
        except PlanError as error:
            return [str(problem) for problem in error.problems]
        return []

    async def close(self) -> None:
        """Close what runs and models keep open, and end the servers that tools started."""
        async with AsyncExitStack() as closing:
            closing.push_async_callback(self._models.close)
            if "_toolbox" in self.__dict__:
                closing.push_async_callback(self._toolbox.close)
            if "_engine" in self.__dict__:
                closing.push_async_callback(self._engine.scopes.close_all)

    async def accept(self, request: GoalRequest) -> str:
        """Take a goal on and return the run's id. Raises UsageError when nothing can plan it."""
        events = await self._first_events(request)
        run = self.history.runs.new_id()
        await self.history.journal.append(run, events, flush=True)
        return run

    async def drive(
        self,
        run: str,
        *,
        stays: bool = False,
        outbox: bool = False,
        answers: Answers = "person",
        lifted: Sequence[Lift] = (),
    ) -> RunStatus:
        """Carry the run on until it is over or only the person can go on; then its status.

        With `stays` it waits for the person as long as it takes; with `outbox` what sends waits
        the seconds of the settings. `lifted` concerns ask nobody. Cancelling interrupts the run,
        which can be resumed. Raises UsageError when another process carries it on.
        """
        async with self.history.leases.held(run):
            live = await LiveRun.open(run, self.history.journal)
            driving = Driving(stays, outbox, answers, lifted)
            executor = self._engine.executor(live, driving)
            past = await self.history.journal.read(run, outputs=False) if live.state.seq > 1 else ()
            executor.watchdog.begin(live.state, past)
            waits = False
            try:
                status = await executor.drive()
                waits = not status.over
            finally:
                if not waits:
                    await self._engine.scopes.close(run)
            return status

    async def resume(self, run: str, *, mode: str | None = None, model: str | None = None) -> None:
        """Note that the run goes on; `drive` it next. Raises UsageError when it cannot.

        One that is over can only where a budget stopped it.
        """
        state = await self.state(run)
        if state.status.over and not state.spent_budget:
            raise UsageError(_over(state))
        if mode is not None:
            Mode(mode)
        event = RunResumed(by=f"process {os.getpid()}", mode=mode, model=model)
        await note_resumed(self.history.journal, run, event, even_over=bool(state.spent_budget))

    def follow(self, run: str, after: int = 0) -> AsyncGenerator[Recorded | StepProgressed, None]:
        """Every event above `after`, then each as it comes, progress between; never ends."""
        return self.history.journal.follow(run, after)

    async def state(self, run: str) -> RunState:
        """The run as its journal tells it now, but for large outputs.

        Raises UsageError when there is none.
        """
        events = await self.history.journal.read(run, outputs=False)
        if not events:
            raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        return fold(events)

    async def plan_only(self, request: GoalRequest) -> str:
        """The goal's plan as text that can be run as it stands; nothing runs, nothing is kept."""
        state = RunState()
        now = datetime.now(UTC)
        for seq, event in enumerate(await self._first_events(request), 1):
            state.apply(Recorded(run="plan", seq=seq, at=now, event=event))
        wanted = PlanRequest(state.goal, state, self.tools, state.recipe, state.parameters)
        model = self._engine.paid(state, self._engine.watchdog(), lambda: None, lambda _call: None)
        async for event in self._engine.planner(state, model).plan(wanted):
            state.apply(Recorded(run="plan", seq=state.seq + 1, at=now, event=event))
        text = write_plan(bind(state.plan, state.parameters)).rstrip()
        estimate = f"\n# Estimate: {state.estimate.describe()}" if state.estimate else ""
        return f"{text}{estimate}\n"

    async def compare(self, left: str, right: str) -> Comparison:
        """Two runs side by side. Raises UsageError when there is no such run."""
        both = [await self.history.journal.read(run) for run in (left, right)]
        for run, events in zip((left, right), both, strict=True):
            if not events:
                raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        return compare(fold(both[0]), fold(both[1]))

    async def waiting(self) -> list[Waits]:
        """What waits for a person, over all runs, oldest first."""
        return await self.history.waiting.all()

    async def find(self, text: str) -> str:
        """The id of the run that begins so, or of the `last`. Raises UsageError."""
        return await self.history.runs.find(text)

    async def runs(self, limit: int = 50, offset: int = 0) -> list[RunRow]:
        """Runs, newest first."""
        return await self.history.runs.newest(limit, offset)

    async def search(self, text: str, limit: int = 50) -> list[Hit]:
        """The newest runs in which all words occur."""
        return await self.history.search.find(text, limit)

    async def goals(self, limit: int = 200) -> list[str]:
        """What was asked for before, newest first."""
        return await self.history.runs.goals(limit)

    async def cancel(self, run: str) -> None:
        """Stop the run for good, wherever it is carried on. Raises UsageError when it is over."""
        state = await self.state(run)
        if state.status.over:
            raise UsageError(f"Run {run} is {state.status} already.")
        in_flight = [
            f"{call.step}{list(call.item) or ''}"
            for call in state.calls.values()
            if call.status.value == "running"
        ]
        await self.history.journal.append(run, [RunCancelled(in_flight=in_flight)], flush=True)
        await self._engine.scopes.close(run)
        if (now := (await self.state(run)).status) is not RunStatus.CANCELLED:
            raise UsageError(f"Run {run} was {now} just before you cancelled it.")

    async def _first_events(self, request: GoalRequest) -> Sequence[Event]:
        # What was made ready and what recipes were written meanwhile can be used.
        self._toolbox.equip()
        self.recipes.look_again()
        if request.follows is not None:
            return await self.forking.following(request.follows, request)
        return [self._accepting.event(request)]

    def _secret(self, name: str) -> str | None:
        return find_secret(name, self.settings, self.places)


def _over(state: RunState) -> str:
    """Why a run that is over does not go on, and what can be done instead."""
    run = state.id
    state.front()  # works out which statements failed
    failed = next((one for one in state.failures() if one.status is CallStatus.FAILED), None)
    again = f"`butler rerun {run}` runs it again, `butler continue {run} GOAL` goes further"
    if state.status is RunStatus.FAILED and failed is not None:
        again = f"`butler retry {run} {failed.step}` tries {failed.step} again, {again}"
    return f"Run {run} is {state.status}; there is nothing to go on with: {again}."


@asynccontextmanager
async def open_butler(settings: Settings, places: Places) -> AsyncIterator[Butler]:
    """Butler over the history at `places`; closing it flushes what was appended."""
    learn_environment(os.environ)
    async with open_history(places) as history:
        butler = Butler(settings, places, history)
        try:
            yield butler
        finally:
            await butler.close()
