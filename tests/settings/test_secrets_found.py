"""Secrets come from the environment, a real keyring, systemd's credentials or a named file."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null
from keyring.errors import KeyringLocked

from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.settings import (
    Places,
    Settings,
    describe_keyring,
    find_secret,
    list_secrets,
    load,
    remove_secret,
    secret_source,
    store_secret,
)


class Vault(KeyringBackend):
    """A keyring that keeps what it is given as long as the test lasts."""

    priority = 5  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        del self.held[service, username]

    def _check(self) -> None:
        if self.locked:
            raise KeyringLocked("it is locked")


class PlaintextKeyring(Vault):
    """One that would write the secret into a file for all to read."""


class Weak(Vault):
    priority = 0.5  # type: ignore[assignment]


class Chain(chainer.ChainerBackend):
    """A chain of the backends that a test gives it."""

    backends: tuple[KeyringBackend, ...] = ()  # type: ignore[assignment]


@pytest.fixture
def vault() -> Iterator[Vault]:
    before = keyring.get_keyring()
    made = Vault()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.below(tmp_path / "home")


def test_a_stored_secret_is_found_listed_and_removed(vault: Vault, places: Places) -> None:
    store_secret("B_KEY", "two", places)
    store_secret("A_KEY", "one", places)
    assert list_secrets(places) == ["A_KEY", "B_KEY"]
    assert find_secret("A_KEY", Settings(), places, {}) == "one"
    assert secret_source("A_KEY", Settings(), places, {}) == "the keyring"
    remove_secret("A_KEY", places)
    assert list_secrets(places) == ["B_KEY"]
    assert find_secret("A_KEY", Settings(), places, {}) is None
    assert [name for _, name in vault.held] == ["B_KEY"]


def test_the_value_is_in_no_file(vault: Vault, places: Places) -> None:
    store_secret("A_KEY", "very secret", places)
    files = [path for path in places.config.parent.rglob("*") if path.is_file()]
    assert files
    assert all(b"very secret" not in path.read_bytes() for path in files)


def test_what_is_kept_is_for_its_owner_whatever_the_umask(vault: Vault, places: Places) -> None:
    before = os.umask(0)
    try:
        store_secret("A_KEY", "x", places)
    finally:
        os.umask(before)
    home = places.config.parent
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home, *home.rglob("*")))
    assert list_secrets(places) == ["A_KEY"]


def test_the_environment_goes_first(vault: Vault, places: Places) -> None:
    store_secret("A_KEY", "kept", places)
    environ = {"A_KEY": "given"}
    assert find_secret("A_KEY", Settings(), places, environ) == "given"
    assert secret_source("A_KEY", Settings(), places, environ) == "the environment"
    assert find_secret("A_KEY", Settings(), places, {"A_KEY": ""}) == "kept"


def test_a_locked_keyring_is_asked_only_for_what_it_has(vault: Vault, places: Places) -> None:
    store_secret("A_KEY", "kept", places)
    vault.locked = True
    assert find_secret("OTHER", Settings(), places, {}) is None
    with pytest.raises(SettingsError, match="did not give A_KEY: it is locked; unlock it"):
        find_secret("A_KEY", Settings(), places, {})
    with pytest.raises(SettingsError, match="did not take B_KEY"):
        store_secret("B_KEY", "x", places)
    with pytest.raises(SettingsError, match="did not remove A_KEY"):
        remove_secret("A_KEY", places)
    assert list_secrets(places) == ["A_KEY"]


@pytest.mark.parametrize("kind", [fail.Keyring, null.Keyring, PlaintextKeyring, Weak, Chain])
def test_what_keeps_nothing_safe_counts_as_no_keyring(
    vault: Vault, places: Places, kind: type[KeyringBackend]
) -> None:
    keyring.set_keyring(kind())
    with pytest.raises(SettingsError, match="no keyring to keep A_KEY in; set the environment var"):
        store_secret("A_KEY", "x", places)
    assert list_secrets(places) == []
    assert "environment variables" in describe_keyring()


def test_of_a_chain_only_the_real_keyring_is_used(
    vault: Vault, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = PlaintextKeyring()
    monkeypatch.setattr(Chain, "backends", (plain, vault))
    keyring.set_keyring(Chain())
    store_secret("A_KEY", "x", places)
    assert vault.held
    assert not plain.held


def test_a_keyring_that_is_gone_hides_what_it_had(vault: Vault, places: Places) -> None:
    store_secret("A_KEY", "x", places)
    keyring.set_keyring(fail.Keyring())
    assert find_secret("A_KEY", Settings(), places, {}) is None


@pytest.mark.parametrize("name", ["", "a b", "../x", "a=b", "x\n", "-x"])
def test_a_name_must_be_able_to_name_a_variable(vault: Vault, places: Places, name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a secret"):
        store_secret(name, "x", places)
    assert find_secret(name, Settings(), places, {name: "x"}) is None


def test_an_empty_or_unknown_secret_is_refused(vault: Vault, places: Places) -> None:
    with pytest.raises(UsageError, match="is empty"):
        store_secret("A_KEY", "", places)
    with pytest.raises(UsageError, match="keeps no secret A_KEY"):
        remove_secret("A_KEY", places)


def test_credentials_of_a_service_are_found(places: Places, tmp_path: Path) -> None:
    (tmp_path / "A_KEY").write_text("from systemd\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_secret("A_KEY", Settings(), places, environ) == "from systemd"
    assert find_secret("B_KEY", Settings(), places, environ) is None


def with_env_file(places: Places, text: str) -> tuple[Settings, Path]:
    places.config.parent.mkdir(mode=0o700)
    places.config.write_text('[secrets]\nenv_file = "my.env"\n')
    path = places.config.parent / "my.env"
    path.write_text(text)
    path.chmod(0o600)
    return load({}, places=places), path


def test_the_named_file_is_read_as_it_stands(places: Places) -> None:
    settings, _ = with_env_file(places, "# keys\nexport A_KEY='one two'\nB_KEY=$HOME/x\nC_KEY\n")
    assert find_secret("A_KEY", settings, places, {}) == "one two"
    assert find_secret("B_KEY", settings, places, {}) == "$HOME/x"
    assert find_secret("C_KEY", settings, places, {}) is None


def test_a_named_file_that_others_can_read_is_refused(places: Places) -> None:
    settings, path = with_env_file(places, "A_KEY=x\n")
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="open for others to read; run `chmod 600"):
        find_secret("A_KEY", settings, places, {})


def test_a_named_file_that_is_not_there_is_said(places: Places) -> None:
    settings, path = with_env_file(places, "")
    path.unlink()
    with pytest.raises(SettingsError, match=r"my.env is named in \[secrets\] as env_file"):
        find_secret("A_KEY", settings, places, {})


def test_a_damaged_index_is_said(places: Places) -> None:
    places.data.mkdir(parents=True)
    (places.data / "secrets.json").write_text("{nope")
    with pytest.raises(SettingsError, match="is damaged; delete it"):
        list_secrets(places)
