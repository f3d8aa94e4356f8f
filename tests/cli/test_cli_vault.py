"""`butler secrets` on a machine without a keyring: the vault is offered, made and opened."""

from __future__ import annotations

from command_line import CommandLine

PASSPHRASE = "correct horse"
OPENS = {"BUTLER_PASSPHRASE": PASSPHRASE}


def test_the_vault_is_offered_at_a_terminal_and_opened_once(butler: CommandLine) -> None:
    terminal = butler.on_terminal("secrets", "set", "OPENAI_API_KEY")
    terminal.wait_for("There is no keyring", "[y/N] ")
    terminal.type("y\n")
    for prompt, typed in (
        ("New passphrase", PASSPHRASE),
        ("The same again: ", PASSPHRASE),
        ("OPENAI_API_KEY (not shown): ", "planted-value"),
    ):
        terminal.wait_for(prompt)
        terminal.type(f"{typed}\n")
    assert terminal.end() == 0, terminal.shown
    assert "OPENAI_API_KEY is kept in the vault" in terminal.shown
    assert PASSPHRASE not in terminal.shown and "planted-value" not in terminal.shown
    assert butler("secrets", "list", "--json").lines == [
        {"name": "OPENAI_API_KEY", "kept_in": "vault"}
    ]

    doctor = butler.on_terminal("doctor")
    doctor.wait_for("Passphrase of the vault (Enter goes on without it): ")
    doctor.type("wrong\n")
    doctor.wait_for("does not open", "Passphrase of the vault")
    doctor.type(f"{PASSPHRASE}\n")
    assert doctor.end() == 0, doctor.shown
    assert "ok  secret OPENAI_API_KEY: from the vault" in doctor.out


def test_passphrases_that_differ_keep_nothing(butler: CommandLine) -> None:
    terminal = butler.on_terminal("secrets", "vault")
    terminal.wait_for("New passphrase")
    terminal.type(f"{PASSPHRASE}\n")
    terminal.wait_for("The same again: ")
    terminal.type("another one\n")
    assert terminal.end() == 2
    assert "not the same; nothing was kept" in terminal.shown
    assert not (butler.home / "data" / "vault.json").exists()


def test_off_a_terminal_the_ways_out_are_said(butler: CommandLine) -> None:
    done = butler("secrets", "set", "A_TOKEN", given="planted-value\n")
    assert done.code == 2
    for way in ("environment variable A_TOKEN", "BUTLER_PASSPHRASE", "passphrase_command"):
        assert way in done.err
    made = butler("secrets", "set", "A_TOKEN", "--vault", given="planted-value\n", env=OPENS)
    assert (made.code, "kept in the vault" in made.err) == (0, True)
    again = butler("secrets", "set", "B_TOKEN", given="another-value\n", env=OPENS)
    assert again.code == 0, again.err
    locked = butler("secrets", "remove", "A_TOKEN")
    assert (locked.code, "is locked; set BUTLER_PASSPHRASE" in locked.err) == (2, True)
    wrong = butler("secrets", "remove", "A_TOKEN", env={"BUTLER_PASSPHRASE": "wrong"})
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert butler("secrets", "remove", "A_TOKEN", env=OPENS).code == 0
    assert [line["name"] for line in butler("secrets", "list", "--json").lines] == ["B_TOKEN"]


def test_a_run_without_a_passphrase_says_why_the_key_is_missing(butler: CommandLine) -> None:
    butler("secrets", "set", "OPENAI_API_KEY", "--vault", given="planted-value\n", env=OPENS)
    done = butler("run", "What does the README say?", "--model", "openai/gpt-5-mini")
    assert done.code == 1
    assert "OPENAI_API_KEY is kept in the vault" in done.err
    assert "set BUTLER_PASSPHRASE" in done.err
