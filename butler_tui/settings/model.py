"""Settings: what config.toml may hold, with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field

from butler_tui.core.policy import Mode
from butler_tui.core.rules import Rule
from butler_tui.settings.browser import BrowserSettings
from butler_tui.settings.calendar import CalendarSettings, ContactSettings
from butler_tui.settings.mail import MailSettings
from butler_tui.settings.mcp import McpServer, check_names
from butler_tui.settings.messages import (
    MessageSettings,
    Name,
    NoticeSettings,
    PlaceSettings,
    WebhookSettings,
)
from butler_tui.settings.phone import PhoneSettings
from butler_tui.settings.section import (
    Command,
    Destination,
    Dollars,
    Folder,
    Origin,
    SecretName,
    Section,
    Text,
)
from butler_tui.settings.social import SocialSettings
from butler_tui.settings.whole_paths import WHOLE_PATHS

RoleName = Literal["planner", "writer", "reviewer"]

_OF_ONE_SERVER = ("extra_body", "extra_headers", "extra_query")
"""Options that speak to one server, and may carry its key: another model does not get them."""


class RoleSettings(Section):
    """What one role does differently from `[model]`."""

    name: Text | None = None
    api_base: Text | None = None
    options: dict[str, Any] = Field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class RoleModel:
    """The model that plays a role: its name, its server if it is one's own, its options."""

    name: str
    api_base: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


class ModelSettings(Section):
    """`[model]`: which models play the roles, and which alone may read what is private.

    One that says nothing for `silence_seconds` is given up.
    """

    name: Text | None = None
    api_base: Text | None = None
    options: dict[str, Any] = Field(default_factory=dict[str, Any])
    silence_seconds: Annotated[float, Field(gt=0, le=3600)] = 120.0
    private: Text | None = None
    planner: RoleSettings = RoleSettings()
    writer: RoleSettings = RoleSettings()
    reviewer: RoleSettings = RoleSettings()

    def role(self, role: RoleName) -> RoleModel | None:
        """The model that plays the role; None when none is set up.

        A role with a name of its own does not inherit `api_base`.
        """
        own: RoleSettings = getattr(self, role)
        name = own.name or self.name
        if name is None:
            return None
        if own.name is None:
            return RoleModel(name, own.api_base or self.api_base, {**self.options, **own.options})
        passed_on = {k: v for k, v in self.options.items() if k not in _OF_ONE_SERVER}
        return RoleModel(name, own.api_base, {**passed_on, **own.options})

    def with_name(self, name: str) -> ModelSettings:
        """The same with this model in every role; a role's own server went with its own model.

        The server of `[model]` stays when the provider is the same: one server may have several
        models, but never another provider's.
        """
        roles: dict[str, RoleSettings] = {}
        for role in ("planner", "writer", "reviewer"):
            own: RoleSettings = getattr(self, role)
            gone = {"name": None, "api_base": None} if own.name else {}
            roles[role] = own.model_copy(update=gone)
        same = self.name is None or self.name.partition("/")[0] == name.partition("/")[0]
        server = {} if same else {"api_base": None, "options": {}}
        return self.model_copy(update={"name": name, **server, **roles})


class ApprovalSettings(Section):
    """`[approvals]`: the mode, and the rules that refine it."""

    mode: Annotated[Mode, Field(strict=False)] = Mode.NORMAL
    rules: Annotated[tuple[Rule, ...], Field(strict=False), WHOLE_PATHS] = ()


class FolderSettings(Section):
    """`[folders]`: where file tools may look and write; `.` is the folder a run is started in.

    What lies under `untrusted` a stranger may have written.
    """

    allowed: Annotated[tuple[Folder, ...], Field(strict=False)] = (Path(),)
    untrusted: Annotated[tuple[Folder, ...], Field(strict=False)] = Field(
        default_factory=lambda: (Path("~/Downloads").expanduser(),)
    )


class NetworkSettings(Section):
    """`[network]`: private origins that are meant, exactly; sites silent so long are given up."""

    allow: Annotated[tuple[Origin, ...], Field(strict=False)] = ()
    silence_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0


