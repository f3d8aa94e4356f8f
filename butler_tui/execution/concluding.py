"""How a run ended, as the event that says so, with its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.core.ending import failure_of
from butler_tui.core.events import RunFailed, RunFinished
from butler_tui.core.report import report_of
from butler_tui.core.run import RunState
from butler_tui.core.tool import Tool
from butler_tui.execution.recovery import Recovery


@dataclass(frozen=True, slots=True)
class Concluding:
    """Concludes one run."""

    state: RunState
    tools: Mapping[str, Tool]
    recovery: Recovery

    def conclusion(self) -> RunFinished | RunFailed:
        """How the run ended, once everything in it is settled."""
        error = failure_of(self.state, self._may_bound)
        if not error:
            return RunFinished(answer=self.state.answer, report=self._report())
        spent = self.recovery.spent
        if spent is None:
            return self.failure(error)
        return self.failure(f"{error} {spent.spent(self.state.id)}", spent.name)

    def failure(self, error: str, budget: str = "") -> RunFailed:
        """That the run failed; by the want of a budget, where one is named."""
        answer = self.state.answer
        return RunFailed(error=error, budget=budget, answer=answer, report=self._report())

    def _report(self) -> list[dict[str, Any]]:
        return [line.dump() for line in report_of(self.state).lines]

    def _may_bound(self, name: str) -> bool:
        """True for a tool that may change, send or execute."""
        tool = self.tools.get(name)
        return tool is not None and tool.effect is not None and tool.effect.bounds_the_world
