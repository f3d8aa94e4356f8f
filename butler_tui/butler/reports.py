"""Reports of runs, made from their journals at the moment they are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.core.errors import UsageError
from butler_tui.core.report import Report, report_of
from butler_tui.core.run import fold
from butler_tui.history import History


@dataclass(frozen=True, slots=True)
class Reports:
    """Makes the report of a run; what was undone since it ended is in it."""

    history: History

    async def of(self, run: str) -> Report:
        """The run's report as things stand. Raises UsageError when there is no such run."""
        events = await self.history.journal.read(run, outputs=False)
        if not events:
            raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        return report_of(fold(events))
