"""Which key goes to which host, so that none reaches a host it is not meant for."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from butler_tui.core.errors import ModelError
from butler_tui.language.choice import ModelChoice
from butler_tui.language.library import load

FindSecret = Callable[[str], str | None]

NO_KEY = "none"
"""Sent where no key is needed: with none at all LiteLLM would take one from the environment."""

_OWN_HOSTS = {
    "anthropic": ("anthropic.com",),
    "azure": ("azure.com",),
    "azure_ai": ("azure.com",),
    "deepseek": ("deepseek.com",),
    "gemini": ("googleapis.com",),
    "groq": ("groq.com",),
    "mistral": ("mistral.ai",),
    "openai": ("openai.com",),
    "openrouter": ("openrouter.ai",),
    "xai": ("x.ai",),
}


def key_arguments(choice: ModelChoice, find_secret: FindSecret) -> dict[str, Any]:
    """What LiteLLM must be given to reach the model: its address and key. May block.

    A provider's key (`OPENAI_API_KEY`, from the environment or found as a secret) goes only to the
    provider itself, or to where the environment's own `OPENAI_API_BASE` points. A server named in
    the settings gets the secret that carries its host's name (`server_key_name`), if there is one.
    Raises ModelError when the provider wants a key and there is none.
    """
    if choice.api_base and not (
        choice.api_base.startswith(("http://", "https://")) and choice.host
    ):
        raise ModelError(
            f"The api_base of {choice.name} is no address: write it with http:// or https:// "
            "and a host under [model] in config.toml."
        )
    if choice.api_base and not _is_own_host(choice):
        key = find_secret(server_key_name(choice))
        return {"api_base": choice.api_base, "api_key": key or NO_KEY}
    address = {"api_base": choice.api_base} if choice.api_base else {}
    return address | _provider_key(choice, find_secret)


def server_key_name(choice: ModelChoice) -> str:
    """The secret for a server of one's own: `BUTLER_KEY_` and its host and port, `_` between."""
    return "BUTLER_KEY_" + re.sub(r"[^A-Z0-9]+", "_", choice.host.upper()).strip("_")


def secrets_sent(arguments: Mapping[str, Any]) -> list[str]:
    """Every secret that a call with these arguments may have sent, so that no error quotes one."""
    given = [value for name, value in arguments.items() if "key" in name and value != NO_KEY]
    endings = ("_API_KEY", "_API_TOKEN", "_AUTH_TOKEN", "_ACCESS_KEY", "_SESSION_TOKEN")
    in_environment = [value for name, value in os.environ.items() if name.endswith(endings)]
    return [value for value in [*given, *in_environment] if value]


def known_key_name(choice: ModelChoice, find_secret: FindSecret) -> str:
    """The name that the model's key was found under; empty when it is not known."""
    if choice.api_base and not _is_own_host(choice):
        return server_key_name(choice)
    name = f"{choice.provider.upper()}_API_KEY"
    return name if name in os.environ or find_secret(name) else ""


def _is_own_host(choice: ModelChoice) -> bool:
    place = re.fullmatch(r"https://([a-z0-9.-]+)(?::443)?(?:/.*)?", (choice.api_base or "").lower())
    host = place.group(1) if place else ""
    own = _OWN_HOSTS.get(choice.provider, ())
    return any(host == one or host.endswith("." + one) for one in own)


def _provider_key(choice: ModelChoice, find_secret: FindSecret) -> dict[str, Any]:
    missing: list[str] = load().validate_environment(choice.called)["missing_keys"]
    absent = [name for name in missing if name not in os.environ]
    found = {name: secret for name in absent if (secret := find_secret(name))}
    keys = [secret for name, secret in found.items() if _is_key(name)]
    if keys:
        return {"api_key": keys[0]}
    if choice.provider == "bedrock":
        return {name.lower(): secret for name, secret in found.items()}
    if not absent or not all(_is_key(name) for name in absent):
        return {}
    if os.environ.get(f"{choice.provider.upper()}_API_BASE"):
        return {"api_key": NO_KEY}
    raise ModelError(
        f"There is no key for {choice.name}: set {absent[-1]} in the environment, "
        f"or keep it with `butler secrets set {absent[-1]}`."
    )


def _is_key(name: str) -> bool:
    return name.endswith(("_API_KEY", "_API_TOKEN")) and not name.startswith("AWS_")
