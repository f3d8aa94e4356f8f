"""Every event of a run, one small class each. They are the journal's rows and `--json`'s lines.

Events are facts in the past tense and never change. A field added later has a default, so that
an old journal can always be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
)

from butler_tui.core.asking_events import (
    ApprovalDecided,
    ApprovalRequested,
    InstructionGiven,
    QuestionAnswered,
    QuestionAsked,
)
from butler_tui.core.event import Item
from butler_tui.core.plan_events import (
    PlanAccepted,
    PlanOffered,
    PlanProposed,
    PlanRefused,
    StepProposed,
)
from butler_tui.core.run_events import (
    BudgetNoted,
    Earlier,
    ModelCalled,
    ReviewFinished,
    RunAccepted,
    RunCancelled,
    RunFailed,
    RunFinished,
    RunPaused,
    RunRenamed,
    RunResumed,
    RunWaiting,
)
from butler_tui.core.step_events import (
    ReceiptChecked,
    SendHeld,
    SendReleased,
    SendTakenBack,
    StepFailed,
    StepFinished,
    StepIntended,
    StepProgressed,
    StepRehearsed,
    StepRetried,
    StepSkipped,
    StepStarted,
    StepUndone,
    StepUnknown,
)

Event = Annotated[
    RunAccepted
    | StepProposed
    | PlanRefused
    | PlanProposed
    | PlanOffered
    | PlanAccepted
    | StepStarted
    | StepIntended
    | StepProgressed
    | StepFinished
    | StepFailed
    | StepSkipped
    | StepRetried
    | StepUnknown
    | StepRehearsed
    | StepUndone
    | ReceiptChecked
    | SendHeld
    | SendReleased
    | SendTakenBack
    | ApprovalRequested
    | ApprovalDecided
    | QuestionAsked
    | QuestionAnswered
    | InstructionGiven
    | ModelCalled
    | BudgetNoted
    | ReviewFinished
    | RunWaiting
    | RunPaused
    | RunResumed
    | RunRenamed
    | RunFinished
    | RunFailed
    | RunCancelled,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[Event] = TypeAdapter(Event)
"""Reads an event from its JSON object; the key `type` says which it is."""


class Recorded(BaseModel):
    """An event as the journal holds it: which run, which number, when (UTC)."""

    model_config = ConfigDict(frozen=True)

    run: str
    seq: int
    at: datetime
    event: Event

    def line(self) -> dict[str, Any]:
        """The event as one object of `--json`: run, seq, at, type, then its own fields."""
        at = self.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        body = self.event.model_dump(mode="json", exclude_none=True)
        if body.get("output_hash"):
            body.pop("output", None)
        return {"run": self.run, "seq": self.seq, "at": at, "type": body.pop("type"), **body}


__all__ = [
    "EVENT",
    "ApprovalDecided",
    "ApprovalRequested",
    "BudgetNoted",
    "Earlier",
    "Event",
    "InstructionGiven",
    "Item",
    "ModelCalled",
    "PlanAccepted",
    "PlanOffered",
    "PlanProposed",
    "PlanRefused",
    "QuestionAnswered",
    "QuestionAsked",
    "ReceiptChecked",
    "Recorded",
    "ReviewFinished",
    "RunAccepted",
    "RunCancelled",
    "RunFailed",
    "RunFinished",
    "RunPaused",
    "RunRenamed",
    "RunResumed",
    "RunWaiting",
    "SendHeld",
    "SendReleased",
    "SendTakenBack",
    "StepFailed",
    "StepFinished",
    "StepIntended",
    "StepProgressed",
    "StepProposed",
    "StepRehearsed",
    "StepRetried",
    "StepSkipped",
    "StepStarted",
    "StepUndone",
    "StepUnknown",
]
