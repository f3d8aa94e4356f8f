"""`[mcp.NAME]`: servers of the Model Context Protocol, whose tools Butler can use."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from butler_tui.core.plan_names import plan_name
from butler_tui.core.tool_context import Effect
from butler_tui.settings.section import Command, Folder, Section, Text

_SLOT = re.compile(r"\bsecret:([A-Za-z_][A-Za-z0-9_]*)")
_SECRET = re.compile(
    r"token|secret|passw|credential|cookie|authorization|(?:^|[_-])(?:api)?key(?:$|[_-])|apikey",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


def _no_control(value: str) -> str:
    if not value.isprintable():
        raise ValueError("a line break or another control character is in it; leave it out")
    return value


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
        raise ValueError(f"{value!r} is no name of a variable; use letters, digits and _")
    return value


def _header(value: str) -> str:
    if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}", value):
        raise ValueError(f"{value!r} is no name of a header")
    return value


def _server_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value} is no address; write it like https://example.org/mcp")
    if "@" in parts.netloc or parts.fragment:
        raise ValueError(
            "an address holds no user, password or fragment; put a key into headers: "
            '{ Authorization = "Bearer secret:NAME" }'
        )
    return value


Line = Annotated[str, AfterValidator(_no_control)]
Variable = Annotated[str, AfterValidator(_variable)]
Header = Annotated[str, AfterValidator(_header)]


class McpServer(Section):
    """One server: a command that Butler starts, or an address that it calls.

    `env` and `headers` name secrets as `secret:NAME`. `tools`, when given, are the only ones that
    are taken from it. `effects` say what a tool does where that is less than `execute`.
    """

    command: Command | None = None
    url: Annotated[Line, AfterValidator(_server_url)] | None = None
    env: dict[Variable, Line] = Field(default_factory=dict[str, Any])
    headers: dict[Header, Line] = Field(default_factory=dict[str, Any])
    folder: Folder | None = None
    timeout: Annotated[float, Field(gt=0, le=3600)] = 60.0
    private: bool = True
    tools: Annotated[tuple[Text, ...], Field(strict=False)] = ()
    effects: dict[Text, Annotated[Effect, Field(strict=False)]] = Field(
        default_factory=dict[str, Any]
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.command is None) == (self.url is None):
            raise ValueError("give it a command or a url, one of the two")
        if self.url is None and self.headers:
            raise ValueError("headers are for a server with a url; a command takes env")
        if self.command is None and (self.env or self.folder):
            raise ValueError("env and folder are for a server with a command; a url takes headers")
        for name, value in {**self.env, **self.headers}.items():
            if _SECRET.search(name) and value and not _SLOT.search(value):
                raise ValueError(
                    f"{name} looks like a secret, which never stands in a settings file; keep it "
                    f'with `butler secrets set NAME` and write {name} = "secret:NAME"'
                )
        if self.secrets and self.url is not None and not _is_sealed(self.url):
            raise ValueError("a secret goes to https only, or to this machine; change the url")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the secrets that it is given."""
        given = (*self.env.values(), *self.headers.values())
        return tuple(dict.fromkeys(name for one in given for name in _SLOT.findall(one)))

    def filled(self, secrets: Mapping[str, str]) -> dict[str, str]:
        """`env` or `headers`, whichever it has, with secrets in the places of their names."""
        return {
            name: _SLOT.sub(lambda found: secrets[found.group(1)], value)
            for name, value in {**self.env, **self.headers}.items()
        }

    @property
    def where(self) -> str:
        """What is started or called, in a line."""
        return " ".join(self.command) if self.command is not None else self.url or ""

    @property
    def fingerprint(self) -> str:
        """What the server is, in one hash; who accepts its tools accepts them from this one."""
        said = [self.command, self.url, self.env, self.headers, str(self.folder or "")]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def check_names(servers: Mapping[str, McpServer]) -> None:
    """Raise ValueError where two servers' tools would have the same names, or a name is none."""
    taken: dict[str, str] = {}
    for name in servers:
        if not _NAME.fullmatch(name):
            raise ValueError(
                f"{name!r} cannot be a server's name; use up to 32 letters, digits, _ and -, "
                "beginning with a letter"
            )
        called = plan_name(name) or name
        if called in taken:
            raise ValueError(
                f"{taken[called]} and {name} would both be mcp.{called} in a plan; rename one"
            )
        taken[called] = name


def secret_names(servers: Mapping[str, McpServer]) -> Iterator[str]:
    """Every secret that servers are given."""
    for one in servers.values():
        yield from one.secrets


def _is_sealed(url: str) -> bool:
    """True where nobody on the way can read what is sent."""
    parts = urlsplit(url)
    if parts.scheme == "https" or parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
