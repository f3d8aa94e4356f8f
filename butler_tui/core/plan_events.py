"""Events of a plan: proposed statement by statement, refused, offered, accepted."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from butler_tui.core.event import Happened


class StepProposed(Happened):
    """A statement of the plan closed in the stream.

    `signatures` gives, for each tool that the text calls by position, its arguments' names.
    `labels` says what whoever wrote the statement had read. With `taken_from`, it was carried out
    in that run, and its output can be used in this one.
    """

    type: Literal["step_proposed"] = "step_proposed"
    step: str
    text: str
    signatures: dict[str, list[str]] = Field(default_factory=dict)
    by: str = "planner"
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])
    taken_from: str = ""


class PlanRefused(Happened):
    """An answer of the planner could not be read or does not fit; what had not started is gone."""

    type: Literal["plan_refused"] = "plan_refused"
    answer: int
    problems: list[str]


class PlanProposed(Happened):
    """A revision of the plan was read to its end.

    From the second on, `steps` are the ids of its statements, in order; those of the revision
    before that are not among them are superseded. `because` says why it was made, `by` by whom:
    a planner, a recipe, the person, the reviewer; `heeds` are the ids of the instructions that
    it follows; `estimate` is what it will cost and take (`core.estimating`), empty where nobody
    has said.
    """

    type: Literal["plan_proposed"] = "plan_proposed"
    revision: int
    title: str = ""
    text: str = ""
    because: str = ""
    by: str = "planner"
    steps: list[str] = Field(default_factory=list)
    heeds: list[str] = Field(default_factory=list)
    estimate: dict[str, Any] = Field(default_factory=dict[str, Any])


class PlanOffered(Happened):
    """The sheet of a revision is laid before the person: the held calls that accepting it allows.

    `approvals` are their ids; `later` names the other calls that change, send or execute, each
    with its step, tool and effect: they are asked when their arguments exist. `estimate` is the
    revision's.
    """

    type: Literal["plan_offered"] = "plan_offered"
    id: str
    revision: int
    approvals: list[str]
    later: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    estimate: dict[str, Any] = Field(default_factory=dict[str, Any])


class PlanAccepted(Happened):
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
