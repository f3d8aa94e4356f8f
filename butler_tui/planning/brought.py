"""A plan whose text the person brought: `butler run --plan FILE`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from butler_tui.core.errors import UsageError
from butler_tui.core.events import Event
from butler_tui.core.ports import PlanRequest
from butler_tui.planning.proposing import propose_text


@dataclass(frozen=True, slots=True)
class TextPlanner:
    """The Planner that takes the run's own text (`state.brought`) as it stands.

    Raises PlanError, with the text's line numbers, when it cannot be read or does not fit.
    """

    async def plan(self, request: PlanRequest) -> AsyncGenerator[Event, None]:
        """Propose the statements of the text."""
        if request.state.brought is None:
            raise UsageError("There is no plan's text to run; name its file with --plan FILE.")
        for event in propose_text(request.state.brought, request, "person"):
            yield event
