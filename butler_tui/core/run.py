"""The state of a run: a fold over its events, and the only place where events become state.

`fold` is pure: the same events always give the same state, at every prefix. Whoever watches a run
keeps a RunState of its own and applies the events as they come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from butler_tui.core import events as ev
from butler_tui.core.calls import (
    Address,
    ApprovalState,
    CallState,
    CallStatus,
    Done,
    Failed,
    Outcome,
    Pending,
    QuestionState,
    RunStatus,
    Spent,
    StatementState,
)
from butler_tui.core.events import ApprovalRequested, Item, Recorded
from butler_tui.core.labels import Label, Labelled, Labels, Source, SourceKind, text_of
from butler_tui.core.plan import Plan, Statement
from butler_tui.core.plan_text import read_statement
from butler_tui.core.ready import Front, Look, Skip

_AUTHORS: dict[str, SourceKind] = {"recipe": "recipe", "person": "person"}


@dataclass(slots=True)
class RunState:
    """A run as its events tell it."""

    id: str = ""
    seq: int = 0
    status: RunStatus = RunStatus.NEW
    goal: str = ""
    mode: str = "normal"
    model: str | None = None
    folder: str = ""
    recipe: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    brought: str | None = None
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    title: str = ""
    revision: int = 0
    accepted: int = 0
    planned: bool = False
    refusals: list[list[str]] = field(default_factory=list[list[str]])
    statements: dict[str, StatementState] = field(default_factory=dict[str, StatementState])
    calls: dict[Address, CallState] = field(default_factory=dict[Address, CallState])
    approvals: dict[str, ApprovalState] = field(default_factory=dict[str, ApprovalState])
    questions: dict[str, QuestionState] = field(default_factory=dict[str, QuestionState])
    spent: Spent = field(default_factory=Spent)
    begun: datetime | None = None
    ended: datetime | None = None
    answer: str = ""
    error: str = ""
    because: str = ""
    report: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    given_names: dict[str, Labelled] = field(default_factory=dict[str, Labelled])

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return Plan(tuple(one.statement for one in self.statements.values()), self.title)

    @property
    def most_steps(self) -> int:
        """How many steps the run may have."""
        return int(self.settings.get("steps", 200))

    def waiting_approvals(self) -> Iterator[ApprovalState]:
        """Held calls that nobody has decided, oldest first."""
        if not self.status.over:
            yield from (one for one in self.approvals.values() if one.decided is None)

    def waiting_questions(self) -> Iterator[QuestionState]:
        """Questions that nobody has answered, oldest first."""
        if not self.status.over:
            yield from (one for one in self.questions.values() if not one.answered)

    def allowed_by(self, address: Address) -> ApprovalRequested | None:
        """What was shown when the call was allowed last; None when it never was."""
        allowed = [
            one.requested
            for one in self.approvals.values()
            if (one.requested.step, one.requested.item) == address
            and one.decided is not None
            and one.decided.decision == "allow"
        ]
        return allowed[-1] if allowed else None

    def times_asked(self, address: Address) -> int:
        """How often the call was held."""
        asked = (one.requested for one in self.approvals.values())
        return sum(1 for one in asked if (one.step, one.item) == address)

    def started(self) -> list[Statement]:
        """The statements of which at least one call has begun or been held."""
        begun = {step for step, _ in self.calls}
        return [
            one.statement
            for one in self.statements.values()
            if any(call.id in begun for call in one.statement.calls())
        ]

    def items_of(self, step: str) -> list[CallState]:
        """The calls made for one step, in the order of its elements."""
        found = [call for (name, _), call in self.calls.items() if name == step]
        return sorted(found, key=lambda call: call.item)

    def failures(self) -> list[CallState]:
        """The calls for which the goal was not met.

        Whatever was denied or is unknown; what failed only where its whole statement did, since
        a comprehension may do without some of its elements.
        """
        lost = (CallStatus.DENIED, CallStatus.UNKNOWN)
        failed_statements = {
            call.id
            for one in self.statements.values()
            if isinstance(one.outcome, Failed)
            for call in one.statement.calls()
        }
        return [
            one
            for one in self.calls.values()
            if one.status in lost
            or (one.status is CallStatus.FAILED and one.step in failed_statements)
        ]

    @property
    def settled(self) -> bool:
        """True when the plan was read to its end and every statement has its outcome."""
        return self.planned and all(
            isinstance(one.outcome, Done | Failed) for one in self.statements.values()
        )

    def front(self) -> Front:
        """What can happen next. Settled outcomes are kept, so that each is worked out once."""
        front = Front()
        known = dict(self.given_names)
        failed: dict[str, Failed] = {}
        pending: set[str] = set()
        for one in self.statements.values():
            if one.outcome is None or isinstance(one.outcome, Pending):
                one.outcome = self._look(one, known, failed, pending, front)
            name = one.statement.name
            if name is None:
                continue
            match one.outcome:
                case Done(output):
                    known[name] = output
                case Failed() as failure:
                    failed[name] = failure
                case Pending():
                    pending.add(name)
        front.ready.sort(key=lambda ready: -(ready.call.priority or 0))
        return front

    def _look(
        self,
        one: StatementState,
        known: dict[str, Labelled],
        failed: dict[str, Failed],
        pending: set[str],
        front: Front,
    ) -> Outcome:
        needs = one.statement.needs()
        missing = sorted(needs & failed.keys())
        if missing:
            for call in one.statement.calls():
                if (call.id, ()) not in self.calls:
                    front.skipped.append(Skip(call.id, (), f"it needs {missing[0]}, which failed"))
            return Failed("skipped", final=True)
        if needs & pending:
            return Pending()
        literals = Label.of(Source(one.by))
        look = Look(self.calls, literals, self.most_steps, front)
        return look.outcome(one.statement, known)

    def apply(self, recorded: Recorded) -> None:
        """Take in the next event."""
        self.seq = recorded.seq
        self.id = recorded.run
        take = _TAKES.get(type(recorded.event))
        if take is not None:
            take(self, recorded.event, recorded.at)

    def call_at(self, step: str, item: Item) -> CallState:
        """The state of a call, made when it is first spoken of."""
        found = self.calls.get((step, item))
        if found is None:
            found = self.calls[(step, item)] = CallState(step, item, CallStatus.HELD)
        return found


def fold(events: Iterable[Recorded]) -> RunState:
    """The state after these events."""
    state = RunState()
    for event in events:
        state.apply(event)
    return state


def _run_accepted(state: RunState, event: ev.RunAccepted, at: datetime) -> None:
    state.status = RunStatus.PLANNING
    state.goal, state.mode, state.model = event.goal, event.mode, event.model
    state.folder, state.recipe, state.brought = event.folder, event.recipe, event.plan
    state.parameters, state.settings = dict(event.parameters), dict(event.settings)
    state.begun = at
    run = {"date": event.date, "time": event.time, "id": state.id}
    state.given_names = {
        "goal": Labelled.with_label(event.goal, Label.of(Source("goal"))),
        "run": Labelled.with_label(dict(run), Label.of(Source("run"))),
        **{
            name: Labelled.with_label(value, Label.of(Source("goal")))
            for name, value in event.parameters.items()
        },
    }


def _step_proposed(state: RunState, event: ev.StepProposed, _at: datetime) -> None:
    statement = read_statement(event.text, event.step, event.signatures)
    state.statements[event.step] = StatementState(statement, _AUTHORS.get(event.by, "planner"))


def _plan_refused(state: RunState, event: ev.PlanRefused, _at: datetime) -> None:
    state.refusals.append(list(event.problems))
    kept = {statement.id for statement in state.started()}
    for step in [step for step in state.statements if step not in kept]:
        del state.statements[step]


def _plan_proposed(state: RunState, event: ev.PlanProposed, _at: datetime) -> None:
    state.revision, state.title, state.planned = event.revision, event.title, True
    if state.status is RunStatus.PLANNING:
        state.status = RunStatus.RUNNING


def _plan_accepted(state: RunState, event: ev.PlanAccepted, _at: datetime) -> None:
    state.accepted = event.revision


def _step_started(state: RunState, event: ev.StepStarted, at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.attempt, call.tool, call.effect = (
        CallStatus.RUNNING,
        event.attempt,
        event.tool,
        event.effect,
    )
    call.args, call.arg_labels, call.since = event.args, event.labels, at
    call.progress, call.done = "", None
    if any(
        not one.answered and (one.asked.step, one.asked.item) == (event.step, event.item)
        for one in state.questions.values()
    ):
        call.status = CallStatus.ASKING


def _step_progressed(state: RunState, event: ev.StepProgressed, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.progress, call.done = event.text, event.done


def _step_finished(state: RunState, event: ev.StepFinished, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.seconds, call.receipt = CallStatus.DONE, event.seconds, event.receipt
    call.output = Labelled(event.output, Labels.load(event.labels))
    if call.tool == "answer":
        said = call.output.value
        state.answer = text_of(said.get("text") if isinstance(said, dict) else said)


def _step_failed(state: RunState, event: ev.StepFailed, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status = CallStatus.RETRYING if event.will_retry else CallStatus.FAILED
    call.code, call.error, call.seconds = event.code, event.error, event.seconds
    call.failure = Labels.load(event.labels).own


def _step_skipped(state: RunState, event: ev.StepSkipped, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.error = CallStatus.SKIPPED, event.because


def _step_unknown(state: RunState, event: ev.StepUnknown, _at: datetime) -> None:
    call = state.call_at(event.step, event.item)
    call.status, call.code, call.error = CallStatus.UNKNOWN, "unknown", event.evidence


def _approval_requested(state: RunState, event: ev.ApprovalRequested, at: datetime) -> None:
    state.approvals[event.id] = ApprovalState(event, at)
    call = state.call_at(event.step, event.item)
    call.status, call.tool, call.effect, call.since = CallStatus.HELD, event.tool, event.effect, at
    call.args, call.arg_labels = event.args, event.labels


def _approval_decided(state: RunState, event: ev.ApprovalDecided, _at: datetime) -> None:
    approval = state.approvals.get(event.id)
    if approval is None or approval.decided is not None:
        return
    approval.decided = event
    call = state.call_at(approval.requested.step, approval.requested.item)
    if event.decision == "deny":
        call.status, call.code = CallStatus.DENIED, "denied"
        call.error = event.reason or f"denied by {event.by}"
        return
    call.status = CallStatus.ALLOWED
    if event.args is not None:
        own = Labels(Label.of(Source("person"))).dump()
        changed = {name for name, value in event.args.items() if call.args.get(name) != value}
        call.arg_labels = {**call.arg_labels, **dict.fromkeys(changed, own)}
        call.args, call.edited = event.args, True


def _question_asked(state: RunState, event: ev.QuestionAsked, at: datetime) -> None:
    state.questions[event.id] = QuestionState(event, at)
    state.call_at(event.step, event.item).status = CallStatus.ASKING


def _question_answered(state: RunState, event: ev.QuestionAnswered, _at: datetime) -> None:
    question = state.questions.get(event.id)
    if question is None or question.answered:
        return
    question.answered, question.answer = True, event.answer
    call = state.call_at(question.asked.step, question.asked.item)
    if call.status is CallStatus.ASKING:
        call.status = CallStatus.RUNNING


def _model_called(state: RunState, event: ev.ModelCalled, _at: datetime) -> None:
    spent = state.spent
    spent.calls += 1
    spent.tokens_in += event.tokens_in
    spent.tokens_out += event.tokens_out
    spent.cost += event.cost or 0.0
    spent.priced = spent.priced and event.cost is not None


def _run_waiting(state: RunState, event: ev.RunWaiting, _at: datetime) -> None:
    state.status, state.because = RunStatus.WAITING, event.because


def _run_resumed(state: RunState, event: ev.RunResumed, _at: datetime) -> None:
    state.status = RunStatus.RUNNING if state.planned else RunStatus.PLANNING
    state.mode, state.model = event.mode or state.mode, event.model or state.model
    state.because = state.error = ""
    state.ended = None


def _run_finished(state: RunState, event: ev.RunFinished, at: datetime) -> None:
    state.status, state.ended = RunStatus.DONE, at
    state.answer, state.report = event.answer, event.report


def _run_failed(state: RunState, event: ev.RunFailed, at: datetime) -> None:
    state.status, state.ended, state.error = RunStatus.FAILED, at, event.error
    state.answer, state.report = event.answer, event.report


def _run_cancelled(state: RunState, _event: ev.RunCancelled, at: datetime) -> None:
    state.status, state.ended = RunStatus.CANCELLED, at


_TAKES: dict[type, Callable[[RunState, Any, datetime], None]] = {
    ev.RunAccepted: _run_accepted,
    ev.StepProposed: _step_proposed,
    ev.PlanRefused: _plan_refused,
    ev.PlanProposed: _plan_proposed,
    ev.PlanAccepted: _plan_accepted,
    ev.StepStarted: _step_started,
    ev.StepProgressed: _step_progressed,
    ev.StepFinished: _step_finished,
    ev.StepFailed: _step_failed,
    ev.StepSkipped: _step_skipped,
    ev.StepUnknown: _step_unknown,
    ev.ApprovalRequested: _approval_requested,
    ev.ApprovalDecided: _approval_decided,
    ev.QuestionAsked: _question_asked,
    ev.QuestionAnswered: _question_answered,
    ev.ModelCalled: _model_called,
    ev.RunWaiting: _run_waiting,
    ev.RunResumed: _run_resumed,
    ev.RunFinished: _run_finished,
    ev.RunFailed: _run_failed,
    ev.RunCancelled: _run_cancelled,
}


__all__ = ["RunState", "RunStatus", "StatementState", "fold"]
