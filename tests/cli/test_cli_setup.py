"""`butler setup` and `butler secrets`: a model's name, and its key in a real keyring."""

from __future__ import annotations

import json

import pytest
from command_line import CommandLine

VAULT = """
import json, os
from pathlib import Path
from keyring.backend import KeyringBackend

FILE = Path(os.environ["HOME"]) / "vault.json"

class Vault(KeyringBackend):
    priority = 5

    def _all(self):
        return json.loads(FILE.read_text()) if FILE.exists() else {}

    def get_password(self, service, username):
        return self._all().get(username)

    def set_password(self, service, username, password):
        FILE.write_text(json.dumps({**self._all(), username: password}))

    def delete_password(self, service, username):
        FILE.write_text(json.dumps({k: v for k, v in self._all().items() if k != username}))
"""


@pytest.fixture
def vault(butler: CommandLine) -> dict[str, str]:
    """A keyring, as the environment names it."""
    (butler.home.parent / "vault.py").write_text(VAULT)
    path = f"{butler.environ['PYTHONPATH']}:{butler.home.parent}"
    return {"PYTHONPATH": path, "PYTHON_KEYRING_BACKEND": "vault.Vault"}


def test_a_model_is_set_up_and_its_key_kept(butler: CommandLine, vault: dict[str, str]) -> None:
    config = butler.home / "config.toml"
    config.write_text("# mine\n[limits]\nsteps = 7   # few\n")
    config.chmod(0o600)
    terminal = butler.on_terminal("setup", env=vault)
    terminal.wait_for("Model: ")
    terminal.type("mistral/large\n")
    terminal.wait_for("MISTRAL_API_KEY (not shown): ")
    terminal.type("s3cret\n")
    assert terminal.end() == 0, terminal.shown
    assert "s3cret" not in terminal.shown
    assert config.read_text().startswith("# mine\n[limits]\nsteps = 7   # few\n")
    assert 'name = "mistral/large"' in config.read_text()
    kept = json.loads((butler.home.parent / "vault.json").read_text())
    assert kept == {"MISTRAL_API_KEY": "s3cret"}

    again = butler.on_terminal("setup", env=vault)
    again.wait_for("(Enter keeps mistral/large): ")
    again.type("ollama_chat/qwen3\n")
    again.wait_for("Address of its server")
    again.type("\n")
    assert again.end() == 0, again.shown
    assert "http://127.0.0.1:11434" in config.read_text()


def test_without_a_keyring_the_variable_is_named(butler: CommandLine) -> None:
    terminal = butler.on_terminal("setup")
    terminal.wait_for("Model: ")
    terminal.type("openai/gpt-5-mini\n")
    terminal.wait_for("There is no keyring", "OPENAI_API_KEY in a file", "[y/N] ")
    terminal.type("\n")
    assert terminal.end() == 0
    assert "export OPENAI_API_KEY=" in terminal.shown
    assert (butler.home / "config.toml").stat().st_mode & 0o077 == 0


def test_nothing_typed_changes_nothing(butler: CommandLine) -> None:
    terminal = butler.on_terminal("setup")
    terminal.wait_for("Model: ")
    terminal.type("\n")
    assert terminal.end() == 2
    assert "nothing was changed" in terminal.shown
    assert not (butler.home / "config.toml").exists()


def test_secrets_are_kept_listed_and_removed(butler: CommandLine, vault: dict[str, str]) -> None:
    kept = butler("secrets", "set", "A_TOKEN", given="value\n", env=vault)
    assert (kept.code, kept.out) == (0, "")
    listed = butler("secrets", "list", "--json", env=vault)
    assert listed.lines == [{"name": "A_TOKEN", "kept_in": "keyring"}]
    assert json.loads((butler.home.parent / "vault.json").read_text()) == {"A_TOKEN": "value"}
    assert butler("secrets", "remove", "A_TOKEN", env=vault).code == 0
    assert butler("secrets", "list", env=vault).out == ""
    gone = butler("secrets", "remove", "A_TOKEN", env=vault)
    assert (gone.code, "no secret A_TOKEN" in gone.err) == (2, True)
    nowhere = butler("secrets", "set", "A_TOKEN", given="value\n")
    assert (nowhere.code, "environment variable A_TOKEN" in nowhere.err) == (2, True)
