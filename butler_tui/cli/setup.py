"""`butler setup`: a model's name into config.toml, its key into the keyring or the vault."""

from __future__ import annotations

import os
import sys

from butler_tui.cli.output import note
from butler_tui.cli.secrets import keep, place_for
from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings import Places, load
from butler_tui.settings.files import read_owned, write_owned

_EXAMPLES = "anthropic/claude-sonnet-4-5, openai/gpt-5-mini, ollama_chat/qwen3"
_LOCAL = {
    "ollama": "http://127.0.0.1:11434",
    "ollama_chat": "http://127.0.0.1:11434",
    "lm_studio": "http://127.0.0.1:1234/v1",
}
"""Where servers on one's own machine listen when nobody says otherwise; they need no key."""


def set_up() -> int:
    """Ask for a model and its key and keep both. Raises UsageError off a terminal."""
    places = Places.find(os.environ)
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "`butler setup` asks questions and needs a terminal; without one, set BUTLER_MODEL and "
            f"the model's key as environment variables, or write [model] into {places.config}."
        )
    settings = load({}, places=places)
    now = settings.model.name
    note(f"A model plans and writes for you; any LiteLLM name will do, such as {_EXAMPLES}.")
    name = _typed(f"Model{f' (Enter keeps {now})' if now else ''}: ") or now or ""
    if not name:
        raise UsageError("No model was named, so nothing was changed; Butler works from recipes.")
    provider = name.split("/", 1)[0]
    write_model(places, name, _ask_address(provider))
    note(f"{places.config} now names {name}.")
    if provider not in _LOCAL:
        _keep_key(f"{provider.upper().replace('-', '_')}_API_KEY", places)
    note("Try it: butler doctor")
    return 0


def _typed(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip()


def _ask_address(provider: str) -> str | None:
    if provider not in _LOCAL:
        return None
    usual = _LOCAL[provider]
    address = _typed(f"Address of its server (Enter for {usual}): ") or usual
    if not address.startswith(("http://", "https://")):
        raise UsageError(
            f"{address!r} is no address: it starts with http:// or https://. Nothing was changed."
        )
    return address


def _keep_key(variable: str, places: Places) -> None:
    if os.environ.get(variable):
        note(f"Its key comes from the environment variable {variable}.")
        return
    place = place_for(variable, places)
    if place is None:
        note(f"So export {variable}=... before you start butler.")
    elif not keep(variable, place, places, may_pass=True):
        note(f"No key was typed; `butler secrets set {variable}` keeps it later.")


def write_model(places: Places, name: str, address: str | None) -> None:
    """Name the model in config.toml; comments and everything else stay as they are.

    Raises SettingsError.
    """
    import tomlkit
    from tomlkit.items import Table

    path = places.config
    document = tomlkit.parse(read_owned(path) or "")
    section = document.setdefault("model", tomlkit.table())
    if not isinstance(section, Table):
        raise SettingsError(f"{path}: model must be a section, [model]; correct that place.")
    changed = section.get("name") != name
    section["name"] = name
    if address is not None:
        section["api_base"] = address
    elif changed:
        section.pop("api_base", None)
    write_owned(path, tomlkit.dumps(document))
