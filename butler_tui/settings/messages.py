"""Settings of what reaches people and services: messages, webhooks, notices, places."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from butler_tui.settings.section import Origin, SecretName, Section, Text

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
MessageKind = Literal["slack", "discord", "telegram", "matrix", "ntfy", "sms"]

_NEEDS: dict[str, tuple[str, ...]] = {
    "slack": ("secret",),
    "discord": ("secret",),
    "telegram": ("secret", "to"),
    "matrix": ("secret", "to", "server"),
    "ntfy": ("to",),
    "sms": ("secret", "to", "sender", "account"),
}


class MessageSettings(Section):
    """`[messages.NAME]`: where a message goes; `secret` names its webhook address or its token."""

    kind: MessageKind
    secret: SecretName | None = None
    to: Text | None = None
    sender: Text | None = None
    account: Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")] | None = None
    server: Origin | None = None

    @model_validator(mode="after")
    def _whole(self) -> MessageSettings:
        lacking = [name for name in _NEEDS[self.kind] if getattr(self, name) is None]
        if lacking:
            raise ValueError(f"a service of kind {self.kind} needs {', '.join(lacking)}")
        return self


class WebhookSettings(Section):
    """`[webhooks.NAME]`: an address of one's own, and the secret that signs what goes there."""

    url: Text
    secret: SecretName | None = None


class NoticeSettings(Section):
    """`[notices]`: how the person is told that a run waits or has ended."""

    terminal: bool = True
    desktop: bool = False


class PlaceSettings(Section):
    """`[places]`: a Nominatim of one's own, to search places with."""

    nominatim: Text | None = None
