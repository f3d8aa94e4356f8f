"""Events of what a person is asked: approvals and questions, and what was said to them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from butler_tui.core.event import Happened, Item
from butler_tui.core.tool_context import Effect

HERE = "."
"""In an approval's `seen`: where the run's folder really is."""


class ApprovalRequested(Happened):
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


class ApprovalDecided(Happened):
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


def allowed_as(shown: ApprovalRequested, identity: str) -> ApprovalDecided:
    """The decision that allows the call held under that id exactly as it was shown, changed."""
    return ApprovalDecided(
        id=identity,
        decision="allow",
        args=shown.args,
        seen=shown.seen,
        lists=shown.lists,
        preview=shown.preview,
        basis=shown.basis,
        concerns=shown.concerns,
    )


class QuestionAsked(Happened):
    """A step needs an answer from the person, or the run needs to know how to go on.

    `about` says which: what the step itself asks, a call that may have happened (`unknown`), or
    a run that does not get further by itself (`stuck`).
    """

    type: Literal["question_asked"] = "question_asked"
    id: str
    step: str
    item: Item = ()
    question: str
    choices: list[str] | None = None
    fields: Any = None
    about: Literal["step", "unknown", "stuck"] = "step"


class QuestionAnswered(Happened):
    """The person answered; `answer` is text, or an object when fields were asked."""

    type: Literal["question_answered"] = "question_answered"
    id: str
    answer: Any
    by: str = "person"


class InstructionGiven(Happened):
    """The person said, in the midst of a run, how it shall go on."""

    type: Literal["instruction_given"] = "instruction_given"
    id: str
    text: str
    by: str = "person"
