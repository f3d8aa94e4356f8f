"""`butler run` and `butler resume`: carry a run on, tell what happens, ask where one may ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from butler_tui.butler import Butler
from butler_tui.cli.describe import place
from butler_tui.cli.exits import exit_code
from butler_tui.cli.narration import Narrator
from butler_tui.cli.output import note, say, say_json
from butler_tui.cli.prompting import Prompter, can_prompt
from butler_tui.core.events import Recorded
from butler_tui.core.run import RunState, RunStatus
from butler_tui.execution.gate import Answers


@dataclass(slots=True)
class Carrying:
    """One command's work on one run: the engine, the narration, the prompts."""

    butler: Butler
    run: str
    answers: Answers
    as_json: bool
    state: RunState = field(default_factory=RunState)
    _seen: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry_on(self, after: int = 0) -> int:
        """Carry the run on and return the exit code. Events up to `after` are not told again."""
        asks = self.answers == "person" and can_prompt()
        narrator = Narrator(self.state)
        following = asyncio.create_task(self._follow(narrator, after))
        asking = asyncio.create_task(self._ask(narrator)) if asks else None
        try:
            status = await self.butler.drive(self.run, stays=asks, answers=self.answers)
            await self._catch_up()
        except asyncio.CancelledError:
            note(f"The run can go on: butler resume {self.run}")
            raise
        finally:
            for task in (following, asking):
                if task is not None:
                    task.cancel()
            await asyncio.gather(following, *([asking] if asking else []), return_exceptions=True)
        self._conclude(status)
        return exit_code(status)

    async def _follow(self, narrator: Narrator, after: int) -> None:
        async for one in self.butler.follow(self.run):
            if not isinstance(one, Recorded):
                continue
            self.state.apply(one)
            if one.seq > after:
                narrator.tell(one)
                if self.as_json:
                    say_json(one.line())
            self._seen.set()

    async def _catch_up(self) -> None:
        """Wait until everything that is in the journal has been told."""
        last = (await self.butler.state(self.run)).seq
        while self.state.seq < last:
            self._seen.clear()
            await self._seen.wait()

    async def _ask(self, narrator: Narrator) -> None:
        prompter = Prompter(self.butler, self.state)
        while True:
            self._seen.clear()
            wanted = prompter.wanted()
            if wanted is None:
                await self._seen.wait()
                continue
            narrator.hold()
            try:
                await prompter.ask(wanted)
                await self._catch_up()
            finally:
                narrator.release()

    def _conclude(self, status: RunStatus) -> None:
        state = self.state
        for line in state.report:
            note(f"  {line['summary']}")
        if status is RunStatus.DONE and not self.as_json:
            say(state.answer or "Done.")
        elif status is RunStatus.FAILED:
            note(f"The run failed. {state.error}")
            if state.answer and not self.as_json:
                say(state.answer)
        elif status is RunStatus.WAITING:
            self._say_what_waits()
        note(f"run {self.run}: {status}")

    def _say_what_waits(self) -> None:
        for approval in self.state.waiting_approvals():
            one = approval.requested
            note(
                f"{place(one.step, one.item)} waits for you: {one.tool}. "
                f"butler allow {one.id}, or butler deny {one.id}"
            )
        for asked in self.state.waiting_questions():
            note(f"{asked.asked.question} Answer it: butler answer {asked.asked.id} TEXT")
        note(f"Then go on: butler resume {self.run}")
