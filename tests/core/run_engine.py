"""A tiny engine: it drives a run by its state alone, from a script of what each call does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from butler_tui.core.calls import Address, CallStatus, Failed
from butler_tui.core.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    PlanProposed,
    QuestionAnswered,
    QuestionAsked,
    Recorded,
    RunAccepted,
    StepFailed,
    StepFinished,
    StepProposed,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from butler_tui.core.labels import NO_LABEL, Label, Labels
from butler_tui.core.plan_text import PlanReader, read_plan, signatures_of
from butler_tui.core.plan_write import write_plan, write_statement
from butler_tui.core.ready import Front, ReadyCall
from butler_tui.core.revising import staying, waiting
from butler_tui.core.run import RunState, fold
from butler_tui.core.tool import Effect, Tool, ToolContext, tool
from butler_tui.core.values import labels_of


@tool(effect=Effect.OBSERVE)
async def get(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Get anything."""


@tool(effect=Effect.CHANGE)
async def put(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Put anything anywhere."""


TOOLS: Mapping[str, Tool] = {"get": get, "put": put}
BEGUN = datetime(2026, 11, 21, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Says:
    """The call returns."""

    output: Any = None
    label: Label = NO_LABEL


@dataclass(frozen=True)
class Fails:
    """The call fails."""

    code: str = "broken"
    label: Label = NO_LABEL


@dataclass(frozen=True)
class Denied:
    """The call is held, and denied."""


@dataclass(frozen=True)
class Unknown:
    """The call started and was not seen to finish, and the person says: skip it."""


Does = Says | Fails | Denied | Unknown


def place(address: Address) -> str:
    """A call in words: `pages`, `pages[0]`, `pages.1[0][2]`."""
    step, item = address
    return step + "".join(f"[{number}]" for number in item)


@dataclass
class Drive:
    """A run of one plan. `waves` holds which calls were ready together, `ran` each call's args."""

    text: str = ""
    script: Mapping[str, Does] = field(default_factory=dict[str, Does])
    tools: Mapping[str, Tool] = field(default_factory=lambda: TOOLS)
    by: str = "planner"
    ended: bool = True
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    state: RunState = field(default_factory=RunState)
    journal: list[Recorded] = field(default_factory=list[Recorded])
    waves: list[list[str]] = field(default_factory=list[list[str]])
    ran: dict[str, ReadyCall] = field(default_factory=dict[str, ReadyCall])

    def __post_init__(self) -> None:
        self.add(
            RunAccepted(
                goal="the goal",
                date="2026-11-21",
                time="09:00",
                settings=dict(self.settings),
                parameters=dict(self.parameters),
            )
        )
        if self.text:
            self.propose(self.text)

    def add(self, *events: Event) -> None:
        for event in events:
            number = len(self.journal) + 1
            at = BEGUN + timedelta(seconds=number)
            # As the journal keeps it: what is not JSON would not come back.
            recorded = Recorded.model_validate_json(
                Recorded(run="r1", seq=number, at=at, event=event).model_dump_json()
            )
            self.journal.append(recorded)
            self.state.apply(recorded)

    def propose(
        self, text: str, revision: int = 1, labels: Mapping[str, Any] | None = None
    ) -> None:
        """A whole plan, as a planner's last answer."""
        given = dict.fromkeys(self.parameters)
        steps: list[str] = []
        if self.state.planned:
            reader = PlanReader(
                self.tools,
                kept=staying(self.state),
                waiting=waiting(self.state),
                taken=self.state.ids,
            )
            statements = [*reader.feed(text), *reader.close()]
            steps = [one.id for one in reader.so_far.statements]
        else:
            plan = read_plan(text, self.tools, given)
            statements = plan.statements
            text = write_plan(plan)
        for statement in statements:
            self.add(
                StepProposed(
                    step=statement.id,
                    text=write_statement(statement),
                    signatures=signatures_of(statement, self.tools),
                    by=self.by,
                    labels=dict(labels or {}),
                )
            )
        if self.ended:
            self.add(PlanProposed(revision=revision, text=text, steps=steps))

    def front(self) -> Front:
        return self.state.front()

    def ready(self) -> list[str]:
        """What is ready, in the order in which it would start."""
        return [place(one.address) for one in self.front().ready]

    def start(self, one: ReadyCall) -> None:
        self.ran[place(one.address)] = one
        self.add(
            StepStarted(
                step=one.call.id,
                item=one.item,
                tool=one.call.tool,
                effect=self.tools[one.call.tool].effect,
                args={name: arg.value for name, arg in one.args.items()},
                labels=labels_of(one.args),
            )
        )

    def finish(self, address: Address, does: Does) -> None:
        step, item = address
        match does:
            case Says(output, label):
                labels = Labels(label).dump()
                self.add(StepFinished(step=step, item=item, output=output, labels=labels))
            case Fails(code, label):
                labels = Labels(label).dump()
                self.add(StepFailed(step=step, item=item, code=code, error=code, labels=labels))
            case Unknown():
                own = f"{step}{item}?"
                self.add(
                    StepUnknown(step=step, item=item, evidence="no answer"),
                    QuestionAsked(
                        id=own, step=step, item=item, question="no answer", about="unknown"
                    ),
                    QuestionAnswered(id=own, answer="skip"),
                )
            case Denied():
                self.hold(step, item, **self._args_of(address))
                self.add(ApprovalDecided(id=f"{step}{item}", decision="deny"))

    def hold(self, step: str, item: tuple[int, ...] = (), **args: Any) -> str:
        """Hold a call for a decision; returns the approval's id."""
        own = f"{step}{item}"
        self.add(
            ApprovalRequested(
                id=own, step=step, item=item, tool="put", effect=Effect.CHANGE, args=args
            )
        )
        return own

    def _args_of(self, address: Address) -> dict[str, Any]:
        """What a ready call would be called with; nothing for one that is not ready."""
        ready = {one.address: one.args for one in self.front().ready}
        return {name: arg.value for name, arg in ready.get(address, {}).items()}

    def note(self, front: Front) -> bool:
        """Record what the front has settled by itself; True when there was anything."""
        for broken in front.broken:
            self.add(
                StepFailed(
                    step=broken.step,
                    item=broken.item,
                    code=broken.error.code,
                    error=str(broken.error),
                )
            )
        for skip in front.skipped:
            self.add(StepSkipped(step=skip.step, item=skip.item, because=skip.because))
        return bool(front.broken or front.skipped)

    def run(self, does: Callable[[str], Does] | None = None) -> Drive:
        """Start whatever is ready, all at once, and let it do what the script says, to the end."""
        for _ in range(1_000):
            front = self.front()
            noted = self.note(front)
            if not front.ready:
                if noted:
                    continue
                return self
            self.waves.append([place(one.address) for one in front.ready])
            self._wave(front.ready, does or self._scripted)
        raise AssertionError("the run does not end")

    def _wave(self, ready: Sequence[ReadyCall], does: Callable[[str], Does]) -> None:
        doing = [(one, does(place(one.address))) for one in ready]
        for one, what in doing:
            if not isinstance(what, Denied):
                self.start(one)
        for one, what in doing:
            self.finish(one.address, what)

    def _scripted(self, step: str) -> Does:
        return self.script.get(step, Says({"text": step}))

    def outcome(self, step: str) -> Any:
        """The statement's outcome."""
        return self.state.statements[step].outcome

    def output(self, step: str) -> Any:
        """The statement's output, which must be there."""
        return self.outcome(step).output.value

    def label(self, step: str) -> Label:
        """The marked sources of the statement's output."""
        return self.outcome(step).output.labels.overall().marked

    def status(self, step: str, *item: int) -> CallStatus:
        return self.state.calls[(step, item)].status


def check_prefixes(journal: Sequence[Recorded]) -> None:
    """At every prefix the journal folds, and a reader that comes late sees what one from the
    beginning does.
    """
    early = RunState()
    early.front()
    for number, recorded in enumerate(journal, 1):
        early.apply(recorded)
        late = fold(journal[:number])
        one, other = early.front(), late.front()
        assert one.ready == other.ready
        assert [(b.step, b.item, str(b.error)) for b in one.broken] == [
            (b.step, b.item, str(b.error)) for b in other.broken
        ]
        for key, state in early.statements.items():
            # Which of several failures it is told by may still change, not that it failed.
            other_outcome = late.statements[key].outcome
            assert type(state.outcome) is type(other_outcome)
            assert isinstance(state.outcome, Failed) or state.outcome == other_outcome
        assert (early.calls, early.status) == (late.calls, late.status)
