"""A workshop for runs: small tools, a planner that reads a text, an engine on a real journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from butler_tui.core.budget import Limits
from butler_tui.core.errors import ToolError
from butler_tui.core.events import (
    Event,
    Recorded,
    RunAccepted,
    RunResumed,
)
from butler_tui.core.labels import Label
from butler_tui.core.needing import Need
from butler_tui.core.ports import CallFrame, Journal, KnownFile, PlanRequest
from butler_tui.core.rules import Lift, Rule
from butler_tui.core.run import RunState, RunStatus, fold
from butler_tui.core.tool import (
    Again,
    Effect,
    Preview,
    Receipt,
    Tool,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.execution.asking import Questions
from butler_tui.execution.attempts import Attempts
from butler_tui.execution.calling import Calling
from butler_tui.execution.context import CallContext, Surroundings
from butler_tui.execution.executor import Executor
from butler_tui.execution.gate import Answers, Gate
from butler_tui.execution.live import LiveRun
from butler_tui.execution.outbox import Outbox
from butler_tui.execution.recovery import Recovery
from butler_tui.execution.runner import LocalRunner
from butler_tui.execution.watchdog import Watchdog
from butler_tui.execution.weighing import Scales
from butler_tui.planning.proposing import plan_proposed, reader_for, step_proposed


class Said(BaseModel):
    text: str


class Parts(BaseModel):
    parts: list[Said]


@dataclass
class World:
    """What the tools under test did, and gates that a test opens."""

    done: list[str] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    heard: ToolResult | ToolError | None = None
    open: asyncio.Event = field(default_factory=asyncio.Event)
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def tools(self) -> dict[str, Tool]:
        """Tools that act on this world."""
        world = self

        @tool(effect=Effect.OBSERVE)
        async def split(context: ToolContext, text: str) -> Parts:
            """The words of a text."""
            return Parts(parts=[Said(text=word) for word in text.split()])

        @tool(effect=Effect.FETCH, untrusted=True, reaches=True)
        async def fetch(context: ToolContext, text: str, seconds: float = 0.0) -> Said:
            """Fetch something; `bad` fails, `flaky` fails as often as the world says."""
            world.at_once += 1
            world.most_at_once = max(world.most_at_once, world.at_once)
            try:
                await asyncio.sleep(seconds)
                if text == "bad":
                    raise ToolError("not_found", "There is no bad.")
                if world.faults.get(text, 0):
                    world.faults[text] -= 1
                    raise ToolError("timeout", "It took too long.", transient=True)
            finally:
                world.at_once -= 1
            return Said(text=text)

        @tool(effect=Effect.FETCH, at_once=2)
        async def narrow(context: ToolContext, text: str) -> Said:
            """At most two at once."""
            world.at_once += 1
            world.most_at_once = max(world.most_at_once, world.at_once)
            await asyncio.sleep(0.01)
            world.at_once -= 1
            return Said(text=text)

        @tool(
            effect=Effect.CHANGE,
            again=Again.QUERYABLE,
            undoable=True,
            targets=("path",),
            private=True,
        )
        async def save(context: ToolContext, path: str, content: str) -> ToolResult:
            """Save a text."""
            if content == "bad":
                raise ToolError("timeout", "The disk is slow.", transient=True)
            world.done.append(f"{path}={content}")
            return ToolResult({"path": path}, Receipt(f"saved {path}", {"path": path}))

        @save.previews
        async def preview(context: ToolContext, path: str, content: str) -> Preview:
            if path == "nowhere":
                raise ToolError("outside", "nowhere is no place.")
            if path == "later":
                raise ToolError("not_found", "later is not there.")
            return Preview(f"+ {content}", "diff")

        @tool(effect=Effect.SEND, again=Again.ONCE, timeout=0.2, targets=("to",), reaches=True)
        async def send(context: ToolContext, to: str, text: str) -> Said:
            """Send a text, when the test opens the gate."""
            world.begun.set()
            await world.open.wait()
            world.done.append(f"{to}<{text}")
            return Said(text=text)

        @tool(effect=Effect.SEND, again=Again.QUERYABLE, timeout=0.2, targets=("to",), reaches=True)
        async def post(context: ToolContext, to: str, text: str) -> ToolResult:
            """Send a text to a server that knows what it was sent."""
            world.begun.set()
            await world.open.wait()
            world.done.append(f"{to}<{text}")
            return ToolResult({"text": text}, Receipt(f"sent to {to}"))

        @post.settles
        async def heard(context: ToolContext, to: str, text: str) -> ToolResult | None:
            if isinstance(world.heard, ToolError):
                raise world.heard
            return world.heard

        @tool(effect=Effect.OBSERVE)
        async def gate(context: ToolContext) -> Said:
            """Wait until the test opens the gate."""
            world.begun.set()
            await world.open.wait()
            return Said(text="open")

        @tool(effect=Effect.OBSERVE, timeout=0.05)
        async def stuck(context: ToolContext) -> Said:
            """Never returns."""
            await asyncio.Event().wait()
            raise AssertionError

        @tool(effect=Effect.OBSERVE)
        async def buggy(context: ToolContext) -> Said:
            """A stranger's mistake."""
            raise KeyError("secret detail")

        @tool(effect=None, timeout=0, answered=True)
        async def ask_user(context: ToolContext, question: str) -> Said:
            """Ask."""
            return Said(text=str(await context.ask(question)))

        @tool(effect=None, labels_of_inputs=True)
        async def answer(context: ToolContext, text: str) -> Said:
            """Tell."""
            return Said(text=text)

        every = (split, fetch, narrow, save, send, post, gate, stuck, buggy, ask_user, answer)
        return {one.name: one for one in every}


