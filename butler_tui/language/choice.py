"""Which model plays a role, and how it is reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from butler_tui.core.errors import ModelError

RESERVED = frozenset(
    {
        "api_base",
        "api_key",
        "base_url",
        "drop_params",
        "max_retries",
        "messages",
        "model",
        "num_retries",
        "stream",
        "stream_options",
        "timeout",
        "tools",
    }
)
"""Options that Butler sets itself; through them a key could reach a host it is not meant for."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model by its LiteLLM name (`provider/model`).

    `api_base` is the address of a server that the settings name, None for the provider's own;
    `options` (temperature, max_tokens, ...) are passed on, and dropped where not supported.
    """

    name: str
    api_base: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def provider(self) -> str:
        """The part of the name before its first slash; empty when there is none."""
        return self.name.partition("/")[0] if "/" in self.name else ""

    @property
    def host(self) -> str:
        """The host and port that `api_base` names, without a login; empty without one."""
        return urlsplit(self.api_base).netloc.rpartition("@")[2] if self.api_base else ""

    @property
    def called(self) -> str:
        """The name that LiteLLM gets: `ollama/` asks its server questions that block, so not it."""
        if self.provider == "ollama":
            return "ollama_chat" + self.name.removeprefix("ollama")
        return self.name

    def checked_options(self) -> dict[str, Any]:
        """The options; raises ModelError when one is Butler's own to set."""
        if reserved := sorted(RESERVED & set(self.options)):
            hint = "; give the address as api_base beside name" if "base_url" in reserved else ""
            raise ModelError(
                f"The options of {self.name} may not hold {', '.join(reserved)}: "
                f"remove it from [model] in config.toml{hint}."
            )
        return dict(self.options)
