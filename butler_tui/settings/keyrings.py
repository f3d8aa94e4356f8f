"""The system's keyring, when there is one that really keeps a secret.

A backend that stores plain text, nothing at all, or only raises counts as no keyring: with a
package like keyrings.alt somewhere in the environment, the library would pick one by itself.
Everything here may block on a locked keyring's prompt: call it in a thread, with a time-out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler_tui.core.errors import SettingsError

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

SERVICE = "butler"

_KEEPS_NOTHING = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


def usable_keyring() -> KeyringBackend | None:
    """The keyring that keeps secrets here; None when there is none."""
    import keyring
    from keyring.backends.chainer import ChainerBackend

    found = keyring.get_keyring()
    candidates = found.backends if isinstance(found, ChainerBackend) else [found]
    return next((one for one in candidates if _keeps_secrets(one)), None)


def _keeps_secrets(backend: KeyringBackend) -> bool:
    kind = type(backend)
    if kind.__module__.startswith(_KEEPS_NOTHING) or "plaintext" in kind.__name__.lower():
        return False
    return bool(backend.priority >= 1)


def describe_keyring() -> str:
    """The keyring in a sentence, for `butler doctor`."""
    import keyring

    backend = usable_keyring()
    if backend is not None:
        return f"Secrets are kept in {backend.name}."
    found = type(keyring.get_keyring())
    if found.__module__.startswith("keyring.backends.fail"):
        return (
            "There is no keyring on this system; secrets come from environment variables or the "
            "vault."
        )
    return (
        f"The keyring here ({found.__module__}.{found.__name__}) does not keep secrets safe, so it "
        "is not used; secrets come from environment variables or the vault."
    )


def ask_keyring(name: str) -> str | None:
    """The secret of that name; None when it or the keyring is not there. Raises SettingsError."""
    backend = usable_keyring()
    if backend is None:
        return None
    try:
        return backend.get_password(SERVICE, name)
    except Exception as error:  # a backend raises whatever its service raises
        raise SettingsError(
            f"{backend.name} did not give {name}: {error}; unlock it and try again."
        ) from error


def put_into_keyring(name: str, secret: str) -> None:
    """Keep a secret. Raises SettingsError when there is no keyring, or it refuses."""
    backend = usable_keyring()
    if backend is None:
        raise SettingsError(
            f"There is no keyring to keep {name} in; set the environment variable {name} instead, "
            f"or keep it in an encrypted file: butler secrets set {name} --vault"
        )
    try:
        backend.set_password(SERVICE, name, secret)
    except Exception as error:  # a backend raises whatever its service raises
        raise SettingsError(
            f"{backend.name} did not take {name}: {error}; unlock it and try again."
        ) from error


def take_from_keyring(name: str) -> None:
    """Remove a secret, if it is there. Raises SettingsError when the keyring refuses."""
    backend = usable_keyring()
    if backend is None:
        raise SettingsError(f"There is no keyring here, so {name} cannot be removed from it.")
    try:
        if backend.get_password(SERVICE, name) is not None:
            backend.delete_password(SERVICE, name)
    except Exception as error:  # a backend raises whatever its service raises
        raise SettingsError(
            f"{backend.name} did not remove {name}: {error}; unlock it and try again."
        ) from error
