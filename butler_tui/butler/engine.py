"""Composes the engine of one run: who plans it, what its tools may ask, what the gate goes by."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from butler_tui.butler.models import Models
from butler_tui.core.policy import Rule
from butler_tui.core.ports import CallFrame, Planner
from butler_tui.core.run import RunState
from butler_tui.core.tool import Tool
from butler_tui.execution.asking import Questions
from butler_tui.execution.calling import Calling
from butler_tui.execution.context import CallContext, Surroundings
from butler_tui.execution.executor import Executor
from butler_tui.execution.gate import Answers, Gate
from butler_tui.execution.live import LiveRun
from butler_tui.execution.runner import LocalRunner
from butler_tui.execution.writing import Writing
from butler_tui.history.journal import SqliteJournal
from butler_tui.history.snapshots import Snapshots
from butler_tui.planning.brought import TextPlanner
from butler_tui.planning.planner import ModelPlanner
from butler_tui.planning.recipes import RecipePlanner, Recipes
from butler_tui.settings import Places, Settings, read_rules


@dataclass(frozen=True, slots=True)
class Engine:
    """Makes executors over one set of settings, tools, recipes and models."""

    settings: Settings
    places: Places
    journal: SqliteJournal
    tools: dict[str, Tool]
    recipes: Recipes
    models: Models

    def executor(self, live: LiveRun, *, stays: bool, answers: Answers) -> Executor:
        """The executor of one run."""
        return Executor(
            live,
            self.planner(live.state),
            self._calling(live, answers),
            parallel_steps=self.settings.limits.parallel_steps,
            stays=stays,
        )

    def planner(self, state: RunState) -> Planner:
        """Who plans the run: the person's own text, a recipe, or the model."""
        if state.brought is not None:
            return TextPlanner()
        if state.recipe is not None:
            return RecipePlanner(self.recipes)
        return ModelPlanner(self.models.of(state.model), self.recipes)

    def _calling(self, live: LiveRun, answers: Answers) -> Calling:
        questions = Questions(live.state, live.record, live.until)
        writing = Writing(live, self.models.of(live.state.model))
        surroundings = self._surroundings()
        snapshots = Snapshots(self.places.data / "kept")

        def context(frame: CallFrame) -> CallContext:
            return CallContext(
                frame, surroundings, self.journal.show, writing, questions, snapshots.keep
            )

        gate = Gate(self._rules, lambda: datetime.now(UTC), answers)
        return Calling(live, self.tools, gate, LocalRunner(context))

    def _rules(self) -> Sequence[Rule]:
        return [*self.settings.approvals.rules, *read_rules(self.places.rules)]

    def _secret_files(self) -> Sequence[Path]:
        """Where secrets are read from as files: they reach tools by name only."""
        found = [self.settings.secrets.env_file, os.environ.get("CREDENTIALS_DIRECTORY")]
        return [Path(one) for one in found if one]

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            folders=self.settings.folders.allowed,
            forbidden=[*self.places.own, *self._secret_files()],
            origins=self.settings.network.allow,
            option=self.settings.option,
            secret=self.models.secret,
        )
