"""Opening the vault once per process, with the passphrase from wherever there is one.

Nothing here asks a person: whoever sits at a terminal is asked before, by the command line, which
hands the passphrase to `unlock`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from butler_tui.core.errors import SettingsError
from butler_tui.settings.known import KNOWN
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places
from butler_tui.settings.programs import first_line
from butler_tui.settings.vault import Costs, Key, Vault, WrongPassphraseError, write_vault

VARIABLE = "BUTLER_PASSPHRASE"
HOW_TO_OPEN = f"set {VARIABLE}, or name a passphrase_command under [secrets] in config.toml"

_keys: dict[Path, Key] = {}
_turn = threading.RLock()


class VaultLockedError(SettingsError):
    """The vault holds what is wanted, and this process has no passphrase for it."""


def vault_path(places: Places) -> Path:
    """Where the vault is, if there is one."""
    return places.data / "vault.json"


def vault_names(places: Places) -> tuple[str, ...]:
    """The names of what the vault holds; none without a vault. Raises SettingsError."""
    vault = Vault.read(vault_path(places))
    return vault.names if vault is not None else ()


def is_open(places: Places) -> bool:
    """True when this process holds the key of the vault as it is now. Raises SettingsError."""
    vault = Vault.read(vault_path(places))
    return vault is not None and _held(vault) is not None


def vault_values(
    places: Places, settings: Settings, environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Every secret in the vault; none without a vault. Blocks.

    Raises VaultLockedError without a passphrase, SettingsError for a wrong one.
    """
    with _turn:
        vault = Vault.read(vault_path(places))
        return {} if vault is None else vault.values(_key(vault, settings, environ))


def unlock(places: Places, passphrase: str) -> None:
    """Open the vault for the rest of this process. Blocks. Raises WrongPassphraseError."""
    with _turn:
        vault = Vault.read(vault_path(places))
        if vault is not None:
            _try(vault, passphrase)


def make_vault(places: Places, passphrase: str, costs: Costs | None = None) -> None:
    """Make an empty vault, or seal the one that is open under a new passphrase. Blocks."""
    with _turn:
        path = vault_path(places)
        vault = Vault.read(path)
        held = None if vault is None else _held(vault)
        if vault is not None and held is None:
            raise VaultLockedError(f"{path} is locked; {HOW_TO_OPEN}.")
        values = vault.values(held) if vault is not None and held is not None else {}
        key = Key.new(passphrase, costs)
        write_vault(path, key, values)
        _keys[path] = key


def change_vault(places: Places, settings: Settings, name: str, value: str | None) -> None:
    """Put a secret into the vault, or with None take it out. Raises as `vault_values` does.

    Whoever changes it beside others holds the lock of the secrets.
    """
    with _turn:
        vault = Vault.read(vault_path(places))
        if vault is None:
            raise SettingsError("There is no vault yet; `butler secrets vault` makes one.")
        key = _key(vault, settings, None)
        values = {one: kept for one, kept in vault.values(key).items() if one != name}
        write_vault(vault.path, key, values if value is None else {**values, name: value})


def passphrase_of(
    settings: Settings, environ: Mapping[str, str] | None = None
) -> tuple[str, str] | None:
    """The passphrase and where it is from, in words; None when nobody but a person has it."""
    environ = os.environ if environ is None else environ
    if given := environ.get(VARIABLE):
        return given, VARIABLE
    if command := settings.secrets.passphrase_command:
        return first_line(command, "the passphrase"), "passphrase_command in [secrets]"
    return None


def _key(vault: Vault, settings: Settings, environ: Mapping[str, str] | None) -> Key:
    if (held := _held(vault)) is not None:
        return held
    given = passphrase_of(settings, environ)
    if given is None:
        raise VaultLockedError(f"The vault {vault.path} is locked; {HOW_TO_OPEN}.")
    try:
        return _try(vault, given[0])
    except WrongPassphraseError as error:
        raise WrongPassphraseError(
            f"The passphrase from {given[1]} does not open {vault.path}; correct it there."
        ) from error


def _try(vault: Vault, passphrase: str) -> Key:
    KNOWN.learn("passphrase", passphrase)
    key = vault.key(passphrase)
    for name, value in vault.values(key).items():
        KNOWN.learn(name, value)
    _keys[vault.path] = key
    return key


def _held(vault: Vault) -> Key | None:
    key = _keys.get(vault.path)
    fits = key is not None and (key.salt, key.costs) == (vault.salt, vault.costs)
    return key if fits else None
