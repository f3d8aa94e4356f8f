"""The settings' shape: what config.toml may say, and what holds when it says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from butler_tui.core.policy import Mode, Rule
from butler_tui.core.ports import Role


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoleModel(_Section):
    """The model of one role."""

    name: str | None = None
    api_base: str | None = None
    options: dict[str, Any] = Field(default_factory=dict[str, Any])


class ModelSettings(RoleModel):
    """[model]: the model of every role that has none of its own."""

    private: str | None = None
    planner: RoleModel | None = None
    writer: RoleModel | None = None
    reviewer: RoleModel | None = None

    def role(self, role: Role) -> RoleModel | None:
        """The model that plays the role, None when none is set up.

        A role with its own name inherits neither address nor options; one without takes the name
        and address of [model], and its own options over those.
        """
        own: RoleModel | None = getattr(self, role)
        if own is not None and own.name is not None:
            return own
        if self.name is None:
            return None
        options = {**self.options, **(own.options if own else {})}
        base = (own.api_base if own else None) or self.api_base
        return RoleModel(name=self.name, api_base=base, options=options)

    def with_name(self, name: str) -> ModelSettings:
        """One model in every role; the address stays when the name is the one it was set for."""
        same = name == self.name
        return ModelSettings(
            name=name,
            api_base=self.api_base if same or self.name is None else None,
            options=self.options if same else {},
            private=self.private,
        )


class Approvals(_Section):
    """[approvals]: what is asked."""

    mode: Mode = Mode.NORMAL
    rules: tuple[Rule, ...] = ()


class Folders(_Section):
    """[folders]: where file tools may look and write; `.` is where a run was started."""

    allowed: tuple[str, ...] = (".",)


class Network(_Section):
    """[network]: private origins that are meant, exactly."""

    allow: tuple[str, ...] = ()

    @field_validator("allow")
    @classmethod
    def _origins(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        for one in allow:
            parts = urlsplit(one)
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
                raise ValueError(f"an origin looks like http://127.0.0.1:8080, not {one!r}")
        return tuple(one.rstrip("/") for one in allow)


class Limits(_Section):
    """[limits]: what a run may use."""

    parallel_steps: int = Field(8, ge=1, le=64)
    steps: int = Field(200, ge=1, le=10_000)


class Search(_Section):
    """[search]: which engines web_search asks, in order, and a SearXNG address of your own."""

    order: str | None = None
    searxng: str | None = None


class Secrets(_Section):
    """[secrets]: a file of NAME=value lines, read only when named here."""

    env_file: str | None = None


class Settings(_Section):
    """Everything config.toml may say."""

    model: ModelSettings = ModelSettings()
    approvals: Approvals = Approvals()
    folders: Folders = Folders()
    network: Network = Network()
    limits: Limits = Limits()  # pyright: ignore[reportCallIssue]
    search: Search = Search()
    secrets: Secrets = Secrets()

    def option(self, name: str) -> str | None:
        """A tool's setting by its dotted name (`search.searxng`), as text; None when not set."""
        value: Any = self.model_dump()
        for part in name.split("."):
            if not isinstance(value, Mapping):
                return None
            value = value.get(part)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return None if value is None else str(value)  # pyright: ignore[reportUnknownArgumentType]
