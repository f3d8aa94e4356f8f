"""Secrets by name: from the environment, the keyring, systemd's credentials, a file named here.

Values are returned to whoever needs one and go nowhere else; only names are kept by Butler, since
a keyring cannot list what it holds.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings.files import locked, read_owned, write_owned
from butler_tui.settings.keyrings import ask_keyring, put_into_keyring, take_from_keyring
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def find_secret(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
) -> str | None:
    """The secret of that name, None when nothing has one. May block: call it in a thread.

    The keyring is asked only for what Butler put there: a locked one would ask for its password.
    Raises SettingsError when the keyring is locked, or when the file that `[secrets] env_file`
    names is missing or can be read by others.
    """
    return next((secret for _, secret in _found(name, settings, places, environ)), None)


def secret_source(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
) -> str | None:
    """Where the secret of that name comes from, in words, never the secret itself."""
    return next((source for source, _ in _found(name, settings, places, environ)), None)


def _found(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None
) -> Iterator[tuple[str, str]]:
    if not _NAME.fullmatch(name):
        return
    environ = os.environ if environ is None else environ
    sources: list[tuple[str, Callable[[], str | None]]] = [
        ("the environment", lambda: environ.get(name)),
        ("the keyring", lambda: _from_keyring(name, places)),
        ("$CREDENTIALS_DIRECTORY", lambda: _credential(name, environ)),
        ("the file named in [secrets]", lambda: _from_env_file(name, settings)),
    ]
    for source, look in sources:
        if secret := look():
            yield source, secret


def _from_keyring(name: str, places: Places) -> str | None:
    return ask_keyring(name) if name in list_secrets(places) else None


def _credential(name: str, environ: Mapping[str, str]) -> str | None:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        return None
    try:
        return (Path(folder) / name).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        return None


def _from_env_file(name: str, settings: Settings) -> str | None:
    path = settings.secrets.env_file
    if path is None:
        return None
    from dotenv import dotenv_values

    text = read_owned(path, secret=True)
    if text is None:
        raise SettingsError(f"{path} is named in [secrets] as env_file, but it is not there.")
    return dotenv_values(stream=io.StringIO(text), interpolate=False).get(name)


def store_secret(name: str, secret: str, places: Places) -> None:
    """Keep a secret in the keyring. Raises UsageError for a bad name, SettingsError without one."""
    _check_name(name)
    if not secret:
        raise UsageError(f"The value of {name} is empty; remove it with `butler secrets remove`.")
    put_into_keyring(name, secret)
    with locked(_index(places).with_suffix(".lock")):
        _write_names(places, {*list_secrets(places), name})


def remove_secret(name: str, places: Places) -> None:
    """Remove a secret from the keyring. Raises UsageError when Butler keeps none of that name."""
    _check_name(name)
    if name not in list_secrets(places):
        raise UsageError(f"Butler keeps no secret {name}; `butler secrets list` shows what it has.")
    take_from_keyring(name)
    with locked(_index(places).with_suffix(".lock")):
        _write_names(places, set(list_secrets(places)) - {name})


def list_secrets(places: Places) -> list[str]:
    """The names of the secrets that Butler keeps in the keyring, sorted. Raises SettingsError."""
    text = read_owned(_index(places))
    try:
        return sorted(str(name) for name in json.loads(text)) if text else []
    except ValueError as error:
        raise SettingsError(
            f"{_index(places)} is damaged; delete it and set the secrets again."
        ) from error


def _index(places: Places) -> Path:
    return places.data / "secrets.json"


def _write_names(places: Places, names: set[str]) -> None:
    write_owned(_index(places), json.dumps(sorted(names), indent=1) + "\n")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a secret; use letters, digits and _, like OPENAI_API_KEY."
        )
