"""Secrets by name: from the environment, what Butler keeps, systemd, a command, a named file.

Values are returned to whoever needs one and go nowhere else; of what is in the keyring Butler keeps
the names, since a keyring cannot list what it holds.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings.files import locked, read_owned, write_owned
from butler_tui.settings.keyrings import ask_keyring, put_into_keyring, take_from_keyring
from butler_tui.settings.known import KNOWN, learn_environment
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places
from butler_tui.settings.programs import first_line
from butler_tui.settings.unlocking import (
    VaultLockedError,
    change_vault,
    vault_names,
    vault_values,
)

Kept = Literal["keyring", "vault"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_answers: dict[tuple[str, ...], str] = {}


def find_secret(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
) -> str | None:
    """The secret of that name, None when nothing has one. May block: call it in a thread.

    Keyring and vault are asked only for what Butler put there: a locked one would want its
    password. What is returned is known to `KNOWN` from then on. Raises SettingsError when the
    keyring or, with no other source, the vault is locked, when a command fails, and when the file
    that `[secrets] env_file` names is missing or can be read by others.
    """
    found = _find(name, settings, places, environ)
    return found[1] if found else None


def secret_source(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
) -> str | None:
    """Where the secret of that name comes from, in words, never the secret itself."""
    found = _find(name, settings, places, environ)
    return found[0] if found else None


def _find(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None
) -> tuple[str, str] | None:
    """The first source that has the secret, in words, and the secret."""
    if not _NAME.fullmatch(name):
        return None
    environ = os.environ if environ is None else environ
    sources: list[tuple[str, Callable[[], str | None]]] = [
        ("the environment", lambda: environ.get(name)),
        ("the keyring", lambda: _from_keyring(name, places)),
        ("the vault", lambda: _from_vault(name, settings, places, environ)),
        ("$CREDENTIALS_DIRECTORY", lambda: _credential(name, environ)),
        ("its command in [secrets]", lambda: _from_command(name, settings)),
        ("the file named in [secrets]", lambda: _from_env_file(name, settings)),
    ]
    locked: VaultLockedError | None = None
    for source, look in sources:
        try:
            secret = look()
        except VaultLockedError as error:
            locked = error
            continue
        if secret:
            KNOWN.learn(name, secret)
            return source, secret
    if locked is not None:
        raise VaultLockedError(f"{name} is kept in the vault. {locked}") from locked
    return None


def _from_keyring(name: str, places: Places) -> str | None:
    return ask_keyring(name) if name in _keyring_names(places) else None


def _from_vault(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str]
) -> str | None:
    if name not in vault_names(places):
        return None
    return vault_values(places, settings, environ).get(name)


def _from_command(name: str, settings: Settings) -> str | None:
    """What the secret's own command writes; it is asked once per process."""
    command = settings.secrets.commands.get(name)
    if command is None:
        return None
    if command not in _answers:
        _answers[command] = first_line(command, name)
    return _answers[command]


def _credential(name: str, environ: Mapping[str, str]) -> str | None:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    try:
        return (Path(folder) / name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None


def _from_env_file(name: str, settings: Settings) -> str | None:
    return _env_file(settings).get(name)


def _env_file(settings: Settings) -> dict[str, str | None]:
    """What the file that the settings name holds; nothing when they name none."""
    path = settings.secrets.env_file
    if path is None:
        return {}
    from dotenv import dotenv_values

    text = read_owned(path, secret=True)
    if text is None:
        raise SettingsError(f"{path} is named in [secrets] as env_file, but it is not there.")
    values = dotenv_values(stream=io.StringIO(text), interpolate=False)
    learn_environment({name: value for name, value in values.items() if value})
    return values


def named_secrets(settings: Settings, places: Places, environ: Mapping[str, str]) -> frozenset[str]:
    """The names of all secrets that have a source outside the environment; none is asked for one.

    Raises SettingsError when a source cannot be read.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY")
    there = Path(folder) if folder else None
    credentials = [one.name for one in there.iterdir()] if there and there.is_dir() else []
    return frozenset(
        [*list_secrets(places), *settings.secrets.commands, *credentials, *_env_file(settings)]
    )


def store_secret(
    name: str,
    secret: str,
    places: Places,
    *,
    vault: bool = False,
    settings: Settings | None = None,
) -> None:
    """Keep a secret in the keyring, or in the vault, which there must be and must be open.

    Raises UsageError for a bad name, SettingsError when it cannot be kept.
    """
    check_name(name)
    if not secret:
        raise UsageError(f"The value of {name} is empty; remove it with `butler secrets remove`.")
    KNOWN.learn(name, secret)
    if not vault:
        put_into_keyring(name, secret)
    with _index_locked(places):
        if vault:
            change_vault(places, settings or Settings(), name, secret)
        else:
            _write_names(places, {*_keyring_names(places), name})


def remove_secret(name: str, places: Places, settings: Settings | None = None) -> Kept:
    """Remove a secret from where Butler keeps it, the keyring first; returns where that was.

    Raises UsageError when Butler keeps none of that name, SettingsError when it cannot be removed.
    """
    check_name(name)
    kept = kept_secrets(places).get(name)
    if kept is None:
        raise UsageError(f"Butler keeps no secret {name}; `butler secrets list` shows what it has.")
    if kept == "keyring":
        take_from_keyring(name)
    with _index_locked(places):
        if kept == "vault":
            change_vault(places, settings or Settings(), name, None)
        else:
            _write_names(places, set(_keyring_names(places)) - {name})
    return kept


def kept_secrets(places: Places) -> dict[str, Kept]:
    """Where each secret that Butler keeps is, by name; the keyring goes first.

    Raises SettingsError.
    """
    found: dict[str, Kept] = dict.fromkeys(vault_names(places), "vault")
    found |= dict.fromkeys(_keyring_names(places), "keyring")
    return dict(sorted(found.items()))


def list_secrets(places: Places) -> list[str]:
    """The names of the secrets that Butler keeps, sorted. Raises SettingsError."""
    return list(kept_secrets(places))


def _keyring_names(places: Places) -> list[str]:
    text = read_owned(_index(places))
    try:
        return sorted(str(name) for name in json.loads(text)) if text else []
    except ValueError as error:
        raise SettingsError(
            f"{_index(places)} is damaged; delete it and set the secrets again."
        ) from error


def _index_locked(places: Places) -> AbstractContextManager[None]:
    return locked(_index(places).with_suffix(".lock"))


def _index(places: Places) -> Path:
    return places.data / "secrets.json"


def _write_names(places: Places, names: set[str]) -> None:
    write_owned(_index(places), json.dumps(sorted(names), indent=1) + "\n")


def check_name(name: str) -> None:
    """Raises UsageError when nothing can be kept under that name."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a secret; use letters, digits and _, like OPENAI_API_KEY."
        )
