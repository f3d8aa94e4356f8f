"""`butler secrets`: keys kept in the keyring; their values are never shown."""

from __future__ import annotations

import os
import sys

from butler_tui.cli.output import listing, note
from butler_tui.core.errors import UsageError
from butler_tui.settings import Places, list_secrets, remove_secret, store_secret


def set_secret(name: str) -> int:
    """Ask for the secret's value, or read it from standard input, and keep it."""
    store_secret(name, read_value(name), Places.find(os.environ))
    note(f"{name} is kept in the keyring.")
    return 0


def read_value(name: str) -> str:
    """The value as typed, unseen, or as standard input holds it, without the last newline."""
    try:
        if sys.stdin.isatty():
            from getpass import getpass

            return getpass(f"{name} (not shown): ").strip()
        return sys.stdin.read().strip()
    except UnicodeDecodeError as error:
        raise UsageError(f"The value of {name} is not UTF-8 text; nothing was kept.") from error


def show_secrets(*, as_json: bool) -> int:
    """List the names of what is kept."""
    rows = [{"name": name} for name in list_secrets(Places.find(os.environ))]
    listing(rows, {"name": "NAME"}, as_json, "No secrets are kept; `butler secrets set NAME` does.")
    return 0


def forget_secret(name: str) -> int:
    """Remove a secret from the keyring."""
    remove_secret(name, Places.find(os.environ))
    note(f"{name} is removed from the keyring.")
    return 0
