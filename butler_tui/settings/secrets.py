"""Secrets: found in the environment, the keyring, a credentials directory or a named file.

A keyring that keeps nothing, or keeps it as plain text, counts as none. Values are returned to
whoever needs them at the last moment and are kept nowhere by Butler.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places

SERVICE = "butler"
_UNSAFE = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


def find_secret(
    name: str, settings: Settings, places: Places, environ: Mapping[str, str] | None = None
) -> str | None:
    """The secret of that name, or None. May block on a keyring: call it in a thread."""
    environ = os.environ if environ is None else environ
    return (
        environ.get(name)
        or _from_keyring(name)
        or _from_folder(name, environ.get("CREDENTIALS_DIRECTORY"))
        or _from_file(name, settings.secrets.env_file, places)
    )


def store_secret(name: str, value: str, places: Places) -> None:
    """Keep a secret in the keyring. Raises UsageError when there is none."""
    keyring = _keyring()
    if keyring is None:
        raise UsageError(
            f"There is no keyring here that keeps secrets safely; set the environment variable "
            f"{name} instead."
        )
    _named(lambda: keyring.set_password(SERVICE, name, value))
    _write_names(places, sorted({*list_secrets(places), name}))


def remove_secret(name: str, places: Places) -> None:
    """Remove a secret from the keyring. Raises UsageError when it is not there."""
    keyring = _keyring()
    if keyring is None or _from_keyring(name) is None:
        raise UsageError(f"The keyring holds no secret {name}; `butler secrets list` shows them.")
    _named(lambda: keyring.delete_password(SERVICE, name))
    _write_names(places, [one for one in list_secrets(places) if one != name])


def list_secrets(places: Places) -> list[str]:
    """The names of the secrets that were kept with `butler secrets set`."""
    try:
        names: Any = json.loads(_names_file(places).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return []
    return [one for one in names if isinstance(one, str)] if isinstance(names, list) else []


def describe_keyring() -> tuple[bool, str]:
    """Whether secrets can be kept, and in what, in a sentence."""
    keyring = _keyring()
    if keyring is None:
        return False, "no keyring that keeps secrets safely; use environment variables"
    return True, f"secrets are kept in {type(keyring).__module__}"


def _keyring() -> Any | None:  # noqa: ANN401  (a keyring backend)
    import keyring
    from keyring.errors import KeyringError

    try:
        backend: Any = keyring.get_keyring()
    except (KeyringError, RuntimeError, OSError):
        return None
    chained: Any = getattr(backend, "backends", None)
    every = list(chained) if chained is not None else [backend]
    safe = [one for one in every if not type(one).__module__.startswith(_UNSAFE)]
    return safe[0] if safe else None


def _from_keyring(name: str) -> str | None:
    from keyring.errors import KeyringError

    keyring = _keyring()
    if keyring is None:
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except (KeyringError, RuntimeError, OSError):
        return None


def _named(work: Any) -> None:  # noqa: ANN401  (a call of the keyring)
    from keyring.errors import KeyringError

    try:
        work()
    except (KeyringError, RuntimeError, OSError) as error:
        raise UsageError(
            f"The keyring did not take it ({type(error).__name__}); unlock it and try again, "
            "or set an environment variable instead."
        ) from error


def _from_folder(name: str, folder: str | None) -> str | None:
    if not folder:
        return None
    try:
        return (Path(folder) / name).read_text(encoding="utf-8").rstrip("\n") or None
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def _from_file(name: str, file: str | None, places: Places) -> str | None:
    if file is None:
        return None
    path = places.settings / Path(file).expanduser()
    try:
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(f"{path} can be read by others; run `chmod 600 {path}`.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{path}, named as [secrets] env_file, cannot be read; correct the path."
        ) from error
    for line in text.splitlines():
        key, found, value = line.strip().removeprefix("export ").partition("=")
        if found and key.strip() == name:
            return value.strip().strip("\"'") or None
    return None


def _names_file(places: Places) -> Path:
    return places.data / "secrets.json"


def _write_names(places: Places, names: list[str]) -> None:
    places.data.mkdir(parents=True, exist_ok=True)
    _names_file(places).write_text(json.dumps(names), encoding="utf-8")
