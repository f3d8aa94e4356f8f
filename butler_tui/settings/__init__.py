"""Settings: from config.toml, the environment and the keyring; where Butler keeps its things."""

from butler_tui.settings.loading import load
from butler_tui.settings.model import ModelSettings, Settings
from butler_tui.settings.places import Places, find_places
from butler_tui.settings.rules import keep_rule, read_rules
from butler_tui.settings.secrets import (
    describe_keyring,
    find_secret,
    list_secrets,
    remove_secret,
    store_secret,
)

__all__ = [
    "ModelSettings",
    "Places",
    "Settings",
    "describe_keyring",
    "find_places",
    "find_secret",
    "keep_rule",
    "list_secrets",
    "load",
    "read_rules",
    "remove_secret",
    "store_secret",
]
