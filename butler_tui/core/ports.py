"""What the floors above ask of each other, as protocols."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from butler_tui.core.events import Event, ModelCalled, Recorded, StepProgressed
from butler_tui.core.labels import NO_LABEL, Json, Label
from butler_tui.core.needing import Need
from butler_tui.core.run import RunState
from butler_tui.core.tool import Checked, Preview, Receipt, Remembered, Tool, ToolCall, ToolResult

Role = Literal["planner", "writer", "reviewer"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation with a model."""

    role: Literal["system", "user", "assistant"]
    content: str


class Journal(Protocol):
    """The append-only events of every run. Events of one run are numbered from 1 without a gap."""

    async def append(
        self, run: str, events: Sequence[Event], *, flush: bool = False
    ) -> Sequence[Recorded]:
        """Write the events, in order, and return them as recorded once they are committed.

        With `flush` they have also reached the disk. Raises HistoryError.
        """
        ...

    async def read(self, run: str, after: int = 0, *, outputs: bool = True) -> Sequence[Recorded]:
        """Every event of the run with a number above `after`, whoever wrote it.

        Without `outputs`, large ones are left out: None, with their hash.
        """
        ...

    def follow(self, run: str, after: int = 0) -> AsyncGenerator[Recorded | StepProgressed, None]:
        """Every event above `after`, then each as it comes, whoever appends it; never ends."""
        ...

    def show(self, run: str, progress: StepProgressed) -> None:
        """Pass progress to whoever follows the run in this process; it is not kept."""
        ...


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file that Butler wrote: the SHA-256 of what it wrote, None while it is being written."""

    sha256: str | None
    label: Label


class FileMemory(Protocol):
    """What Butler remembers of the files it wrote: their label outlives the run."""

    def find(self, path: str) -> KnownFile | None:
        """What is remembered of the file at that real path. Blocks shortly."""
        ...

    async def note(self, path: str, sha256: str | None, label: Label) -> None:
        """Remember what is about to be, or was, written there; a label is on the disk then."""
        ...


class Memory(Protocol):
    """Facts kept across runs, each with the label of what it was made from."""

    async def remember(self, identity: str, fact: str, label: Label, run: str) -> None:
        """Keep a fact under that id; twice is once."""
        ...

    async def recall(self, query: str, limit: int) -> Sequence[Remembered]:
        """The facts whose words fit best first; without words, the newest."""
        ...

    async def forget(self, identity: str) -> str | None:
        """Forget a fact and return it; None when there is none of that id."""
        ...


class Definitions(Protocol):
    """Which definition of each tool was allowed last."""

    async def changed(self, tool: Tool) -> bool:
        """True when another definition of that tool was allowed before."""
        ...

    async def allowed(self, tool: Tool) -> None:
        """Remember that the tool was allowed as it is now."""
        ...


class Model(Protocol):
    """The way to language models. One that is not set up raises ModelError on use."""

    def name(self, role: Role) -> str | None:
        """The model that plays the role; None when none is set up."""
        ...

    def stream(
        self, role: Role, messages: Sequence[Message], *, private: bool = False
    ) -> AsyncGenerator[str | ModelCalled, None]:
        """The answer's text in chunks as it arrives, then what the call cost.

        Raises ModelError, after the cost where there was one. Closing the iterator cancels the
        call.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a planner works from.

    `state` is the run so far: started statements may be restated and finished ones referred to.
    `need` says why the plan that is there wants a new revision.
    """

    goal: str
    state: RunState
    tools: Mapping[str, Tool]
    recipe: str | None = None
    parameters: Mapping[str, Json] | None = None
    need: Need | None = None


class Planner(Protocol):
    """Turns a goal into statements, as events: step_proposed, plan_refused, model_called, ...

    The last event is plan_proposed when the plan was read to its end. One that has no other way
    for what a revision is needed for ends without it. Raises PlanError when no answer fits,
    ModelError when the model cannot be had.
    """

    def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Plan the goal."""
        ...


class Reviewer(Protocol):
    """Judges whether a run met its goal, as events: model_called, then review_finished.

    Where more is to be done, step_proposed and plan_proposed follow, with the label of what was
    read. Raises PlanError when no answer fits, ModelError when the model cannot be had.
    """

    def review(self, request: PlanRequest, *, adds: bool) -> AsyncGenerator[Event, None]:
        """Review the plan as it was carried out; without `adds` nothing may be added to it."""
        ...


@dataclass(frozen=True, slots=True)
class CallFrame:
    """Where a call stands: its run, step and item, and the key that names it across attempts.

    `label` marks what flows into it; `private`: some argument holds what is the user's own.
    """

    run: str
    step: str
    item: tuple[int, ...]
    key: str
    folder: str
    private: bool = False
    label: Label = NO_LABEL


Intends = Callable[[ToolResult], Awaitable[None]]
"""Writes down what a call is about to do; see `ToolContext.intend`."""


class StepRunner(Protocol):
    """Carries out one call, here or on a worker."""

    async def preview(self, tool: Tool, call: ToolCall, frame: CallFrame) -> Preview | None:
        """What the call would do, without doing it; None when its tool does not preview."""
        ...

    async def run(
        self, tool: Tool, call: ToolCall, frame: CallFrame, intends: Intends
    ) -> ToolResult:
        """Carry out the call once. Raises ToolError; cancelling it stops what it started."""
        ...

    async def settle(
        self, tool: Tool, call: ToolCall, frame: CallFrame, intended: ToolResult | None
    ) -> ToolResult | None:
        """What an interrupted call came to, None when it did not happen; ToolError if unsure."""
        ...

    async def check(self, tool: Tool, receipt: Receipt, frame: CallFrame) -> Checked:
        """What code finds when it looks again at what the receipt says. Never raises."""
        ...


class Notices(Protocol):
    """The ways to tell the person something, wherever they look."""

    async def tell(self, text: str) -> Sequence[str]:
        """Tell the person; returns the ways it went (`terminal`, `desktop`), none for nobody."""
        ...


class Person(Protocol):
    """Whoever answers questions for a run."""

    async def ask(
        self, frame: CallFrame, question: str, choices: Sequence[str] | None, fields: Json
    ) -> Json:
        """Ask and wait for the answer, for days if need be."""
        ...
