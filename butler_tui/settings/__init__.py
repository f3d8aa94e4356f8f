"""Settings: config.toml and rules.toml, secrets, and where Butler keeps what."""

from butler_tui.settings.changed_rules import Change, read_change
from butler_tui.settings.equipment import Equipment
from butler_tui.settings.keyrings import describe_keyring
from butler_tui.settings.known import KNOWN, learn_environment
from butler_tui.settings.loading import load, read_settings
from butler_tui.settings.model import RoleModel, RoleName, Settings
from butler_tui.settings.places import Places
from butler_tui.settings.rules import (
    PATH_ARGUMENTS,
    keep_rule,
    read_rules,
    remove_rule,
    with_resolved_rules,
)
from butler_tui.settings.secrets import (
    find_secret,
    kept_secrets,
    list_secrets,
    remove_secret,
    secret_source,
    store_secret,
)

__all__ = [
    "KNOWN",
    "PATH_ARGUMENTS",
    "Change",
    "Equipment",
    "Places",
    "RoleModel",
    "RoleName",
    "Settings",
    "describe_keyring",
    "find_secret",
    "keep_rule",
    "kept_secrets",
    "learn_environment",
    "list_secrets",
    "load",
    "read_change",
    "read_rules",
    "read_settings",
    "remove_rule",
    "remove_secret",
    "secret_source",
    "store_secret",
    "with_resolved_rules",
]