@dataclass
class Script:
    """A planner that reads a plan's text, a statement at a time; `later` are its revisions."""

    text: str
    pause: asyncio.Event | None = None
    later: list[str] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        text = self.text
        if request.need is not None:
            self.needs.append(request.need)
            if not self.later:
                return
            text = self.later.pop(0)
        reader = reader_for(request)
        for line in text.splitlines(keepends=True):
            for statement in reader.feed(line):
                yield step_proposed(statement, request, "planner")
            if self.pause is not None:
                await self.pause.wait()
        for statement in reader.close():
            yield step_proposed(statement, request, "planner")
        yield plan_proposed(reader, request, "planner")


@dataclass
class Workshop:
    """One run over a real journal; each `drive` is an engine of its own."""

    journal: Journal
    folder: Path
    world: World
    run: str = "run1"
    rules: list[Rule] = field(default_factory=list)
    parallel: int = 8
    shown: list[Any] = field(default_factory=list)
    files: RememberedFiles = field(default_factory=lambda: RememberedFiles())
    memory: Any = None
    definitions: AllowedDefinitions = field(default_factory=lambda: AllowedDefinitions())

    async def accept(
        self, mode: str = "normal", *, goal: str = "g", rehearse: bool = False
    ) -> None:
        accepted = RunAccepted(
            goal=goal, mode=mode, folder=str(self.folder), settings={"rehearse": rehearse}
        )
        await self.journal.append(self.run, [accepted])

    async def drive(
        self,
        plan: str | Script,
        *,
        stays: bool = False,
        answers: Answers = "person",
        lifted: Sequence[Lift] = (),
        outbox: float = 0,
        limits: Limits | None = None,
    ) -> RunStatus:
        script = plan if isinstance(plan, Script) else Script(plan)
        calling = await self.calling(answers=answers, lifted=lifted, outbox=outbox)
        recovery = Recovery(calling.live, script, calling.tools)
        watchdog = Watchdog(limits or Limits())
        watchdog.begin(calling.live.state, await self.journal.read(self.run))
        executor = Executor(
            calling.live,
            recovery,
            calling,
            parallel_steps=self.parallel,
            stays=stays,
            watchdog=watchdog,
        )
        return await executor.drive()

    async def calling(
        self, *, answers: Answers = "person", lifted: Sequence[Lift] = (), outbox: float = 0
    ) -> Calling:
        """What takes single calls of the run."""
        live = await LiveRun.open(self.run, self.journal)
        tools = self.world.tools()
        questions = Questions(live.state, live.record, live.until)
        around = Surroundings([Path()], [], [], [], lambda _name: None, lambda _name: None)

        async def keep(_frame: CallFrame, path: Path, _labels: object) -> dict[str, Any]:
            return {"path": str(path), "kind": "absent"}

        def context(frame: CallFrame) -> CallContext:
            return CallContext(
                frame,
                around,
                self.journal.show,
                _NoWriter(),
                questions,
                keep,
                self.files,
                self.memory,
            )

        gate = Gate(lambda: self.rules, now, tools, answers, lifted)
        runner = LocalRunner(context)
        scales = Scales(self.files, self.definitions)
        return Calling(
            live,
            tools,
            gate,
            scales,
            runner,
            Outbox(outbox, now),
            Attempts(live, runner, self.files),
        )

    async def events(self) -> list[Event]:
        return [one.event for one in await self.journal.read(self.run)]

    async def resume(self) -> None:
        await self.journal.append(self.run, [RunResumed()])

    async def state(self) -> RunState:
        return fold(await self.journal.read(self.run))

    async def types(self) -> list[str]:
        return [one.event.type for one in await self.journal.read(self.run)]

    async def until(self, test: Any) -> RunState:
        """Wait for the journal to make the test true of the state."""
        state = RunState()
        async with aclosing(self.journal.follow(self.run)) as following:
            async for one in following:
                if isinstance(one, Recorded):
                    state.apply(one)
                    state.front()
                    if test(state):
                        break
        return state

    async def until_events(self, kind: type, many: int) -> None:
        """Wait until the journal holds so many events of that kind."""
        async with aclosing(self.journal.follow(self.run)) as following:
            async for one in following:
                many -= isinstance(one, Recorded) and isinstance(one.event, kind)
                if not many:
                    return


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class RememberedFiles:
    """A FileMemory that ends with the test."""

    known: dict[str, KnownFile] = field(default_factory=dict)

    def find(self, path: str) -> KnownFile | None:
        return self.known.get(path)

    async def note(self, path: str, sha256: str | None, label: Label) -> None:
        self.known[path] = KnownFile(sha256, label)


@dataclass
class AllowedDefinitions:
    """Definitions that end with the test."""

    known: dict[str, str] = field(default_factory=dict)

    async def changed(self, tool: Tool) -> bool:
        return self.known.get(tool.name, tool.definition) != tool.definition

    async def allowed(self, tool: Tool) -> None:
        self.known[tool.name] = tool.definition


class _NoWriter:
    async def write(self, *_args: object) -> None:
        raise ToolError("no_model", "No model.")
