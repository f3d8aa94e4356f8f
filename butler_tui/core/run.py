"""The state of a run: a fold over its events.

`fold` is pure: the same events always give the same state, at every prefix. Whoever watches a run
keeps a RunState of its own and applies the events as they come.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from butler_tui.core.calls import (
    Address,
    ApprovalState,
    BudgetState,
    CallState,
    CallStatus,
    Done,
    Failed,
    InstructionState,
    OfferState,
    QuestionState,
    ReviewState,
    RevisionState,
    RunStatus,
    Spent,
    StatementState,
)
from butler_tui.core.estimating import Estimate
from butler_tui.core.events import Item, Recorded
from butler_tui.core.frontier import Frontier
from butler_tui.core.labels import Labelled
from butler_tui.core.plan import Plan, Statement
from butler_tui.core.ready import Front
from butler_tui.core.rules import Rule
from butler_tui.core.run_events import Earlier
from butler_tui.core.taking import take


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
    offers: dict[str, OfferState] = field(default_factory=dict[str, OfferState])
    bounds: list[Rule] = field(default_factory=list[Rule])
    cost_bound: float | None = None
    signed: int = 0
    spent: Spent = field(default_factory=Spent)
    begun: datetime | None = None
    ended: datetime | None = None
    answer: str = ""
    error: str = ""
    because: str = ""
    report: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    drafts: dict[str, StatementState] = field(default_factory=dict[str, StatementState])
    superseded: list[StatementState] = field(default_factory=list[StatementState])
    revisions: list[RevisionState] = field(default_factory=list[RevisionState])
    instructions: dict[str, InstructionState] = field(default_factory=dict[str, InstructionState])
    budgets: dict[str, BudgetState] = field(default_factory=dict[str, BudgetState])
    reviews: list[ReviewState] = field(default_factory=list[ReviewState])
    name: str = ""
    stopped: str = ""
    spent_budget: str = ""
    estimate: Estimate | None = None
    earlier: Earlier | None = None
    in_flight: list[str] = field(default_factory=list[str])
    given_names: dict[str, Labelled] = field(default_factory=dict[str, Labelled])
    asked_at: dict[Address, list[ApprovalState]] = field(
        default_factory=dict[Address, "list[ApprovalState]"]
    )
    denied: list[ApprovalState] = field(default_factory=list[ApprovalState])
    granted: list[ApprovalState] = field(default_factory=list[ApprovalState])
    wide: int = 0
    led_nowhere: bool = False
    frontier: Frontier = field(default_factory=Frontier, repr=False, compare=False)

    @property
    def plan(self) -> Plan:
        """The plan as it stands."""
        return Plan(tuple(one.statement for one in self.statements.values()), self.title)

    @property
    def most_steps(self) -> int:
        """How many steps the run may have."""
        return int(self.settings.get("steps", 200))

    @property
    def rehearses(self) -> bool:
        """True when nothing that changes, sends or executes is carried out."""
        return bool(self.settings.get("rehearse"))

    @property
    def undoes(self) -> str:
        """The run that this one puts back; empty for every other."""
        return str(self.settings.get("undoes", ""))

    @property
    def offered(self) -> bool:
        """True when the plan as it stands was laid before the person."""
        return any(one.offered.revision == self.revision for one in self.offers.values())

    @property
    def permissions(self) -> int:
        """How many permissions were given that may cover more than one call."""
        return self.wide + self.signed

    @property
    def superseded_steps(self) -> set[str]:
        """The calls of statements that are no longer part of the plan."""
        return {call.id for one in self.superseded for call in one.statement.calls()}

    def waiting_approvals(self) -> Iterator[ApprovalState]:
        """Held calls that nobody has decided, oldest first."""
        if self.status.over:
            return
        gone = self.superseded_steps
        for one in self.approvals.values():
            if one.requested.step in gone:
                continue
            call = self.calls.get((one.requested.step, one.requested.item))
            if one.decided is None and not (call is not None and call.status.settled):
                yield one

    def waiting_questions(self) -> Iterator[QuestionState]:
        """Questions that nobody has answered, oldest first."""
        if self.status.over:
            return
        gone = self.superseded_steps
        for one in self.questions.values():
            if not one.answered and one.asked.step not in gone:
                yield one

    @property
    def own_revisions(self) -> int:
        """How many revisions were made that the person did not ask for."""
        return sum(1 for one in self.revisions[1:] if one.by != "person" and not one.asked_for)

    def open_offer(self) -> OfferState | None:
        """The sheet that waits: not decided as a whole, and some of its calls are still held."""
        for offer in self.offers.values():
            if offer.decided or offer.offered.revision < self.revision:
                continue
            held = {one.requested.id for one in self.waiting_approvals()}
            if held & set(offer.offered.approvals):
                return offer
        return None

    def allowed_by(self, address: Address) -> ApprovalState | None:
        """The approval by which the call is allowed; None when it is not, or is asked anew."""
        asked = self.asked_at.get(address)
        if not asked or asked[-1].decided is None or asked[-1].decided.decision != "allow":
            return None
        return asked[-1]

    def times_asked(self, address: Address) -> int:
        """How often the call was held."""
        return len(self.asked_at.get(address, ()))

    def started(self) -> list[Statement]:
        """The statements of which a call has begun or been held, or that were taken over."""
        begun = {step for step, _ in self.calls}
        return [
            one.statement
            for one in self.statements.values()
            if one.taken or any(call.id in begun for call in one.statement.calls())
        ]

    def statement_of(self, step: str) -> StatementState | None:
        """The statement of that id, with that call, or of that name in the plan as it stands.

        A revision may give a name anew whose first statement it took out: their ids differ.
        """
        for identity, one in self.statements.items():
            if step == identity or one.statement.call(step) is not None:
                return one
        return next((one for one in self.statements.values() if one.statement.name == step), None)

    def building_on(self, step: str) -> list[str]:
        """The statements that use the output of the statement with that call."""
        one = self.statement_of(step)
        if one is None or one.statement.name is None:
            return []
        name = one.statement.name
        return [key for key, other in self.statements.items() if name in other.statement.needs()]

    def unseen_by(self, call: CallState) -> CallState | None:
        """What the call wants the output of, and that is done by the person's word alone."""
        of = self.statement_of(call.step)
        needs = of.statement.needs() if of is not None else frozenset[str]()
        return next(
            (
                one
                for one in self.calls.values()
                if one.unseen
                and (made := self.statement_of(one.step)) is not None
                and made.pinned is None
                and made.statement.name in needs
            ),
            None,
        )

    @property
    def ids(self) -> set[str]:
        """The ids that statements have or had."""
        return {*self.statements, *(one.statement.id for one in self.superseded)}

    def items_of(self, step: str) -> list[CallState]:
        """The calls made for one step, in the order of its elements."""
        found = [call for (name, _), call in self.calls.items() if name == step]
        return sorted(found, key=lambda call: call.item)

    def calls_in_order(self) -> list[CallState]:
        """Every call, the steps in the order in which they began, each one's elements in theirs."""
        begun: dict[str, int] = {}
        for step, _ in self.calls:
            begun.setdefault(step, len(begun))
        return sorted(self.calls.values(), key=lambda one: (begun[one.step], one.item))

    def failures(self) -> list[CallState]:
        """The calls for which the goal was not met.

        Whatever is unknown; what failed only where its whole statement did, since a comprehension
        may do without some of its elements, and where neither a revision nor the person gave it
        up. What was denied is no failure: see `withdrawn`.
        """
        failed_statements = {
            call.id
            for one in self.statements.values()
            if isinstance(one.outcome, Failed) and not one.given_up
            for call in one.statement.calls()
        }
        gone = self.superseded_steps
        return [
            one
            for one in self.calls.values()
            if (one.status is CallStatus.UNKNOWN and one.step not in gone)
            or (one.status is CallStatus.FAILED and one.step in failed_statements)
        ]

    def withdrawn(self) -> list[CallState]:
        """The plan's calls that were denied or taken back, in the order of steps and elements."""
        withdrawn, gone = (CallStatus.DENIED, CallStatus.TAKEN_BACK), self.superseded_steps
        return [
            one for one in self.calls_in_order() if one.status in withdrawn and one.step not in gone
        ]

    @property
    def settled(self) -> bool:
        """True when the plan was read to its end and every statement has its outcome."""
        return self.planned and all(
            isinstance(one.outcome, Done | Failed) for one in self.statements.values()
        )

    def front(self) -> Front:
        """What can happen next. Settled outcomes are kept, so that each is worked out once."""
        return self.frontier.front(self)

    def apply(self, recorded: Recorded) -> None:
        """Take in the next event."""
        self.seq = recorded.seq
        self.id = recorded.run
        take(self, recorded.event, recorded.at)

    def call_at(self, step: str, item: Item) -> CallState:
        """The state of a call, made when it is first spoken of; who asks for it may change it."""
        self.frontier.touch(step)
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


__all__ = ["RunState", "RunStatus", "StatementState", "fold"]
