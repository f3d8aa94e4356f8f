"""Loading the settings: config.toml, then the environment, then the command line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from butler_tui.core.errors import SettingsError
from butler_tui.core.policy import Mode
from butler_tui.settings.files import read_owned
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places
from butler_tui.settings.reading import as_section, parse_toml
from butler_tui.settings.rules import read_rules, with_resolved_rules


def load(
    environ: Mapping[str, str],
    *,
    model: str | None = None,
    mode: str | None = None,
    places: Places | None = None,
) -> Settings:
    """The settings of this user; without a config.toml, the defaults.

    `model` (--model), else BUTLER_MODEL, plays every role; `mode` (--mode) replaces the mode.
    Raises SettingsError, also when rules.toml is wrong.
    """
    places = places or Places.find(environ)
    settings = read_settings(places.config)
    read_rules(places.rules)
    if chosen := model or environ.get("BUTLER_MODEL"):
        settings = settings.model_copy(update={"model": settings.model.with_name(chosen)})
    if mode is not None:
        update = {"mode": _mode(mode)}
        approvals = settings.approvals.model_copy(update=update)
        settings = settings.model_copy(update={"approvals": approvals})
    return settings


def read_settings(path: Path) -> Settings:
    """What one config.toml says; the defaults when there is none. Raises SettingsError."""
    text = read_owned(path)
    if text is None:
        return Settings()
    content: dict[str, Any] = parse_toml(text, path)
    if isinstance(content.get("approvals"), dict):
        content["approvals"] = with_resolved_rules(content["approvals"])
    settings = as_section(Settings, content, path)
    env_file = settings.secrets.env_file
    if env_file is None or env_file.is_absolute():
        return settings
    secrets = settings.secrets.model_copy(update={"env_file": path.parent / env_file})
    return settings.model_copy(update={"secrets": secrets})


def _mode(mode: str) -> Mode:
    try:
        return Mode(mode)
    except ValueError as error:
        known = ", ".join(Mode)
        raise SettingsError(f"There is no mode {mode}; it must be one of {known}.") from error
