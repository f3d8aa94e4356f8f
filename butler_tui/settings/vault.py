"""The vault: secrets in one encrypted file, for machines that have no keyring.

A JSON object: names and costs in the open, values not. The key is made from a passphrase by
scrypt, at the costs that the file states; AES-GCM seals the values together with all the rest, so
that a changed name or cost does not open. Names are open so that nobody is asked for a passphrase
for a secret that is not in there.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from butler_tui.core.errors import SettingsError
from butler_tui.settings.files import read_owned, write_owned

_FORMAT = "butler-vault"
_VERSION = 1
_MOST_MEMORY = 1 << 30


class WrongPassphraseError(SettingsError):
    """The passphrase does not open the vault."""


@dataclass(frozen=True, slots=True)
class Costs:
    """How dear scrypt makes each guess of the passphrase: by default 128 MB and half a second."""

    n: int = 1 << 17
    r: int = 8
    p: int = 1

    @property
    def bearable(self) -> bool:
        """True for costs that scrypt takes and this machine can be asked to pay."""
        power = self.n > 1 and self.n & (self.n - 1) == 0
        return power and self.r > 0 and 0 < self.p <= 16 and 128 * self.n * self.r <= _MOST_MEMORY


@dataclass(frozen=True, slots=True)
class Key:
    """The key of one vault, and from which salt at which costs it was made."""

    salt: bytes
    costs: Costs
    data: bytes

    @classmethod
    def made(cls, passphrase: str, salt: bytes, costs: Costs) -> Key:
        """The key that the passphrase makes. Blocks for as long as the costs say."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        scrypt = Scrypt(salt=salt, length=32, n=costs.n, r=costs.r, p=costs.p)
        return cls(salt, costs, scrypt.derive(passphrase.encode("utf-8", "surrogateescape")))

    @classmethod
    def new(cls, passphrase: str, costs: Costs | None = None) -> Key:
        """A key for a vault that is made anew."""
        return cls.made(passphrase, os.urandom(16), costs or Costs())


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault as its file holds it, still sealed."""

    path: Path
    names: tuple[str, ...]
    salt: bytes
    costs: Costs
    nonce: bytes
    sealed: bytes

    @classmethod
    def read(cls, path: Path) -> Vault | None:
        """The vault at `path`, None when there is none. Raises SettingsError."""
        text = read_owned(path, secret=True)
        if text is None:
            return None
        try:
            found = json.loads(text)
            newer = found["format"] == _FORMAT and found["version"] > _VERSION
            if not newer:
                return cls._of(path, found)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise SettingsError(
                f"{path} is damaged; restore a copy, or delete it and set the secrets again."
            ) from error
        raise SettingsError(f"{path} was written by a newer Butler; update Butler to open it.")

    @classmethod
    def _of(cls, path: Path, found: Any) -> Vault:  # noqa: ANN401  (JSON)
        costs = Costs(**{name: int(found["scrypt"][name]) for name in ("n", "r", "p")})
        if found["format"] != _FORMAT or found["version"] != _VERSION or not costs.bearable:
            raise ValueError("no vault")
        salt, nonce, sealed = (
            base64.b64decode(part, validate=True)
            for part in (found["scrypt"]["salt"], found["nonce"], found["values"])
        )
        if len(nonce) != 12:
            raise ValueError("no nonce")
        names = tuple(str(name) for name in found["names"])
        return cls(path, names, salt, costs, nonce, sealed)

    def key(self, passphrase: str) -> Key:
        """The key that a passphrase makes for this vault, right or wrong. Blocks."""
        return Key.made(passphrase, self.salt, self.costs)

    def values(self, key: Key) -> dict[str, str]:
        """Every secret by its name. Raises WrongPassphraseError."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head = _head(self.names, self.salt, self.costs)
        try:
            opened = AESGCM(key.data).decrypt(self.nonce, self.sealed, _bytes(head))
        except InvalidTag as error:
            raise WrongPassphraseError(f"That passphrase does not open {self.path}.") from error
        return json.loads(opened)


def write_vault(path: Path, key: Key, values: Mapping[str, str]) -> None:
    """Replace the vault at `path`, whole or not at all. Raises SettingsError."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = _head(sorted(values), key.salt, key.costs)
    nonce = os.urandom(12)
    sealed = AESGCM(key.data).encrypt(nonce, _bytes(dict(values)), _bytes(head))
    whole = {**head, "nonce": _base64(nonce), "values": _base64(sealed)}
    write_owned(path, json.dumps(whole, indent=1) + "\n")


def _head(names: Iterable[str], salt: bytes, costs: Costs) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "scrypt": {**asdict(costs), "salt": _base64(salt)},
        "names": list(names),
    }


def _bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
