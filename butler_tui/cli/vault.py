"""The vault at a terminal: offered, made, opened before a run, given another passphrase."""

from __future__ import annotations

import os
import sys
from getpass import getpass

from butler_tui.cli.output import note
from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings import Places, Settings, describe_keyring, load
from butler_tui.settings.unlocking import (
    HOW_TO_OPEN,
    is_open,
    make_vault,
    passphrase_of,
    unlock,
    vault_names,
    vault_path,
)
from butler_tui.settings.vault import WrongPassphraseError

_SHORTEST = 8
_TRIES = 3


def at_terminal() -> bool:
    """True when a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def wants_vault(name: str, places: Places) -> bool:
    """Whether a secret goes into the vault where there is no keyring; asks the first time.

    Raises SettingsError with the ways out when nobody can be asked.
    """
    if vault_path(places).exists():
        return True
    if not at_terminal():
        raise SettingsError(
            f"{describe_keyring()} So set the environment variable {name} instead, or keep it in "
            f"an encrypted file: {HOW_TO_OPEN}, then `butler secrets set {name} --vault`."
        )
    note(describe_keyring())
    sys.stderr.write(f"Keep {name} in a file that a passphrase encrypts (the vault)? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def ready_vault(places: Places, settings: Settings) -> None:
    """Make the vault if there is none, and open it; asks at a terminal. Raises SettingsError."""
    if vault_path(places).exists():
        if passphrase_of(settings) is None:
            _ask_until_open(places, may_pass=False)
        return
    given = passphrase_of(settings)
    make_vault(places, given[0] if given else _new_passphrase(places))
    note(f"The vault is {vault_path(places)}.")


def unlock_before(settings: Settings, places: Places) -> None:
    """Open the vault before a run that may need it: later nobody can be asked.

    Asks only at a terminal, and only when the vault has what the environment has not.
    """
    wanted = [name for name in vault_names(places) if not os.environ.get(name)]
    if wanted and at_terminal() and not is_open(places) and passphrase_of(settings) is None:
        _ask_until_open(places, may_pass=True)


def change_passphrase() -> int:
    """Make the vault, or give it another passphrase, which only a person can choose."""
    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    if not vault_path(places).exists():
        ready_vault(places, settings)
        return 0
    if not at_terminal():
        raise UsageError("A new passphrase is typed, so `butler secrets vault` needs a terminal.")
    given = passphrase_of(settings)
    if given is not None:
        unlock(places, given[0])
    else:
        _ask_until_open(places, may_pass=False)
    make_vault(places, _new_passphrase(places))
    note("The vault has its new passphrase.")
    return 0


def _ask_until_open(places: Places, *, may_pass: bool) -> None:
    if not at_terminal():
        raise SettingsError(f"The vault {vault_path(places)} is locked; {HOW_TO_OPEN}.")
    way_round = " (Enter goes on without it)" if may_pass else ""
    for _ in range(_TRIES):
        typed = getpass(f"Passphrase of the vault{way_round}: ")
        if not typed and may_pass:
            return
        try:
            unlock(places, typed)
        except WrongPassphraseError as error:
            note(str(error))
        else:
            return
    raise WrongPassphraseError(
        f"{vault_path(places)} was not opened; if the passphrase is lost, delete that file and set "
        "its secrets again."
    )


def _new_passphrase(places: Places) -> str:
    """One that was typed twice. Raises SettingsError off a terminal, UsageError for a bad one."""
    if not at_terminal():
        raise SettingsError(f"A passphrase is needed to make {vault_path(places)}; {HOW_TO_OPEN}.")
    typed = getpass("New passphrase for the vault: ")
    if len(typed) < _SHORTEST:
        raise UsageError(
            f"A passphrase has at least {_SHORTEST} characters, several words are best; "
            "nothing was kept."
        )
    if getpass("The same again: ") != typed:
        raise UsageError("The two passphrases are not the same; nothing was kept.")
    return typed
