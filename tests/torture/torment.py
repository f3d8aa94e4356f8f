"""Drives one run of a real `butler` process, kills it at random moments, and answers for it."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forty_steps import FortySteps

from butler_tui.butler import Acceptance, Butler, open_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.events import PlanOffered, QuestionAsked, Recorded
from butler_tui.core.labels import Json
from butler_tui.core.revising import DONE, RETRY
from butler_tui.core.run import RunStatus, fold
from butler_tui.history import Waits
from butler_tui.settings import Places, Settings

PROJECT = Path(__file__).parents[2]
MOST_LINES = 60
MOST_SECONDS = 2.0
PATIENCE = 300.0
_MOST_STARTS = 80


@dataclass
class Process:
    """A `butler` process whose lines are read as they come."""

    process: asyncio.subprocess.Process
    lines: list[str] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Read to the end of what it says."""
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode())
            self.more.set()

    async def until_lines(self, many: int) -> None:
        """Wait until it has said so many lines."""
        while len(self.lines) < many:
            self.more.clear()
            await self.more.wait()

    def kill(self, *, whole: bool) -> None:
        """Kill it at once: itself alone, or with the group of processes that it leads."""
        with suppress(ProcessLookupError):
            if whole:
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                os.kill(self.process.pid, signal.SIGKILL)


@dataclass
class Torment:
    """One run and what was done to it.

    `asked` counts the unknowns that were asked, `told` the rivals that did not get the run. The
    `faults` say in words what went wrong beside the effects, and `seen` is what was in the journal
    when somebody looked at it last.
    """

    home: Path
    steps: FortySteps
    chance: random.Random
    most_kills: int
    environ: Mapping[str, str]
    run: str = ""
    kills: int = 0
    starts: int = 0
    asked: int = 0
    told: int = 0
    said: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seen: list[Recorded] = field(default_factory=list)

    async def carry_out(self) -> None:
        """Kill and resume the run until it has ended, answering what it asks."""
        plan = self.home / "forty.plan"
        plan.write_text(self.steps.text)
        says = ["--yes"] if self.chance.random() < 0.7 else []
        while self.starts < _MOST_STARTS:
            words = ["resume", self.run] if self.run else ["run", "--plan", str(plan)]
            code = await self._once([*words, "--json", *says])
            status = await self._look()
            if status is not None and status.over:
                if status is not RunStatus.DONE:
                    self.faults.append(f"the run ended as {status}")
                return
            if code not in (3, None):
                self.faults.append(f"butler {words[0]} ended with code {code}")
                return
        self.faults.append(f"the run did not end in {_MOST_STARTS} starts")

    async def _once(self, words: Sequence[str]) -> int | None:
        """One process to its end: its exit code, None when it was killed or had a rival."""
        self.starts += 1
        rivals = [await self._start(words)]
        if self.run and self.chance.random() < 0.1:
            rivals.append(await self._start(words))
        readings = [asyncio.create_task(one.read()) for one in rivals]
        if self.kills < self.most_kills:
            await self._wait_sometime(rivals[0])
            for one in rivals:
                one.kill(whole=self.chance.random() < 0.5)
        codes = [await asyncio.wait_for(one.process.wait(), PATIENCE) for one in rivals]
        await asyncio.wait_for(asyncio.gather(*readings), PATIENCE)
        for one in rivals:
            self.said += one.lines
        killed = -signal.SIGKILL in codes
        self.kills += killed
        if len(rivals) == 1:
            return None if killed else codes[0]
        self.told += codes.count(2)
        if set(codes) - {0, 2, 3, -signal.SIGKILL}:
            self.faults.append(f"two at once ended with codes {codes}")
        return None

    async def _start(self, words: Sequence[str]) -> Process:
        with (self.home / "said").open("ab") as said:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "butler_tui",
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=said,
                cwd=self.steps.folder,
                env=dict(self.environ),
                start_new_session=True,
                limit=1 << 22,
            )
        return Process(process)

    async def _wait_sometime(self, one: Process) -> None:
        """Wait for a random moment: so many lines, or so many seconds; or until it has ended."""
        if self.chance.random() < 0.15:
            moment: Any = asyncio.sleep(self.chance.uniform(0, MOST_SECONDS))
        else:
            moment = self._after_lines(one)
        waits = [asyncio.create_task(moment), asyncio.create_task(one.process.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _after_lines(self, one: Process) -> None:
        await one.until_lines(self.chance.randint(1, MOST_LINES))
        await asyncio.sleep(self.chance.choice([0, self.chance.uniform(0, 0.15)]))

    async def _look(self) -> RunStatus | None:
        """Read the journal as it is now, and answer what waits; the run's status, if it is one."""
        async with open_butler(Settings(), Places.below(self.home)) as butler:
            runs = await butler.runs()
            if not runs:
                return None
            self.run = runs[0].id
            events = list(await butler.history.journal.read(self.run))
            if events[: len(self.seen)] != self.seen:
                self.faults.append("what was in the journal has changed")
            self.seen = events
            state = fold(events)
            if not state.status.over:
                for one in await butler.waiting():
                    await self._answer(butler, one)
            return state.status

    async def _answer(self, butler: Butler, one: Waits) -> None:
        match one.requested:
            case QuestionAsked(about="unknown") as asked:
                self.asked += 1
                await butler.deciding.answer(one.id, self._what_happened(asked))
            case QuestionAsked(about="stuck") as asked:
                self.faults.append(f"it is stuck: {asked.question}")
                await butler.deciding.answer(one.id, "stop")
            case QuestionAsked() as asked:
                await butler.deciding.answer(one.id, f"the answer to {asked.question}")
            case PlanOffered():
                await butler.deciding.accept(one.id, Acceptance())
            case _:
                with suppress(UsageError):  # the sheet that was accepted before has decided it
                    await butler.deciding.allow(one.id)

    def _what_happened(self, asked: QuestionAsked) -> Json:
        """The person's answer to *did this happen?*: they look at the world."""
        happened = self.steps.seen[asked.step]() > 0
        return DONE if happened else RETRY
