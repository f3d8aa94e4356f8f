"""Every event of a run, one small class each. They are the journal's rows and `--json`'s lines.

Events are facts in the past tense and never change. A field added later has a default, so that
an old journal can always be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
)

from butler_tui.core.asking_events import (
    ApprovalDecided,
    ApprovalRequested,
    QuestionAnswered,
    QuestionAsked,
)
from butler_tui.core.event import Happened, Item
from butler_tui.core.plan_events import (
    PlanAccepted,
    PlanOffered,
    PlanProposed,
    PlanRefused,
    StepProposed,
)
from butler_tui.core.step_events import (
    ReceiptChecked,
    SendHeld,
    SendReleased,
    SendTakenBack,
    StepFailed,
    StepFinished,
    StepProgressed,
    StepRehearsed,
    StepSkipped,
    StepStarted,
    StepUndone,
    StepUnknown,
)


class RunAccepted(Happened):
    """A goal was taken on. `settings` holds those that matter for reading the run later.

    `plan` is a plan's text that the person brought; `date` and `time` are where the person is.
    """

    type: Literal["run_accepted"] = "run_accepted"
    goal: str
    mode: str = "normal"
    folder: str = ""
    model: str | None = None
    recipe: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict[str, Any])
    plan: str | None = None
    date: str = ""
    time: str = ""
    settings: dict[str, Any] = Field(default_factory=dict[str, Any])


class ModelCalled(Happened):
    """A model answered. `cost` is in US dollars, None when the price is not known."""

    type: Literal["model_called"] = "model_called"
    role: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    seconds: float = 0.0


class RunWaiting(Happened):
    """Nothing can go on until a person decides or answers."""

    type: Literal["run_waiting"] = "run_waiting"
    because: str = ""


class RunResumed(Happened):
    """An engine took the run over and goes on with it."""

    type: Literal["run_resumed"] = "run_resumed"
    by: str = ""
    mode: str | None = None
    model: str | None = None


class RunFinished(Happened):
    """The plan was carried out. `report` has a line per receipt."""

    type: Literal["run_finished"] = "run_finished"
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunFailed(Happened):
    """The goal was not met: no plan fits, or a step that was needed failed or was denied."""

    type: Literal["run_failed"] = "run_failed"
    error: str
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunCancelled(Happened):
    """The person stopped the run; `in_flight` names the calls that had started."""

    type: Literal["run_cancelled"] = "run_cancelled"
    by: str = "person"
    in_flight: list[str] = Field(default_factory=list)


Event = Annotated[
    RunAccepted
    | StepProposed
    | PlanRefused
    | PlanProposed
    | PlanOffered
    | PlanAccepted
    | StepStarted
    | StepProgressed
    | StepFinished
    | StepFailed
    | StepSkipped
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
    | ModelCalled
    | RunWaiting
    | RunResumed
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
    "Event",
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
    "RunAccepted",
    "RunCancelled",
    "RunFailed",
    "RunFinished",
    "RunResumed",
    "RunWaiting",
    "SendHeld",
    "SendReleased",
    "SendTakenBack",
    "StepFailed",
    "StepFinished",
    "StepProgressed",
    "StepProposed",
    "StepRehearsed",
    "StepSkipped",
    "StepStarted",
    "StepUndone",
    "StepUnknown",
]
