"""The vault: secrets in an encrypted file, opened by a passphrase once per process."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import fail

from butler_tui.core.errors import SettingsError
from butler_tui.settings import (
    KNOWN,
    Places,
    Settings,
    find_secret,
    kept_secrets,
    list_secrets,
    remove_secret,
    secret_source,
    store_secret,
    unlocking,
)
from butler_tui.settings.model import SecretSettings
from butler_tui.settings.unlocking import (
    VaultLockedError,
    is_open,
    make_vault,
    unlock,
    vault_path,
)
from butler_tui.settings.vault import Costs, WrongPassphraseError

CHEAP = Costs(n=2)
PASSPHRASE = "correct horse"
OPENS = {"BUTLER_PASSPHRASE": PASSPHRASE}


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Places]:
    """A machine without a keyring, and with a vault that holds one secret; it is closed again."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    places = Places.below(tmp_path / "home")
    make_vault(places, PASSPHRASE, CHEAP)
    store_secret("A_KEY", "first value", places, vault=True)
    lock()
    yield places
    keyring.set_keyring(before)
    lock()


def lock() -> None:
    """As in a new process."""
    unlocking._keys.clear()


def change(places: Places, **fields: Any) -> None:
    found = json.loads(vault_path(places).read_text())
    vault_path(places).write_text(json.dumps({**found, **fields}))


def test_what_is_kept_is_found_listed_and_removed(places: Places) -> None:
    assert kept_secrets(places) == {"A_KEY": "vault"}
    assert find_secret("A_KEY", Settings(), places, OPENS) == "first value"
    assert secret_source("A_KEY", Settings(), places, OPENS) == "the vault"
    store_secret("B_KEY", "second value", places, vault=True)
    assert list_secrets(places) == ["A_KEY", "B_KEY"]
    assert remove_secret("A_KEY", places) == "vault"
    lock()
    assert find_secret("A_KEY", Settings(), places, OPENS) is None
    assert find_secret("B_KEY", Settings(), places, OPENS) == "second value"


def test_the_file_is_its_owners_and_holds_no_value(places: Places) -> None:
    path = vault_path(places)
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"first value" not in path.read_bytes()
    found = json.loads(path.read_text())
    assert (found["version"], found["scrypt"]["n"], found["names"]) == (1, 2, ["A_KEY"])
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="open for others to read"):
        list_secrets(places)


def test_a_wrong_passphrase_is_one_sentence(places: Places) -> None:
    with pytest.raises(WrongPassphraseError, match=r"^The passphrase from BUTLER_PASSPHRASE does "):
        find_secret("A_KEY", Settings(), places, {"BUTLER_PASSPHRASE": "wrong"})
    with pytest.raises(WrongPassphraseError, match="does not open"):
        unlock(places, "wrong")
    assert not is_open(places)


def test_without_a_passphrase_a_secret_is_missing_and_it_is_said_why(places: Places) -> None:
    with pytest.raises(VaultLockedError, match=r"A_KEY is kept in the vault.*BUTLER_PASSPHRASE"):
        find_secret("A_KEY", Settings(), places, {})
    assert find_secret("OTHER", Settings(), places, {}) is None
    assert find_secret("A_KEY", Settings(), places, {"A_KEY": "given"}) == "given"


def test_a_later_source_serves_while_the_vault_is_locked(places: Places, tmp_path: Path) -> None:
    (tmp_path / "A_KEY").write_text("from systemd\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert find_secret("A_KEY", Settings(), places, environ) == "from systemd"


def test_once_open_it_stays_open_for_the_process(places: Places) -> None:
    unlock(places, PASSPHRASE)
    assert is_open(places)
    assert find_secret("A_KEY", Settings(), places, {}) == "first value"
    assert KNOWN.text("first value, correct horse") == "[secret A_KEY], [secret passphrase]"


def test_a_new_passphrase_replaces_the_old_one(places: Places) -> None:
    with pytest.raises(VaultLockedError, match="is locked"):
        make_vault(places, "another one", CHEAP)
    unlock(places, PASSPHRASE)
    make_vault(places, "another one", CHEAP)
    lock()
    with pytest.raises(WrongPassphraseError):
        unlock(places, PASSPHRASE)
    assert (
        find_secret("A_KEY", Settings(), places, {"BUTLER_PASSPHRASE": "another one"})
        == "first value"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"names": ["A_KEY", "B_KEY"]},
        {"values": "AAAA"},
        {"scrypt": {"n": 4, "r": 8, "p": 1, "salt": "AAAA"}},
    ],
)
def test_what_was_changed_in_the_file_does_not_open(places: Places, fields: Any) -> None:
    change(places, **fields)
    with pytest.raises(SettingsError, match="does not open"):
        find_secret("A_KEY", Settings(), places, OPENS)


@pytest.mark.parametrize(
    "fields",
    [
        {"scrypt": {"n": 1 << 40, "r": 8, "p": 1, "salt": "AAAA"}},
        {"scrypt": {"n": 3, "r": 8, "p": 1, "salt": "AAAA"}},
        {"scrypt": None},
        {"nonce": "AAAA"},
        {"names": None},
        {"format": "another"},
        {"version": "1"},
    ],
)
def test_a_damaged_file_is_said_to_be(places: Places, fields: Any) -> None:
    change(places, **fields)
    with pytest.raises(SettingsError, match="is damaged; restore a copy"):
        find_secret("A_KEY", Settings(), places, OPENS)


def test_a_newer_format_is_not_taken_for_damage(places: Places) -> None:
    change(places, version=2)
    with pytest.raises(SettingsError, match="newer Butler"):
        list_secrets(places)


def command(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_command_gives_the_passphrase(places: Places) -> None:
    secrets = SecretSettings(passphrase_command=command(f"print({PASSPHRASE!r}); print('more')"))
    assert find_secret("A_KEY", Settings(secrets=secrets), places, {}) == "first value"


def test_a_command_gives_a_secret_once(places: Places, tmp_path: Path) -> None:
    asks = f"open({str(tmp_path / 'n')!r}, 'a').write('x'); print('by command')"
    settings = Settings(secrets=SecretSettings(commands={"C_KEY": command(asks)}))
    assert find_secret("C_KEY", settings, places, {}) == "by command"
    assert secret_source("C_KEY", settings, places, {}) == "its command in [secrets]"
    assert (tmp_path / "n").read_text() == "x"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (command("import sys; print('s3cret value'); sys.exit('s3cret value')"), "status 1"),
        (command(""), "gave nothing"),
        (("/no/such/program",), "No such file"),
    ],
)
def test_a_command_that_fails_is_named_and_not_quoted(
    places: Places, words: tuple[str, ...], says: str
) -> None:
    settings = Settings(secrets=SecretSettings(commands={"C_KEY": words}))
    with pytest.raises(SettingsError, match=says) as caught:
        find_secret("C_KEY", settings, places, {})
    assert "s3cret" not in str(caught.value)


def test_hosts_are_read_as_origins() -> None:
    secrets = SecretSettings(
        hosts={"T": ("API.github.com", "example.org:8443", "http://127.0.0.1:80")}
    )
    assert Settings(secrets=secrets).option("secrets.hosts.T") == (
        "https://api.github.com,https://example.org:8443,http://127.0.0.1:80"
    )
