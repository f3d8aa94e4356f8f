"""Where the person's wishes meet Butler: goals, decisions, and which run is on the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from butler_tui.core.budget import said
from butler_tui.core.ending import standing
from butler_tui.core.errors import ButlerError
from butler_tui.core.labels import Json
from butler_tui.core.run import RunState, RunStatus
from butler_tui.tui import words
from butler_tui.tui.runs import Runs
from butler_tui.tui.watch import Watch

if TYPE_CHECKING:
    from butler_tui.butler import Butler, GoalRequest
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.decisions import Wish
    from butler_tui.tui.forking import Forked
    from butler_tui.tui.steering import Steered

LOOK_SECONDS = 5.0
"""How often it is counted what waits for the person in other runs."""


class Desk:
    """Carries out what the person decided on the screens; every failure becomes a notice."""

    def __init__(self, app: ButlerApp, butler: Butler) -> None:
        self.runs = Runs(butler, self._changed, self._failed, self._rested)
        self.current: Watch | None = None
        self._app = app
        self._butler = butler
        self._waiting = 0
        self._still = ""

    async def open(self) -> None:
        """Furnish the main screen and say what waits."""
        main = self._app.main
        main.welcome.say(self._butler.model_name, self._examples())
        main.status.say(model=self._butler.model_name or "no model: recipes only")
        await main.furnish()
        main.goal.remember(await self.runs.goals())
        await self.count_waiting()
        await self.list_unfinished()
        self._app.set_interval(LOOK_SECONDS, self._look)
        self._app.set_timer(0.5, self._butler.preload)

    async def close(self) -> None:
        """Interrupt what runs here and stop following."""
        await self.runs.close()

    async def start(self, goal: str, *, rehearse: bool = False, follows: str | None = None) -> None:
        """Take on a goal, show its run and go to its plan."""
        from butler_tui.butler import GoalRequest

        folder = self._app.folder
        await self._start(GoalRequest(goal, folder, rehearse=rehearse, follows=follows))

    async def _start(self, request: GoalRequest) -> None:
        try:
            watch = await self.runs.start(request)
        except ButlerError as error:
            self._app.main.show(None)
            self._app.main.welcome.explain(request.goal, str(error))
            self._app.main.goal.focus()
            return
        self.show(watch)
        self._app.main.to_plan()

    def show(self, watch: Watch) -> None:
        """Put a run on the screen."""
        if watch is not self.current:
            self._app.main.goal.follow(None)
        self.current = watch
        self._app.main.show(watch)
        self.say_standing()

    async def open_run(self, run: str) -> None:
        """Put a run of the history on the screen, to look at, to answer or to go on with."""
        self.show(self.runs.open(run))
        self._app.main.to_plan()
        await self._try(self._say_if_stopped(run))

    async def _say_if_stopped(self, run: str) -> None:
        stopped = await self.runs.stopped(run)
        if self.current is not None and self.current.run == run:
            self._still = run if stopped else ""
            self.say_standing()

    async def turn(self, by: int) -> None:
        """Show the next or the previous of the runs that were opened."""
        watches = list(self.runs.watches.values())
        if not watches:
            return
        at = watches.index(self.current) if self.current in watches else -1
        await self.open_run(watches[(at + by) % len(watches)].run)

    async def wish(self, wish: Wish) -> None:
        """Carry out what the person decided or wants on a card, a sheet or the outbox."""
        from butler_tui.tui.carrying import Carrying

        if self.current is not None:
            await Carrying(self._app, self._butler, self.runs, self.current).out(wish)
            await self._look()

    async def answer(self, question: str, answer: Json) -> None:
        """Hand on the answer and go back to the plan."""
        await self._try(self._answer(question, answer))
        self._app.main.to_plan()
        await self._look()

    async def instruct(self, text: str) -> None:
        """Say how the run on the screen shall go on; what cannot be said so is not lost."""
        watch = self.current
        if watch is None:
            return
        try:
            await self._butler.steering.instruct(watch.run, text)
        except ButlerError as error:
            self._failed(error)
            self._app.main.goal.give_back(text)
            return
        self._app.main.to_plan()
        await self._try(self.runs.settled(watch.run))

    async def steer(self, what: Steered) -> None:
        """Pause, skip, try again, edit or compare: the run on the screen, or its step there."""
        from butler_tui.tui.steering import Steering

        bench = self._app.main.bench
        if self.current is None or bench is None or not self._app.main.shows_run:
            self._app.notify("There is no run on the screen.")
            return
        steering = Steering(self._app, self._butler, self.runs, self.current)
        await self._try(steering.out(what, bench.key))

    async def fork(self, what: Forked) -> None:
        """Make a new run of the one on the screen, or give it another title."""
        from butler_tui.tui.forking import Forks

        bench = self._app.main.bench
        if self.current is None or bench is None or not self._app.main.shows_run:
            self._app.notify("There is no run on the screen.")
            return
        forks = Forks(self._app, self._butler, self.current, self._carry_on)
        await self._try(forks.out(what, bench.key))

    async def _carry_on(self, run: str) -> None:
        """Carry a run that was just made on, and show it."""
        self.show(self.runs.carry_on(run))
        self._app.main.to_plan()

    def follow_up(self) -> None:
        """Have a goal typed that can use what the run on the screen found."""
        main = self._app.main
        if self.current is None or not main.shows_run:
            self._app.notify("There is no run on the screen.")
        elif not self.current.state.planned:
            self._app.notify("This run has no plan yet that a goal could follow.")
        else:
            main.goal.follow(self.current.run)
            main.action_goal()

    async def list_unfinished(self) -> None:
        """Bring the welcome screen's list of what is left from before up to date."""
        if (unfinished := self._app.main.unfinished) is not None:
            unfinished.show(await self.runs.unfinished())

    async def next_unfinished(self) -> None:
        """Go on with the newest run that is left from before and not opened yet."""
        left = [one.run for one in await self.runs.unfinished()]
        new = [run for run in left if run not in self.runs.watches] or left
        here = self.current.run if self.current is not None else ""
        run = next((one for one in new if one != here), None)
        if run is None:
            self._app.notify("No other run waits or was interrupted.")
        else:
            await self.go_on(run)

    async def go_on(self, run: str) -> None:
        """Show a run that is left from before, and go on with it unless somebody does."""
        await self.open_run(run)
        await self._try(self.runs.settled(run))

    async def _answer(self, question: str, answer: Json) -> None:
        await self._butler.deciding.answer(question, answer)
        if self.current is not None:
            await self.runs.settled(self.current.run)

    async def _look(self) -> None:
        await self._try(self.count_waiting())
        if not self._app.main.shows_run:
            await self._try(self.list_unfinished())
        if self.current is not None:
            await self._try(self._say_if_stopped(self.current.run))

    def ask_cancel(self) -> None:
        """Cancel the run on the screen, once the person has said so."""
        from butler_tui.tui.screens.confirm import Confirm

        watch = self.current
        if watch is None or watch.state.status.over:
            self._app.notify("There is nothing to cancel here.")
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.cancel()

        question = "Stop this run for good? What is finished stays as it is."
        self._app.push_screen(Confirm(question, "stop it", self._app.clock), answered)

    async def cancel(self) -> None:
        """Cancel the run on the screen, and all of it that is in flight."""
        if self.current is not None:
            await self._try(self._butler.cancel(self.current.run))

    async def undo(self) -> None:
        """Put back what the run on the screen changed, or the step on which the cursor stands.

        Undoing is a run whose plan and card say what it would do, so nothing is asked before.
        """
        watch, bench = self.current, self._app.main.bench
        if watch is not None and bench is not None:
            await self._try(self._undo(watch.run, bench.key[0] or None))

    async def _undo(self, run: str, step: str | None) -> None:
        """Undoing is a run of its own, which is shown and carried out like any other."""
        await self._carry_on(await self._butler.undoing.start(run, step))

    async def resume(self, run: str = "") -> None:
        """Go on with a run that waits or was interrupted."""
        watch = self.runs.open(run) if run else self.current
        if watch is None:
            return
        self.show(watch)
        await self._try(self.runs.resume(watch.run))

    async def again(self, run: str = "") -> None:
        """Run a past goal again: same goal, recipe and parameters, in the same folder."""
        watch = self.current
        try:
            if run:
                request = await self.runs.request_of(run)
            elif watch is not None:
                request = await self.runs.request_of(watch.run)
            else:
                return
        except ButlerError as error:
            self._failed(error)
            return
        await self._start(request)

    def show_history(self) -> None:
        """Open the history, unless it is open."""
        from butler_tui.tui.screens.history import HistoryScreen

        if not isinstance(self._app.screen, HistoryScreen):
            self._app.push_screen(HistoryScreen(self, self._app.clock))

    def say_standing(self) -> None:
        """Bring the top line up to date with the run on the screen."""
        watch = self.current
        if watch is None:
            return
        state, spent = watch.state, watch.state.spent
        if self._app.main.shows_run:
            self._app.main.goal.offer("instruction" if self._takes_word(state) else "goal")
        ended = state.ended or self._app.clock.now()
        gone = (ended - state.begun).total_seconds() if state.begun is not None else 0.0
        self._app.main.status.say(
            goal=state.name or state.goal,
            without=left_out_of(state),
            rehearsal="rehearsal" if state.rehearses else "",
            model=state.model or self._butler.model_name or "no model: recipes only",
            cost=words.cost(spent.cost, priced=spent.priced) if spent.calls else "",
            calls=words.count(spent.calls, "call") if spent.calls else "",
            time=words.clock_time(gone),
            budget=budget_of(state),
            state=words.PAUSED.word
            if state.status is RunStatus.PAUSED
            else words.ANEW.word
            if watch.plans_anew
            else "",
            still=self._standing_still(watch),
        )

    def _takes_word(self, state: RunState) -> bool:
        """True for a run that can be told how to go on: a model makes a plan of it."""
        by_model = bool(state.model or self._butler.model_name)
        return by_model and not state.status.over and not state.undoes

    def _standing_still(self, watch: Watch) -> str:
        """Says how a run goes on that is not over and that no process carries on."""
        if watch.run != self._still or watch.state.status.over or watch.run in self.runs.driven():
            return ""
        return "stands still: decide, or o" if watch.wanted() else "stands still: o goes on"

    async def count_waiting(self) -> None:
        """Say how many runs need the person; ring when one more does and nobody looks."""
        runs = await self.runs.waiting()
        here = self.current.run if self.current is not None and self._app.main.shows_run else ""
        others = runs - {here}
        said = ""
        if others:
            verb = "need" if len(others) > 1 else "needs"
            more = "more " if here in runs else ""
            said = f"{words.count(len(others), f'{more}run', f'{more}runs')} {verb} you: ctrl+r"
        self._app.main.status.say(needs=said)
        if len(runs) > self._waiting:
            self._app.tell_away("A run waits for you.")
        self._waiting = len(runs)

    def _changed(self, watch: Watch) -> None:
        bench = self._app.main.bench
        if watch is self.current and bench is not None and self._app.is_running:
            bench.changed()

    def _rested(self, status: RunStatus) -> None:
        """A run that was driven here has ended: tell the person who looks elsewhere."""
        if status.over:
            self._app.tell_away(f"A run has ended: {status.value}.")

    def _failed(self, fault: BaseException) -> None:
        if isinstance(fault, ButlerError):
            self._app.notify(str(fault), severity="error", timeout=10)
        elif not isinstance(fault, asyncio.CancelledError):
            said = f"Something is wrong inside Butler ({type(fault).__name__}: {fault}). "
            self._app.notify(f"{said}The run can be resumed.", severity="error", timeout=20)

    async def _try(self, wish: Awaitable[None]) -> None:
        try:
            await wish
        except ButlerError as error:
            self._failed(error)

    def _examples(self) -> list[str]:
        """A goal for each recipe that needs no model."""
        recipes = self._butler.recipes.all().values()
        return [one.examples[0] for one in recipes if one.examples and not one.needs_model]


def left_out_of(state: RunState) -> str:
    """`done, without 1 call you denied`; empty for a run that is not done, or did all of it."""
    said = standing(state) if state.status is RunStatus.DONE else ""
    return said.partition(":")[0] if said != state.status else ""


def budget_of(state: RunState) -> str:
    """The budget that was last said to be nearly, or all, used up: `32 of 40 model calls`."""
    if not state.budgets:
        return ""
    last = list(state.budgets.values())[-1]
    stands = said(last.budget, last.used, last.limit)
    return f"used up: {stands}" if last.spent else stands
