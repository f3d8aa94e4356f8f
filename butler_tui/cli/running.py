"""`butler run` and `butler resume`: carry a run on, tell what happens, ask where one may ask."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from butler_tui.butler import Butler
from butler_tui.cli.describe import question, report_lines
from butler_tui.cli.exits import DONE, FAILED, WAITING
from butler_tui.cli.narration import Narrator
from butler_tui.cli.output import note, say, say_json
from butler_tui.cli.prompting import Prompter, Wanted, can_prompt
from butler_tui.core.calls import CallStatus
from butler_tui.core.ending import found_failed, standing
from butler_tui.core.errors import UsageError
from butler_tui.core.events import Recorded
from butler_tui.core.report import report_of
from butler_tui.core.report_ahead import place
from butler_tui.core.rules import Lift
from butler_tui.core.run import RunState, RunStatus
from butler_tui.execution.gate import Answers

_EXIT_CODES = {
    RunStatus.DONE: DONE,
    RunStatus.WAITING: WAITING,
    RunStatus.PAUSED: WAITING,
}


def answers_of(yes: bool, no: bool) -> Answers:
    """Who answers what is asked. Raises UsageError when both are given."""
    if yes and no:
        raise UsageError("--yes and --no contradict each other; give one of them.")
    return "yes" if yes else "no" if no else "person"


@dataclass(slots=True)
class Carrying:
    """One command's work on one run: the engine, the narration, the prompts."""

    butler: Butler
    run: str
    answers: Answers
    as_json: bool
    lifted: Sequence[Lift] = ()
    state: RunState = field(default_factory=RunState)
    _seen: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry_on(self, after: int = 0) -> int:
        """Carry the run on and return the exit code. Events up to `after` are not told again."""
        narrator = Narrator(self.state)
        try:
            async with _Together() as tasks:
                tasks.start(self._follow(narrator, after))
                status = await self._drive(tasks, narrator)
                await tasks.first(self._catch_up())
        except (asyncio.CancelledError, BrokenPipeError):
            note(f"The run can go on: butler resume {self.run}")
            raise
        self._conclude(status)
        if status is RunStatus.DONE and found_failed(self.state):
            return FAILED
        return _EXIT_CODES.get(status, FAILED)

    async def _drive(self, tasks: _Together, narrator: Narrator) -> RunStatus:
        """Drive the run, asking at this terminal as long as somebody is there."""
        if self.answers == "person" and can_prompt():
            asking = tasks.start(self._ask(narrator))
            driving = self._driving(stays=True)
            if (status := await tasks.first(driving, unless=asking)) is not None:
                return status
        status = await tasks.first(self._driving())
        assert status is not None  # noqa: S101  (for the type checker: nothing else can end it)
        return status

    def _driving(self, *, stays: bool = False) -> Coroutine[Any, Any, RunStatus]:
        return self.butler.drive(self.run, stays=stays, answers=self.answers, lifted=self.lifted)

    async def _follow(self, narrator: Narrator, after: int) -> None:
        async for one in self.butler.follow(self.run):
            if not isinstance(one, Recorded):
                continue
            self.state.apply(one)
            if one.seq > after:
                narrator.tell(one)
                if self.as_json:
                    say_json(one.line())
            seen, self._seen = self._seen, asyncio.Event()
            seen.set()

    async def _catch_up(self) -> None:
        """Wait until everything that is in the journal has been told."""
        last = (await self.butler.state(self.run)).seq
        while self.state.seq < last:
            await self._more()

    def _more(self) -> Coroutine[Any, Any, Any]:
        """Wait for the next event after this moment, even if it comes before the wait begins."""
        return self._seen.wait()

    async def _ask(self, narrator: Narrator) -> None:
        """Ask for what is wanted, one after the other; returns when nobody is there any more."""
        prompter = Prompter(self.butler, self.state)
        while True:
            if (wanted := prompter.wanted()) is None:
                await self._more()
                continue
            narrator.hold()
            try:
                await self._ask_one(prompter, wanted)
            except EOFError:
                note("")
                break
            finally:
                narrator.release()
        while self._busy():
            await self._more()

    async def _ask_one(self, prompter: Prompter, wanted: Wanted) -> None:
        """Ask until it is decided, here or elsewhere."""
        asking = asyncio.create_task(prompter.ask(wanted))
        try:
            while prompter.is_open(wanted):
                more = asyncio.create_task(self._more())
                await asyncio.wait((asking, more), return_when=asyncio.FIRST_COMPLETED)
                more.cancel()
                if asking.done():
                    await asking
                    await self._catch_up()
                    return
            note("\nThat was decided elsewhere.")
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _busy(self) -> bool:
        """True while a call is under way that does not wait for a person."""
        under_way = (CallStatus.RUNNING, CallStatus.RETRYING, CallStatus.ALLOWED)
        return any(call.status in under_way for call in self.state.calls.values())

    def _conclude(self, status: RunStatus) -> None:
        state = self.state
        for line in report_lines(report_of(state)):
            note(f"  {line}")
        if status is RunStatus.DONE and state.answer and not self.as_json:
            if state.rehearses:
                say("A rehearsal: nothing was done. It would say:")
            say(state.answer)
        if status is RunStatus.FAILED:
            note(f"The run failed. {state.error}")
            if state.answer and not self.as_json:
                note(f"What it had to say, which may not hold:\n{state.answer}")
        if status is RunStatus.WAITING:
            self._say_what_waits()
        if status is RunStatus.PAUSED:
            note(f"It was paused. Go on: butler resume {self.run}")
        if status is RunStatus.FAILED:
            self._say_how_to_go_on()
        note(f"run {self.run}: {standing(state) if status is state.status else status}")

    def _say_how_to_go_on(self) -> None:
        self.state.front()  # works out which statements failed
        failed = [one for one in self.state.failures() if one.status is CallStatus.FAILED]
        for call in failed[:1]:
            if (unseen := self.state.unseen_by(call)) is not None:
                note(f"Nobody saw what {unseen.place} returned, which {call.place} wants. Give it:")
                note(f"  butler rerun {self.run} --pin {unseen.step}=VALUE")
                return
            note(f"Try {call.place} again: butler retry {self.run} '{call.place}'")
        if self.state.planned:
            note(f"Run it again: butler rerun {self.run}")

    def _say_what_waits(self) -> None:
        for approval in self.state.waiting_approvals():
            one = approval.requested
            note(f"{place(one.step, one.item)} waits for you: {one.tool}, {one.because}.")
            note(f"  butler allow {one.id}    or: butler deny {one.id}")
        for asked in self.state.waiting_questions():
            one = asked.asked
            for line in question(asked, self.state.calls.get((one.step, one.item))):
                note(line)
            note(f"  butler answer {one.id} TEXT")
        if (offer := self.state.open_offer()) is not None:
            note(f"The whole plan: butler allow {offer.offered.id}")
        note(f"Then go on: butler resume {self.run}")


class _Together:
    """Tasks that end with their owner, and whose faults end what the owner waits for."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> _Together:
        return self

    async def __aexit__(self, *_error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Begin a task beside the others."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        return task

    async def first(
        self, work: Coroutine[Any, Any, Any], unless: asyncio.Task[Any] | None = None
    ) -> Any:  # noqa: ANN401  (what `work` returns)
        """What `work` returns; None when `unless` ended before, which cancels it."""
        task = self.start(work)
        while not task.done():
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for one in [one for one in self._tasks if one.done() and one is not task]:
                self._tasks.discard(one)
                one.result()
                if one is unless and not task.done():
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                    self._tasks.discard(task)
                    return None
        self._tasks.discard(task)
        return task.result()
