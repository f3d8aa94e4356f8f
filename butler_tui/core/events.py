"""Every event of a run, one small class each. They are the journal's rows and `--json`'s lines.

Events are facts in the past tense and never change. A field added later has a default, so that
an old journal can always be read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
)

from butler_tui.core.tool import Effect


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


def _read_item(value: Any) -> Any:  # noqa: ANN401  (what JSON holds)
    if value is None:
        return ()
    return (value,) if isinstance(value, int) else value


def _write_item(item: tuple[int, ...]) -> int | list[int] | None:
    if len(item) > 1:
        return list(item)
    return item[0] if item else None


Item = Annotated[
    tuple[int, ...],
    BeforeValidator(_read_item),
    PlainSerializer(_write_item, when_used="json"),
]
"""Which element of a comprehension a call is for; () outside of one.

In JSON: its index, a list of indexes where comprehensions are nested, nothing outside of one.
"""


class RunAccepted(_Event):
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


class StepProposed(_Event):
    """A statement of the plan closed in the stream.

    `signatures` gives, for each tool that the text calls by position, its arguments' names.
    `labels` says what whoever wrote the statement had read.
    """

    type: Literal["step_proposed"] = "step_proposed"
    step: str
    text: str
    signatures: dict[str, list[str]] = Field(default_factory=dict)
    by: str = "planner"
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])


class PlanRefused(_Event):
    """An answer of the planner could not be read or does not fit; what had not started is gone."""

    type: Literal["plan_refused"] = "plan_refused"
    answer: int
    problems: list[str]


class PlanProposed(_Event):
    """A revision of the plan was read to its end."""

    type: Literal["plan_proposed"] = "plan_proposed"
    revision: int
    title: str = ""
    text: str = ""
    because: str = ""


class PlanOffered(_Event):
    """The sheet of a revision is laid before the person: the held calls that accepting it allows.

    `approvals` are their ids; `later` names the other calls that change, send or execute, each
    with its step, tool and effect: they are asked when their arguments exist.
    """

    type: Literal["plan_offered"] = "plan_offered"
    id: str
    revision: int
    approvals: list[str]
    later: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class PlanAccepted(_Event):
    """A revision was accepted: by whom, and within which bounds.

    `id` is the offer's, empty when none was made; `bounds` are rules that hold in this run, and
    `cost_usd` is what its models may cost at most.
    """

    type: Literal["plan_accepted"] = "plan_accepted"
    revision: int
    by: str
    id: str = ""
    bounds: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    cost_usd: float | None = None


class StepStarted(_Event):
    """A call begins; written before its effect can happen."""

    type: Literal["step_started"] = "step_started"
    step: str
    item: Item = ()
    attempt: int = 1
    key: str = ""
    tool: str = ""
    effect: Effect | None = None
    args: dict[str, Any] = Field(default_factory=dict[str, Any])
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])


class StepProgressed(_Event):
    """How far a call is; shown to whoever follows, never kept."""

    type: Literal["step_progressed"] = "step_progressed"
    step: str
    item: Item = ()
    text: str = ""
    done: float | None = None


class StepFinished(_Event):
    """A call returned. A large output is kept in a file named by `output_hash`."""

    type: Literal["step_finished"] = "step_finished"
    step: str
    item: Item = ()
    output: Any = None
    output_hash: str | None = None
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    receipt: dict[str, Any] | None = None
    seconds: float = 0.0


class StepFailed(_Event):
    """A call failed. `code` is safe to show a model, `error` is for the person.

    `labels` says who could have brought the failure about.
    """

    type: Literal["step_failed"] = "step_failed"
    step: str
    item: Item = ()
    code: str
    error: str
    will_retry: bool = False
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    seconds: float = 0.0


class StepSkipped(_Event):
    """A call will not happen: its condition was false, or what it needs is not there."""

    type: Literal["step_skipped"] = "step_skipped"
    step: str
    item: Item = ()
    because: str = ""


class StepUnknown(_Event):
    """A call that must not be repeated started and was not seen to finish."""

    type: Literal["step_unknown"] = "step_unknown"
    step: str
    item: Item = ()
    evidence: str = ""


class StepRehearsed(_Event):
    """A call was only previewed: what it would do, and what the gate would have said of it.

    `output` stands in for what the call would return.
    """

    type: Literal["step_rehearsed"] = "step_rehearsed"
    step: str
    item: Item = ()
    tool: str
    effect: Effect | None = None
    args: dict[str, Any] = Field(default_factory=dict[str, Any])
    output: Any = None
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    preview: str = ""
    preview_kind: str = "text"
    decision: str = ""
    because: str = ""


class StepUndone(_Event):
    """What a call changed was put back, by the run named `by`; `left` names what was left alone.

    With no `by`, that was undone itself: what the call changed is there again.
    """

    type: Literal["step_undone"] = "step_undone"
    step: str
    item: Item = ()
    by: str = ""
    left: list[str] = Field(default_factory=list)


class ReceiptChecked(_Event):
    """Code looked again at what a call's receipt says, and found it so or not."""

    type: Literal["receipt_checked"] = "receipt_checked"
    step: str
    item: Item = ()
    verdict: Literal["verified", "unverified", "failed"]
    detail: str = ""


