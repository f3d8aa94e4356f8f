"""What a person asks for, before it is a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from butler_tui.core.labels import Json


@dataclass(frozen=True, slots=True)
class GoalRequest:
    """A goal to take on. `folder` is where the person is; file tools start there.

    `recipe` with `parameters`, or `plan` (a plan's text), say how; else a planner does. With
    `rehearse` nothing that changes, sends or executes is carried out, only previewed. The plan can
    use the outputs of the run that it `follows`.
    """

    goal: str
    folder: Path
    mode: str | None = None
    model: str | None = None
    recipe: str | None = None
    parameters: Mapping[str, Json] | None = None
    plan: str | None = None
    rehearse: bool = False
    follows: str | None = None
