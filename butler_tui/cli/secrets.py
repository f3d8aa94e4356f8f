"""`butler secrets`: keys kept in the keyring or the vault; their values are never shown."""

from __future__ import annotations

import os
import sys

from butler_tui.cli.output import listing, note
from butler_tui.cli.vault import ready_vault, wants_vault
from butler_tui.core.errors import UsageError
from butler_tui.settings import Places, kept_secrets, load, remove_secret, store_secret
from butler_tui.settings.keyrings import usable_keyring
from butler_tui.settings.secrets import Kept, check_name


def set_secret(name: str, *, vault: bool) -> int:
    """Ask for the secret's value, or read it from standard input, and keep it."""
    check_name(name)
    places = Places.find(os.environ)
    place = "vault" if vault else place_for(name, places)
    if place is None:
        raise UsageError(f"{name} was not kept; set it as an environment variable instead.")
    keep(name, place, places)
    return 0


def place_for(name: str, places: Places) -> Kept | None:
    """Where the secret goes: the keyring, else the vault; None when the person wants neither."""
    if usable_keyring() is not None:
        return "keyring"
    return "vault" if wants_vault(name, places) else None


def keep(name: str, place: Kept, places: Places, *, may_pass: bool = False) -> bool:
    """Ask for the value and keep it; with `may_pass`, False when none is typed.

    Raises ButlerError.
    """
    settings = load(os.environ, places=places) if place == "vault" else None
    if settings is not None:
        ready_vault(places, settings)
    value = read_value(name)
    if may_pass and not value:
        return False
    store_secret(name, value, places, vault=place == "vault", settings=settings)
    note(f"{name} is kept in the {place}.")
    return True


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
    """List the names of what is kept, and where."""
    kept = kept_secrets(Places.find(os.environ))
    rows = [{"name": name, "kept_in": where} for name, where in kept.items()]
    headers = {"name": "NAME", "kept_in": "KEPT IN"}
    listing(rows, headers, as_json, "No secrets are kept; `butler secrets set NAME` does.")
    return 0


def forget_secret(name: str) -> int:
    """Remove a secret from where it is kept."""
    places = Places.find(os.environ)
    check_name(name)
    settings = None
    if kept_secrets(places).get(name) == "vault":
        settings = load(os.environ, places=places)
        ready_vault(places, settings)
    where = remove_secret(name, places, settings)
    note(f"{name} is removed from the {where}.")
    return 0
