"""A run's live state, and a model that says what it was told, for planners under test."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from butler_tui.core.events import Event, ModelCalled, Recorded, RunAccepted
from butler_tui.core.labels import Json
from butler_tui.core.ports import Message, Planner, PlanRequest, Role
from butler_tui.core.run import RunState
from butler_tui.core.tool import Tool

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@dataclass
class Talker:
    """A Model that gives its answers in turn, and keeps what it was asked."""

    answers: list[Iterable[str | ModelCalled | Exception]]
    asked: list[Sequence[Message]] = field(default_factory=list)
    closed: int = 0

    def name(self, role: Role) -> str | None:
        return "scripted"

    async def stream(
        self, role: Role, messages: Sequence[Message], *, private: bool = False
    ) -> AsyncGenerator[str | ModelCalled, None]:
        assert role == "planner"
        self.asked.append(list(messages))
        try:
            for chunk in self.answers[len(self.asked) - 1]:
                if isinstance(chunk, Exception):
                    raise chunk
                yield chunk
        finally:
            self.closed += 1


@dataclass
class Run:
    """A run whose planner's events are applied one by one, as an executor does."""

    goal: str
    tools: Mapping[str, Tool]
    recipe: str | None = None
    parameters: dict[str, Json] = field(default_factory=dict)
    plan: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    state: RunState = field(default_factory=RunState)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.record(
            RunAccepted(
                goal=self.goal,
                recipe=self.recipe,
                parameters=self.parameters,
                plan=self.plan,
                settings=self.settings,
                date="2026-11-21",
                time="09:00",
            )
        )

    @property
    def request(self) -> PlanRequest:
        return PlanRequest(self.goal, self.state, self.tools, self.recipe, self.parameters)

    def record(self, event: Event) -> None:
        self.events.append(event)
        self.state.apply(Recorded(run="r1", seq=self.state.seq + 1, at=NOW, event=event))

    async def planned_by(self, planner: Planner) -> list[Event]:
        """Every event of the planner; also what came before it raised is in `events`."""
        before = len(self.events)
        async with aclosing(planner.plan(self.request)) as events:  # type: ignore[type-var]
            async for event in events:
                self.record(event)
        return self.events[before:]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