class SendHeld(_Event):
    """An allowed call that sends waits in the outbox, until then (UTC) it can be taken back."""

    type: Literal["send_held"] = "send_held"
    step: str
    item: Item = ()
    until: datetime


class SendReleased(_Event):
    """The person lets a call that waits in the outbox go now."""

    type: Literal["send_released"] = "send_released"
    step: str
    item: Item = ()
    by: str = "person"


class SendTakenBack(_Event):
    """The person took a call back out of the outbox; it will not happen."""

    type: Literal["send_taken_back"] = "send_taken_back"
    step: str
    item: Item = ()
    by: str = "person"


class ApprovalRequested(_Event):
    """A call is held until a person or a rule decides.

    `seen` is what its arguments led to then: text, and paths with their links resolved; `lists`
    the elements of those that are lists of text; `basis` what else its preview was made from (a
    file's hash). `concerns` are the reasons for which no mode and no `--yes` may allow it, and
    `control` labels what decided that it runs.
    """

    type: Literal["approval_requested"] = "approval_requested"
    id: str
    step: str
    item: Item = ()
    tool: str
    effect: Effect | None = None
    args: dict[str, Any]
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    preview: str = ""
    preview_kind: str = "text"
    because: str = ""
    undoable: bool = False
    seen: dict[str, str] = Field(default_factory=dict[str, str])
    lists: dict[str, list[str]] = Field(default_factory=dict)
    basis: str = ""
    concerns: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    control: dict[str, Any] = Field(default_factory=dict[str, Any])


class ApprovalDecided(_Event):
    """A held call was decided. `scope` says for how long: once, this run, always.

    `by` is a person, a rule, a plan's sheet or the mode; `rule` is the id of the rule that did.
    Where the person changed the arguments, `seen`, `lists`, `preview`, `basis` and `concerns` are
    those of the call as they changed it.
    """

    type: Literal["approval_decided"] = "approval_decided"
    id: str
    decision: Literal["allow", "deny"]
    by: str = "person"
    scope: Literal["once", "run", "always"] = "once"
    args: dict[str, Any] | None = None
    reason: str = ""
    rule: str = ""
    seen: dict[str, str] = Field(default_factory=dict[str, str])
    lists: dict[str, list[str]] = Field(default_factory=dict)
    preview: str = ""
    basis: str = ""
    concerns: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class QuestionAsked(_Event):
    """A step needs an answer from the person."""

    type: Literal["question_asked"] = "question_asked"
    id: str
    step: str
    item: Item = ()
    question: str
    choices: list[str] | None = None
    fields: Any = None


class QuestionAnswered(_Event):
    """The person answered; `answer` is text, or an object when fields were asked."""

    type: Literal["question_answered"] = "question_answered"
    id: str
    answer: Any
    by: str = "person"


class ModelCalled(_Event):
    """A model answered. `cost` is in US dollars, None when the price is not known."""

    type: Literal["model_called"] = "model_called"
    role: str
    model: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None
    seconds: float = 0.0


class RunWaiting(_Event):
    """Nothing can go on until a person decides or answers."""

    type: Literal["run_waiting"] = "run_waiting"
    because: str = ""


class RunResumed(_Event):
    """An engine took the run over and goes on with it."""

    type: Literal["run_resumed"] = "run_resumed"
    by: str = ""
    mode: str | None = None
    model: str | None = None


class RunFinished(_Event):
    """The plan was carried out. `report` has a line per receipt."""

    type: Literal["run_finished"] = "run_finished"
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunFailed(_Event):
    """The goal was not met: no plan fits, or a step that was needed failed or was denied."""

    type: Literal["run_failed"] = "run_failed"
    error: str
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunCancelled(_Event):
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
