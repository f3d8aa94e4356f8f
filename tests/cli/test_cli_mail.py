"""`butler mail`: an account set up and proven against real servers, and used by recipes."""

from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest
from command_line import CommandLine
from mail_servers import PASSWORD, USER, Mailbox, Postbox

OWN = {"MAIL_PASSWORD": PASSWORD}


def at_both(postbox: Postbox, mailbox: Mailbox, butler: CommandLine) -> list[str]:
    """How an account at the two test servers is set up."""
    trusted = butler.home / "ca.pem"
    trusted.write_bytes(postbox.ca_file.read_bytes() + mailbox.ca_file.read_bytes())
    smtp, imap = f"127.0.0.1:{postbox.ports['starttls']}", f"127.0.0.1:{mailbox.port}"
    words = ["mail", "setup", "me@example.org", "--smtp", smtp, "--imap", imap]
    return [*words, "--user", USER, "--ca-file", str(trusted), "--security", "starttls"]


def test_an_account_is_set_up_only_when_both_servers_take_it(
    butler: CommandLine, postbox: Postbox, mailbox: Mailbox
) -> None:
    config = butler.home / "config.toml"
    config.write_text("# mine\n[limits]\nsteps = 7   # few\n")
    config.chmod(0o600)
    words = at_both(postbox, mailbox, butler)
    refused = butler(*words, env={"MAIL_PASSWORD": "wrong"})
    assert (refused.code, "Nothing was kept" in refused.err) == (1, True), refused.err
    assert "[mail]" not in config.read_text()
    done = butler(*words, env=OWN)
    assert done.code == 0, done.err
    assert PASSWORD not in done.err + config.read_text()
    assert config.read_text().startswith("# mine\n[limits]\nsteps = 7   # few\n")
    tried = butler("mail", "test", env=OWN)
    assert (tried.code, tried.out.count("ok ")) == (0, 2), tried
    wrong = butler("mail", "test", env={"MAIL_PASSWORD": "wrong"})
    assert (wrong.code, wrong.out.count("problem  ")) == (1, 2)
    none = butler("mail", "test")
    assert (none.code, "butler secrets set MAIL_PASSWORD" in none.err) == (2, True)


def test_off_a_terminal_what_is_missing_is_named(butler: CommandLine) -> None:
    for words, said in (
        ((), "mail address is not given"),
        (("nobody",), "no mail address"),
        (("me@example.org",), "Server that sends is not given"),
        (("me@example.org", "--provider", "mine"), "known: gmail"),
        (("me@example.org", "--smtp", "a b", "--imap", "c"), "host or host:port"),
    ):
        refused = butler("mail", "setup", *words)
        assert (refused.code, said in refused.err) == (2, True), refused.err


def test_on_a_terminal_the_rest_is_asked(
    butler: CommandLine, postbox: Postbox, mailbox: Mailbox
) -> None:
    words = at_both(postbox, mailbox, butler)
    at = words.index("--imap")
    imap = words[at + 1]
    terminal = butler.on_terminal(*words[:at], *words[at + 2 :])
    terminal.wait_for("Your name")
    terminal.type("Ada Lovelace\n")
    terminal.wait_for("Server that keeps your mail (Enter for imap.example.org:993): ")
    terminal.type(f"{imap}\n")
    terminal.wait_for("(the vault)? [y/N] ")
    terminal.type("\n")
    terminal.wait_for("MAIL_PASSWORD (not shown): ")
    terminal.type("wrong\n")
    terminal.wait_for("Try once more", "MAIL_PASSWORD (not shown): ")
    terminal.type(f"{PASSWORD}\n")
    assert terminal.end() == 0, terminal.shown
    assert "Both took the login" in terminal.shown
    assert PASSWORD not in terminal.shown
    written = tomllib.loads((butler.home / "config.toml").read_text())["mail"]
    assert written["name"] == "Ada Lovelace"
    assert written["imap"]["host"] == "127.0.0.1"


@pytest.mark.parametrize("env", [{}, OWN])
def test_what_is_not_ready_says_so(butler: CommandLine, env: dict[str, str]) -> None:
    rows: list[Any] = butler("tools", "--json", env=env).lines
    missing = {row["name"]: row["missing"] for row in rows if "_mail" in row["name"]}
    assert missing
    assert {one["command"] for one in missing.values()} == {"butler mail setup"}
    assert json.dumps(missing)
