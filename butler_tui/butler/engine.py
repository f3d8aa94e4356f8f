"""Composes the engine of one run: who plans it, what its tools may ask, what the gate goes by."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from butler_tui.butler.estimated import EstimatedPlanner, EstimatedReviewer, Estimator
from butler_tui.butler.models import Models
from butler_tui.butler.notices import Notices
from butler_tui.core.budget import Limits
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import CallFrame, Model, Planner
from butler_tui.core.reviewing import Reviewed
from butler_tui.core.rules import Lift, Rule
from butler_tui.core.run import RunState
from butler_tui.core.tool import Tool
from butler_tui.core.undoing import PUT_BACK
from butler_tui.execution.asking import Questions
from butler_tui.execution.attempts import Attempts
from butler_tui.execution.calling import Calling
from butler_tui.execution.context import CallContext, Surroundings
from butler_tui.execution.executor import Executor
from butler_tui.execution.file_sources import FileSources
from butler_tui.execution.gate import Answers, Gate
from butler_tui.execution.live import LiveRun
from butler_tui.execution.named_folders import named_in
from butler_tui.execution.no_run import NoRun
from butler_tui.execution.outbox import Outbox
from butler_tui.execution.recovery import Recovery
from butler_tui.execution.review import Review
from butler_tui.execution.runner import LocalRunner
from butler_tui.execution.scopes import Scopes
from butler_tui.execution.spending import PaidModel
from butler_tui.execution.watchdog import Watchdog
from butler_tui.execution.weighing import Scales
from butler_tui.execution.writing import Writing
from butler_tui.history import History
from butler_tui.history.snapshots import MB
from butler_tui.history.undoing import RunUndoing
from butler_tui.planning.brought import TextPlanner
from butler_tui.planning.planner import ModelPlanner
from butler_tui.planning.recipes import RecipePlanner, Recipes
from butler_tui.planning.reviewer import ModelReviewer
from butler_tui.planning.revising import Planners
from butler_tui.settings import Places, Settings, read_rules
from butler_tui.tools.putting_back import put_back


@dataclass(frozen=True, slots=True)
class Driving:
    """How a run is driven.

    `stays`: somebody waits with it; `outbox`: what sends waits where it can be taken back. Who
    `answers` what is asked, and which concerns they `lifted`.
    """

    stays: bool = False
    outbox: bool = False
    answers: Answers = "person"
    lifted: Sequence[Lift] = ()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Engine:
    """Makes executors over one set of settings, tools, recipes and models."""

    settings: Settings
    places: Places
    history: History
    tools: dict[str, Tool]
    recipes: Recipes
    models: Models
    notices: Notices
    scopes: Scopes = field(default_factory=Scopes)

    def executor(self, live: LiveRun, driving: Driving) -> Executor:
        """The executor of one run."""
        watchdog = self.watchdog()
        model = self.paid(live.state, watchdog, live.tell, live.note)
        return Executor(
            live,
            Recovery(
                live,
                self.planner(live.state, model),
                self.tools_of(live.state),
                self.settings.limits.revisions,
            ),
            self.calling(live, driving, model),
            parallel_steps=self.settings.limits.parallel_steps,
            stays=driving.stays,
            watchdog=watchdog,
            review=self.review(live, replace(model, vital=False)),
        )

    def watchdog(self) -> Watchdog:
        """What keeps a run within the limits of the settings."""
        limits = self.settings.limits
        names = [one.name for one in fields(Limits)]
        mine = Limits(**{name: getattr(limits, name) for name in names})
        return Watchdog(mine, self.history.usage.today, self.history.usage.worked)

    def review(self, live: LiveRun, model: Model) -> Review | None:
        """What has the run reviewed; None where that is switched off or there is no model."""
        limits = self.settings.limits
        if not limits.review or model.name("reviewer") is None:
            return None
        reviewer = EstimatedReviewer(ModelReviewer(model), self.estimator)
        return Review(live, reviewer, self.tools_of(live.state), limits.revisions)

    def reviewed(self, model: str | None) -> Reviewed | None:
        """Which runs by that model are reviewed: with a reviewer of its own, all of them."""
        if model is None or not self.settings.limits.review:
            return None
        return "all" if self.settings.model.reviewer.name else "effects"

    def paid(
        self,
        state: RunState,
        watchdog: Watchdog,
        tell: Callable[[], None],
        note: Callable[[ModelCalled], object],
    ) -> PaidModel:
        """The models of a run, on its account."""
        model = self.models.of(state.model)
        return PaidModel(model, model.estimate, watchdog, state, tell, note)

    @property
    def estimator(self) -> Estimator:
        """What estimates plans."""
        return Estimator(self.history.usage, self.models)

    def planner(self, state: RunState, model: Model) -> Planner:
        """Who plans the run: the person's own text, a recipe, or the model."""
        by_model = ModelPlanner(model, self.recipes, self.settings.secrets.destinations)
        first: Planner = by_model
        if state.brought is not None:
            first = TextPlanner()
        elif state.recipe is not None:
            first = RecipePlanner(self.recipes)
        later = by_model if model.name("planner") else None
        return EstimatedPlanner(Planners(first, self.recipes, later), self.estimator)

    def calling(self, live: LiveRun, driving: Driving, model: Model | None = None) -> Calling:
        """What takes one call of a run through the gate to its result."""
        questions = Questions(live.state, live.record, live.until)
        writing = Writing(live, model or self.models.of(live.state.model))
        surroundings = self._surroundings()
        named = named_in(live.state.goal)
        tools = self.tools_of(live.state)
        going_back = None
        if live.state.undoes:
            going_back = RunUndoing(
                self.history.journal, self.history.kept, self.history.files, live.run
            )

        def context(frame: CallFrame) -> CallContext:
            return CallContext(
                frame,
                surroundings,
                self.history.journal.show,
                writing,
                questions,
                self.keep,
                self.history.files,
                self.history.memory,
                named,
                going_back,
                scope=self.scopes.of(live.run),
            )

        runner = LocalRunner(context)
        gate = Gate(self.rules, _now, tools, driving.answers, driving.lifted)
        scales = self.scales()
        outbox = Outbox(self.settings.outbox.seconds if driving.outbox else 0, _now)
        attempts = Attempts(live, runner, self.history.files, surroundings.untrusted)
        return Calling(live, tools, gate, scales, runner, outbox, attempts)

    def foreseeing(self, goal: str) -> LocalRunner:
        """What looks at calls of no run: its tools can neither write, ask nor keep anything."""
        surroundings, named = self._surroundings(), named_in(goal)

        def context(frame: CallFrame) -> CallContext:
            return CallContext(
                frame,
                surroundings,
                lambda _run, _progress: None,
                NoRun(),
                NoRun(),
                NoRun().keep,
                self.history.files,
                self.history.memory,
                named,
            )

        return LocalRunner(context)

    def scales(self) -> Scales:
        """What calls are weighed with, whichever run they are of."""
        files = FileSources(self.history.files, self._surroundings().untrusted)
        return Scales(self.history.files, self.history.definitions, files.label)

    def tools_of(self, state: RunState) -> Mapping[str, Tool]:
        """What the steps of a run can call; only one that undoes another can put things back."""
        return {**self.tools, PUT_BACK: self.putting_back} if state.undoes else self.tools

    @property
    def putting_back(self) -> Tool:
        """The tool that an undo is carried out with."""
        return put_back if self.settings.limits.undo_mb else replace(put_back, undoable=False)

    async def keep(
        self, frame: CallFrame, path: Path, labels: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """Keep what is at a path for a call, within the room that the settings give."""
        most = self.settings.limits.undo_mb * MB
        return await self.history.kept.keep(path, frame.run, frame.step, frame.item, labels, most)

    def rules(self) -> Sequence[Rule]:
        """The rules of the settings, then those that were kept."""
        return [*self.settings.approvals.rules, *read_rules(self.places.rules)]

    def _secret_files(self) -> Sequence[Path]:
        """Where secrets are read from as files: they reach tools by name only."""
        found = [self.settings.secrets.env_file, os.environ.get("CREDENTIALS_DIRECTORY")]
        return [Path(one) for one in found if one]

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            folders=self.settings.folders.allowed,
            untrusted=self.settings.folders.untrusted,
            forbidden=[*self.places.own, *self._secret_files()],
            origins=self.settings.network.allow,
            option=self.settings.option,
            secret=self.models.secret,
            stores=self.settings.stores(self.places.data),
            data=self.places.data,
            notices=self.notices,
        )
