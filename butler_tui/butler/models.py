"""The models of the settings, and those that a run names instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from butler_tui.core.ports import Role
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel, Timeouts
from butler_tui.settings.model import ModelSettings

ROLES: tuple[Role, ...] = ("planner", "writer", "reviewer")


@dataclass(slots=True)
class Models:
    """One LiteLlmModel for the settings as they are, one for each name that replaces every role."""

    settings: ModelSettings
    secret: Callable[[str], str | None]
    _made: dict[str | None, LiteLlmModel] = field(default_factory=dict[str | None, LiteLlmModel])

    def of(self, name: str | None) -> LiteLlmModel:
        """The models when `name` is the planner's; those of the settings when it is None."""
        planner = self.settings.role("planner")
        if planner is not None and name == planner.name:
            name = None
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    async def close(self) -> None:
        """Close what they keep open."""
        for model in self._made.values():
            await model.close()

    def _make(self, name: str | None) -> LiteLlmModel:
        settings = self.settings if name is None else self.settings.with_name(name)
        choices: dict[Role, ModelChoice] = {}
        for role in ROLES:
            chosen = settings.role(role)
            if chosen is not None:
                choices[role] = ModelChoice(chosen.name, chosen.api_base, chosen.options)
        private = ModelChoice(settings.private) if settings.private else None
        timeouts = Timeouts(silence=settings.silence_seconds)
        return LiteLlmModel(choices, self.secret, private=private, timeouts=timeouts)
