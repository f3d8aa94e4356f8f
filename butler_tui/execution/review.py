"""A run's result is reviewed before the run is over: once for each revision, at its end.

The reviewer never loses a run: where there is no review, that and why are noted, and it ends as it
would have ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ButlerError, HistoryError, PlanError
from butler_tui.core.events import BudgetNoted, Event, ModelCalled, ReviewFinished
from butler_tui.core.ports import PlanRequest, Reviewer
from butler_tui.core.reviewing import review_due
from butler_tui.core.tool import Tool
from butler_tui.execution.live import LiveRun
from butler_tui.execution.recovery import REVISIONS

LONGEST_WHY = 300


@dataclass(frozen=True, slots=True)
class Review:
    """Has one run reviewed. `most` is how many revisions it may have that nobody asked for."""

    live: LiveRun
    reviewer: Reviewer
    tools: Mapping[str, Tool]
    most: int = 3

    @property
    def due(self) -> bool:
        """True when the run is to be reviewed before it ends."""
        return review_due(self.live.state)

    async def carry_out(self) -> None:
        """Review the revision as it stands, and add what the reviewer adds."""
        state = self.live.state
        revision, adds = state.revision, state.own_revisions < self.most
        events = await self._asked(adds=adds)
        if state.status.over or state.revision != revision:
            return  # it was of another plan than the one that is there now
        if not adds and any(
            isinstance(one, ReviewFinished) and one.verdict == "revise" for one in events
        ):
            used, limit = float(state.own_revisions), float(self.most)
            noted = BudgetNoted(budget=REVISIONS, used=used, limit=limit, spent=True)
            events = [*events, noted]
        # All of it at once, so that no crash leaves a verdict without what it adds.
        await self.live.record(*events, flush=True)

    async def _asked(self, *, adds: bool) -> list[Event]:
        state, made = self.live.state, list[Event]()
        revision = state.revision
        try:
            request = PlanRequest(state.goal, state, self.tools, state.recipe, state.parameters)
            async with aclosing(self.reviewer.review(request, adds=adds)) as events:
                async for event in events:
                    if isinstance(event, ModelCalled):
                        await self.live.record(event)
                    else:
                        made.append(event)
        except HistoryError:
            raise
        except ButlerError as error:
            return [_none(revision, _why(error))]
        return made or [_none(revision, "the reviewer said nothing")]


def _none(revision: int, why: str) -> ReviewFinished:
    return ReviewFinished(revision=revision, verdict="none", comment=why)


def _why(error: ButlerError) -> str:
    """The reason in one line."""
    if isinstance(error, PlanError):
        return "the reviewer gave no answer that fits"
    line = visible_line(str(error).strip())
    return line if len(line) <= LONGEST_WHY else f"{line[: LONGEST_WHY - 1]}…"
