"""Events of a run as a whole: taken on, paid for, waiting, paused, reviewed, over."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from butler_tui.core.event import Happened


class Earlier(BaseModel):
    """The run that another one comes from: it is carried out `again`, or taken `further`.

    `step` is where it begins anew, empty for all of it. For a planner: the earlier `goal`, how its
    plan stood (`standing`, nothing of what a stranger wrote), and in `labels` who could have
    brought that about.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    run: str
    how: Literal["again", "further"]
    step: str = ""
    goal: str = ""
    standing: str = ""
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])


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
    earlier: Earlier | None = None


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


class RunPaused(Happened):
    """Nothing new starts until the run is resumed; what had started goes on to its end."""

    type: Literal["run_paused"] = "run_paused"
    by: str = "person"


class RunRenamed(Happened):
    """The run is listed by that title from now on."""

    type: Literal["run_renamed"] = "run_renamed"
    title: str
    by: str = "person"


class BudgetNoted(Happened):
    """A budget is nearly used up (`spent` False), or used up: `core.budget` names them."""

    type: Literal["budget_noted"] = "budget_noted"
    budget: str
    used: FiniteFloat
    limit: FiniteFloat
    spent: bool = False


class ReviewFinished(Happened):
    """The reviewer read what a revision did: approved, or wants more done; and why.

    The verdict `none` says that there was no review, and the comment why.
    """

    type: Literal["review_finished"] = "review_finished"
    revision: int
    verdict: Literal["approve", "revise", "none"]
    comment: str = ""
    by: str = ""
    labels: dict[str, Any] = Field(default_factory=dict[str, Any])


class RunFinished(Happened):
    """The plan was carried out. `report` has a line per receipt."""

    type: Literal["run_finished"] = "run_finished"
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunFailed(Happened):
    """The goal was not met: no plan fits, or a step that was needed failed or was denied.

    With `budget`, that one was used up: raised, the run can be resumed.
    """

    type: Literal["run_failed"] = "run_failed"
    error: str
    budget: str = ""
    answer: str = ""
    report: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class RunCancelled(Happened):
    """The person stopped the run; `in_flight` names the calls that had started."""

    type: Literal["run_cancelled"] = "run_cancelled"
    by: str = "person"
    in_flight: list[str] = Field(default_factory=list)