class LimitSettings(Section):
    """`[limits]`: how much a run may do, and how many MB may be kept for undo (0: nothing).

    Of `cost_usd`, `model_calls`, `tokens`, `minutes` and what is `per_day`, 0 is no limit.
    With `review`, what a model planned is reviewed before the run ends.
    """

    parallel_steps: Annotated[int, Field(ge=1, le=64)] = 8
    cost_usd: Dollars = 1.0
    model_calls: Annotated[int, Field(ge=0)] = 40
    tokens: Annotated[int, Field(ge=0)] = 0
    steps: Annotated[int, Field(ge=1)] = 200
    revisions: Annotated[int, Field(ge=0)] = 3
    minutes: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 60.0
    cost_usd_per_day: Dollars = 5.0
    model_calls_per_day: Annotated[int, Field(ge=0)] = 0
    tokens_per_day: Annotated[int, Field(ge=0)] = 0
    steps_per_day: Annotated[int, Field(ge=0)] = 0
    minutes_per_day: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    review: bool = True
    undo_mb: Annotated[int, Field(ge=0)] = 500


class OutboxSettings(Section):
    """`[outbox]`: how long what sends waits in the app, where one key takes it back."""

    seconds: Annotated[float, Field(ge=0, le=3600)] = 8.0


class SearchSettings(Section):
    """`[search]`: a SearXNG of one's own, and the order in which search engines are asked."""

    searxng: Text | None = None
    order: Annotated[tuple[Text, ...], Field(strict=False)] = ()


class SandboxSettings(Section):
    """`[sandbox]`: whether commands run in the sandbox, and whether they may use the network."""

    commands: Literal["sandbox", "open"] = "sandbox"
    network: bool = False


class SecretSettings(Section):
    """`[secrets]`: where secrets come from beside the keyring, and where each may be sent.

    `env_file` holds NAME=value lines; a command writes the passphrase of the vault, or a secret;
    `hosts` are the hosts (https) or origins that a plan may send a secret to.
    """

    env_file: Folder | None = None
    passphrase_command: Command | None = None
    commands: dict[SecretName, Command] = Field(default_factory=dict[str, Any])
    hosts: dict[SecretName, Annotated[tuple[Destination, ...], Field(strict=False)]] = Field(
        default_factory=dict[str, Any]
    )

    @property
    def destinations(self) -> Mapping[str, tuple[str, ...]]:
        """The name of every secret declared here, and the origins that it may be sent to."""
        names = {*self.hosts, *self.commands}
        return {name: self.hosts.get(name, ()) for name in sorted(names)}


def _well_named(servers: dict[str, McpServer]) -> dict[str, McpServer]:
    check_names(servers)
    return servers


class Settings(Section):
    """Everything config.toml says."""

    model: ModelSettings = ModelSettings()
    approvals: ApprovalSettings = ApprovalSettings()
    folders: FolderSettings = Field(default_factory=FolderSettings)
    network: NetworkSettings = NetworkSettings()
    limits: LimitSettings = LimitSettings()
    mail: MailSettings = MailSettings()
    messages: dict[Name, MessageSettings] = Field(default_factory=dict[str, Any])
    notices: NoticeSettings = NoticeSettings()
    outbox: OutboxSettings = OutboxSettings()
    places: PlaceSettings = PlaceSettings()
    sandbox: SandboxSettings = SandboxSettings()
    browser: BrowserSettings = BrowserSettings()
    search: SearchSettings = SearchSettings()
    calendar: CalendarSettings = CalendarSettings()
    contacts: ContactSettings = ContactSettings()
    phone: PhoneSettings = PhoneSettings()
    social: SocialSettings = SocialSettings()
    secrets: SecretSettings = SecretSettings()
    mcp: Annotated[dict[str, McpServer], AfterValidator(_well_named)] = Field(
        default_factory=dict[str, McpServer]
    )
    """`[mcp.NAME]`: servers whose tools Butler can use."""

    tools: dict[str, dict[str, Any]] = Field(default_factory=dict[str, Any])
    """`[tools.NAME]`: what tools that others wrote ask for; nothing is known of its names."""
    webhooks: dict[Name, WebhookSettings] = Field(default_factory=dict[str, Any])

    def stores(self, data: Path) -> Mapping[str, Path]:
        """The folder of each family of tools that keeps files of its own; `data` is Butler's."""
        return {
            "calendar": self.calendar.folder or data / "calendar",
            "contacts": self.contacts.folder or data / "contacts",
        }

    def option(self, name: str) -> str | None:
        """A setting by its dotted name (`search.searxng`) as text, a list joined by commas.

        Of a table whose names the person chose (`webhooks`), those names.

        None when it is not set or there is no such setting.
        """
        value: Any = self
        for part in name.split("."):
            if isinstance(value, BaseModel):
                value = getattr(value, part, None) if part in type(value).model_fields else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, list | tuple | Mapping):
            return ",".join(str(one) for one in value) or None
        if isinstance(value, bool):
            return str(value).lower()
        return str(value) if isinstance(value, str | int | float | Path) else None
