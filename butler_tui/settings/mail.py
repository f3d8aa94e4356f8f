"""`[mail]`: whose mail it is, and the servers that send and keep it."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any

from pydantic import Field, model_validator

from butler_tui.settings.mail_presets import Provider, Security, preset_for
from butler_tui.settings.section import Folder, Section, Text

_ENCRYPTED_FROM_THE_START = (465, 993)

Port = Annotated[int, Field(ge=1, le=65_535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]+$")]


def is_loopback(host: str) -> bool:
    """True for this machine itself, by name or by address."""
    if host.lower() in ("localhost", "localhost."):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class ServerSettings(Section):
    """`[mail.smtp]` and `[mail.imap]`: one server, and how the way to it is kept private.

    Without `security`, ports 465 and 993 are encrypted from the start, this machine itself is
    spoken to in the plain, and every other server after STARTTLS.
    """

    host: Host | None = None
    port: Port | None = None
    security: Security | None = None

    @model_validator(mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:  # noqa: ANN401  (what TOML holds)
        if not isinstance(given, dict) or given.get("security") is not None:
            return given
        host, port = given.get("host"), given.get("port")
        if not isinstance(host, str):
            return given
        if port in _ENCRYPTED_FROM_THE_START:
            return {**given, "security": "tls"}
        return {**given, "security": "plain" if is_loopback(host) else "starttls"}


class MailSettings(Section):
    """`[mail]`: what is not given comes from the provider of the address, where it is a known one.

    `user` is who logs in, the address where nothing is said; "" sends without a login. `ca_file`
    holds certificates to trust besides the system's. `drafts` and `sent` name folders where the
    server does not say which they are; with `save_sent`, a copy of what is sent is kept there.
    """

    address: Annotated[str, Field(pattern=r"^[^\s@<>,;:\"]+@[^\s@<>,;:\"]+$")] | None = None
    name: str = ""
    provider: Provider | None = None
    user: str | None = None
    ca_file: Folder | None = None
    drafts: Text | None = None
    sent: Text | None = None
    save_sent: bool = True
    smtp: ServerSettings = ServerSettings()
    imap: ServerSettings = ServerSettings()

    @model_validator(mode="before")
    @classmethod
    def _with_preset(cls, given: Any) -> Any:  # noqa: ANN401  (what TOML holds)
        if not isinstance(given, dict) or not isinstance(given.get("address"), str):
            return given
        preset = preset_for(given["address"], given.get("provider"))
        if preset is None:
            return given
        known = preset.as_settings()
        servers = {name: _beside(known[name], given.get(name)) for name in ("smtp", "imap")}
        return {**known, **given, **servers}


def _beside(known: dict[str, Any], given: Any) -> Any:  # noqa: ANN401  (what TOML holds)
    """A server as the preset knows it, but for what is said: another host is another server.

    Another port may be another way of encryption, which then goes by the port.
    """
    if given is None:
        return known
    if not isinstance(given, dict) or "host" in given:
        return given
    if "port" in given:
        known = {"host": known["host"], "port": known["port"]}
    return {**known, **given}
