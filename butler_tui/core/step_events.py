"""Events of a call: begun, settled, checked, held in the outbox, rehearsed, put back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from butler_tui.core.event import Happened, Item
from butler_tui.core.tool_context import Effect


class StepStarted(Happened):
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


class StepIntended(Happened):
    """A call is about to do what it does: the result that it has then, written down before it.

    A call that is interrupted after this settles itself by it; see `Tool.settles`.
    """

    type: Literal["step_intended"] = "step_intended"
    step: str
    item: Item = ()
    output: Any = None
    receipt: dict[str, Any] | None = None
    marks: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class StepProgressed(Happened):
    """How far a call is; shown to whoever follows, never kept."""

    type: Literal["step_progressed"] = "step_progressed"
    step: str
    item: Item = ()
    text: str = ""
    done: float | None = None


class StepFinished(Happened):
    """A call returned. A large output is kept in a file named by `output_hash`.

    With `taken_from`, it was that run's call, and this run does not make it. With `by`, somebody
    said what the output is. `whole`: it is the output of the whole statement, whatever its calls.
    """

    type: Literal["step_finished"] = "step_finished"
    step: str
    item: Item = ()
    output: Any = None
    output_hash: str | None = None
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    receipt: dict[str, Any] | None = None
    seconds: float = 0.0
    taken_from: str = ""
    by: str = ""
    whole: bool = False


class StepFailed(Happened):
    """A call failed. `code` is safe to show a model, `error` is for the person.

    `labels` says who could have brought the failure about. With `taken_from`, it was that run's
    call, and this run does without it too.
    """

    type: Literal["step_failed"] = "step_failed"
    step: str
    item: Item = ()
    code: str
    error: str
    will_retry: bool = False
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    seconds: float = 0.0
    taken_from: str = ""


class StepSkipped(Happened):
    """A call will not happen: its condition was false, or what it needs is not there.

    With `by`, somebody wanted it so, and it stays skipped whatever is tried again.
    """

    type: Literal["step_skipped"] = "step_skipped"
    step: str
    item: Item = ()
    because: str = ""
    by: str = ""


class StepRetried(Happened):
    """Somebody lets a call that failed, or may have happened, be tried once more."""

    type: Literal["step_retried"] = "step_retried"
    step: str
    item: Item = ()
    by: str = "person"


class StepUnknown(Happened):
    """A call that must not be repeated started and was not seen to finish."""

    type: Literal["step_unknown"] = "step_unknown"
    step: str
    item: Item = ()
    evidence: str = ""


class StepRehearsed(Happened):
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


class StepUndone(Happened):
    """What a call changed was put back, by the run named `by`; `left` names what was left alone.

    With no `by`, that was undone itself: what the call changed is there again.
    """

    type: Literal["step_undone"] = "step_undone"
    step: str
    item: Item = ()
    by: str = ""
    left: list[str] = Field(default_factory=list)


class ReceiptChecked(Happened):
    """Code looked again at what a call's receipt says, and found it so or not."""

    type: Literal["receipt_checked"] = "receipt_checked"
    step: str
    item: Item = ()
    verdict: Literal["verified", "unverified", "failed"]
    detail: str = ""


class SendHeld(Happened):
    """An allowed call that sends waits in the outbox, until then (UTC) it can be taken back."""

    type: Literal["send_held"] = "send_held"
    step: str
    item: Item = ()
    until: datetime


class SendReleased(Happened):
    """The person lets a call that waits in the outbox go now."""

    type: Literal["send_released"] = "send_released"
    step: str
    item: Item = ()
    by: str = "person"


class SendTakenBack(Happened):
    """The person took a call back out of the outbox; it will not happen."""

    type: Literal["send_taken_back"] = "send_taken_back"
    step: str
    item: Item = ()
    by: str = "person"
