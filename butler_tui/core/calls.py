"""What is known of each statement, call, approval and question: the parts of a run's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from butler_tui.core.events import (
    ApprovalDecided,
    ApprovalRequested,
    InstructionGiven,
    Item,
    PlanOffered,
    QuestionAsked,
    StepIntended,
    StepRehearsed,
)
from butler_tui.core.labels import NO_LABEL, Json, Label, Labelled, SourceKind
from butler_tui.core.plan import Statement
from butler_tui.core.tool import Effect

Address = tuple[str, Item]
"""A call's place in its run: the step's id, and which element of a comprehension it is for."""


class CallStatus(StrEnum):
    """Where a call stands."""

    HELD = "held"
    ALLOWED = "allowed"
    RUNNING = "running"
    RETRYING = "retrying"
    ASKING = "asking"
    DONE = "done"
    FAILED = "failed"
    DENIED = "denied"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"
    OUTBOX = "outbox"
    TAKEN_BACK = "taken back"
    REHEARSED = "rehearsed"

    @property
    def settled(self) -> bool:
        """True when the call will not change any more by itself."""
        return self in _SETTLED

    @property
    def begun(self) -> bool:
        """True when the call has had a chance to act: it was not only held or allowed."""
        return self not in (CallStatus.HELD, CallStatus.ALLOWED)


_SETTLED = frozenset(
    {
        CallStatus.DONE,
        CallStatus.FAILED,
        CallStatus.DENIED,
        CallStatus.SKIPPED,
        CallStatus.TAKEN_BACK,
        CallStatus.REHEARSED,
    }
)


@dataclass(frozen=True, slots=True)
class Checking:
    """What code found when it looked again at what a receipt says."""

    verdict: Literal["verified", "unverified", "failed"]
    detail: str = ""


@dataclass(slots=True)
class CallState:
    """One call as the journal tells it. `code` and `error` say why it failed.

    `key` names it across attempts, and `intended` is what the attempt under way was about to do.
    `until` is when a call in the outbox goes, None when it goes now; `undone` is the run that put
    back what it changed, and `left` the paths that were left alone. `by` is who skipped the call
    or said that it is done; empty where the plan did. `taken` is the run that made the call, where
    that is not this one.
    """

    step: str
    item: Item
    status: CallStatus
    tool: str = ""
    effect: Effect | None = None
    attempt: int = 0
    key: str = ""
    intended: StepIntended | None = None
    args: Mapping[str, Json] = field(default_factory=dict[str, Json])
    arg_labels: Mapping[str, Any] = field(default_factory=dict[str, Any])
    edited: bool = False
    output: Labelled | None = None
    receipt: Mapping[str, Any] | None = None
    checking: Checking | None = None
    rehearsal: StepRehearsed | None = None
    until: datetime | None = None
    undone: str = ""
    left: Sequence[str] = ()
    code: str = ""
    error: str = ""
    failure: Label = NO_LABEL
    seconds: float = 0.0
    since: datetime | None = None
    progress: str = ""
    done: float | None = None
    by: str = ""
    taken: str = ""

    @property
    def place(self) -> str:
        """The call's place in words: `pages[1]`."""
        return f"{self.step}{list(self.item) or ''}"

    @property
    def unseen(self) -> bool:
        """True when it is done by the person's word; what it returned only they can have given."""
        return self.status is CallStatus.DONE and self.by == "person" and not self.taken


@dataclass(slots=True)
class ApprovalState:
    """A held call and, once there is one, its decision."""

    requested: ApprovalRequested
    at: datetime
    decided: ApprovalDecided | None = None


@dataclass(slots=True)
class OfferState:
    """A plan's sheet, and whether it was decided as a whole."""

    offered: PlanOffered
    at: datetime
    decided: bool = False


@dataclass(slots=True)
class QuestionState:
    """A question and, once there is one, its answer."""

    asked: QuestionAsked
    at: datetime
    answered: bool = False
    answer: Json = None


@dataclass(slots=True)
class InstructionState:
    """What the person said in the midst of the run, and the revision that follows it, if any."""

    given: InstructionGiven
    at: datetime
    heeded: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """An output is there."""

    output: Labelled


@dataclass(frozen=True, slots=True)
class Failed:
    """No output will come. After a denial or an unknown, no alternative may be tried."""

    code: str
    final: bool = False
    label: Label = NO_LABEL


@dataclass(frozen=True, slots=True)
class Pending:
    """Not settled yet."""


Outcome = Done | Failed | Pending
PENDING = Pending()


class RunStatus(StrEnum):
    """Where a run stands."""

    NEW = "new"
    PLANNING = "planning"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """True when nothing more will happen by itself."""
        return self in (RunStatus.DONE, RunStatus.FAILED, RunStatus.CANCELLED)


@dataclass(slots=True)
class StatementState:
    """A statement of the plan and, once it is settled, its outcome.

    `read` labels what its author had read before writing it. It came with revision `since`; with
    `superseded` it is not part of the plan any more, since that revision. `given_up`: the person
    said that the run shall do without it. `taken` is the earlier run that it comes from, as what
    this one can build on; `pinned` is its output where that does not come from its calls.
    """

    statement: Statement
    by: SourceKind
    read: Label = NO_LABEL
    outcome: Outcome | None = None
    since: int = 1
    superseded: int = 0
    given_up: bool = False
    taken: str = ""
    pinned: Labelled | None = None


@dataclass(frozen=True, slots=True)
class RevisionState:
    """A revision of the plan as it was proposed: its text, why it was made and by whom.

    `asked_for`: it follows what the person said.
    """

    revision: int
    text: str
    because: str
    by: str
    asked_for: bool = False


@dataclass(frozen=True, slots=True)
class ReviewState:
    """What the reviewer said of a revision; `none`: nothing, and the comment says why."""

    revision: int
    verdict: Literal["approve", "revise", "none"]
    comment: str
    by: str
    label: Label


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget that is nearly used up, or is."""

    budget: str
    used: float
    limit: float
    spent: bool


@dataclass(slots=True)
class Spent:
    """What a run has used so far; `cost` in US dollars, `priced` False when some is not known."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float = 0.0
    priced: bool = True
