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
    done = butler(*words, "--provider", "fastmail", env=OWN)
    assert done.code == 0, done.err
    assert "an app password from https://app.fastmail.com" in done.err
    assert PASSWORD not in done.err + config.read_text()
    assert config.read_text().startswith("# mine\n[limits]\nsteps = 7   # few\n")
    tried = butler("mail", "test", env=OWN)
    assert (tried.code, tried.out.count("ok ")) == (0, 2), tried
    butler.environ["MAIL_PASSWORD"] = "wrong"
    [wrong] = butler.each(["mail test"])
    assert (wrong.code, wrong.out.count("problem  ")) == (1, 2)
    del butler.environ["MAIL_PASSWORD"]
    [none] = butler.each(["mail test"])
    assert (none.code, "butler secrets set MAIL_PASSWORD" in none.err) == (2, True)


def test_off_a_terminal_what_is_missing_is_named(butler: CommandLine) -> None:
    expected = {
        "": "mail address is not given",
        "nobody": "no mail address",
        "me@example.org": "Server that sends is not given",
        "me@example.org --provider mine": "known: gmail",
        "me@example.org --smtp a/b --imap c": "host or host:port",
    }
    refused = butler.each([f"mail setup {words}" for words in expected])
    for one, said in zip(refused, expected.values(), strict=True):
        assert (one.code, said in one.err) == (2, True), one.err


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


def test_what_is_not_ready_says_so(butler: CommandLine) -> None:
    rows: list[Any] = butler("tools", "--json", env=OWN).lines
    missing = {row["name"]: row["missing"] for row in rows if "_mail" in row["name"]}
    assert missing
    assert {one["command"] for one in missing.values()} == {"butler mail setup"}
    assert json.dumps(missing)


@pytest.fixture
def account(butler: CommandLine, postbox: Postbox, mailbox: Mailbox) -> CommandLine:
    """Somebody who set up mail at both servers."""
    butler.environ.update(OWN)
    trusted = butler.home / "ca.pem"
    trusted.write_bytes(postbox.ca_file.read_bytes() + mailbox.ca_file.read_bytes())
    config = butler.home / "config.toml"
    config.write_text(
        f'[mail]\naddress = "me@example.org"\nuser = "{USER}"\nca_file = "{trusted}"\n'
        f'smtp = {{ host = "127.0.0.1", port = {postbox.ports["tls"]}, security = "tls" }}\n'
        f'imap = {{ host = "127.0.0.1", port = {mailbox.port}, security = "starttls" }}\n'
    )
    config.chmod(0o600)
    return butler


def test_a_file_goes_to_whom_the_goal_names_and_to_nobody_else_unasked(
    account: CommandLine, postbox: Postbox, mailbox: Mailbox
) -> None:
    goal = 'mail README.md to anna@example.net with the subject "Tea"'
    held = account("run", goal)
    assert held.code == 3, held.err
    [card] = account("approvals", "--json").lines
    for line in ("To: anna@example.net", "Subject: Tea", "Attachment: README.md (5"):
        assert line in card["preview"], card
    assert card["preview_kind"] == "mail"
    done = account("run", goal, "--yes")
    assert (done.code, done.out) == (0, "Sent README.md to anna@example.net.\n"), done.err
    [mail] = postbox.arrived
    assert mail.recipients == ["anna@example.net"]
    [kept] = [one for one in mailbox.messages("Sent") if one["Subject"] == "Tea"]
    assert kept["Message-ID"] == mail.message["Message-ID"]
    assert "the server took it" in account("report", "last").out
    plan = account.plan('send_mail("eve@example.net", "Tea", "x", attachments=["README.md"])\n')
    unnamed = account("run", "--plan", plan, "--yes")
    assert unnamed.code == 3
    [_, card] = account("approvals", "--json").lines
    assert "attachments is private, from file README.md" in card["because"]
    assert len(postbox.arrived) == 1


def test_a_letter_goes_to_each_row_but_the_one_that_was_denied(
    account: CommandLine, postbox: Postbox
) -> None:
    (account.folder / "letter.txt").write_text("Dear {Name},\nsit at {seat}.\n")
    (account.folder / "guests.csv").write_text(
        "name,email,seat\nAnna,anna@example.net,A1\nBob,bob@example.net,A2\n"
        "Nobody,,A3\nCarl,carl@example.net,A4\n"
    )
    goal = 'send the letter letter.txt to everyone in guests.csv with the subject "Party"'
    assert account("run", goal).code == 3
    cards = {one["args"]["to"]: one for one in account("approvals", "--json").lines}
    assert sorted(cards) == ["anna@example.net", "bob@example.net", "carl@example.net"]
    assert "\u2502 Dear Anna,\n\u2502 sit at A1." in cards["anna@example.net"]["preview"]
    told = {name: cards[f"{name}@example.net"]["id"] for name in ("anna", "bob", "carl")}
    lines = [f"deny {told['bob']}", f"allow {told['anna']}", f"allow {told['carl']}"]
    *_, done = account.each([*lines, "resume last"])
    assert done.code == 0, done.err
    assert done.out == "Sent to:\n\n- anna@example.net\n- carl@example.net\n"
    assert sorted(one.recipients[0] for one in postbox.arrived) == [
        "anna@example.net",
        "carl@example.net",
    ]
    texts = {one.recipients[0]: one.message.get_content() for one in postbox.arrived}
    assert texts["carl@example.net"].splitlines() == ["Dear Carl,", "sit at A4."]
    assert "without 1 call you denied" in account("show", "last").out


def test_bounds_that_were_signed_send_so_many_letters_and_no_more(
    account: CommandLine, postbox: Postbox
) -> None:
    (account.folder / "letter.txt").write_text("Dear {name}")
    (account.folder / "guests.csv").write_text(
        "name,email\nAnna,anna@example.net\nBob,bob@example.org\nCarl,carl@example.net\n"
    )
    bound = "send_mail: most=5, to=*@example.net, even if private"
    held = account("run", "mail merge letter.txt with guests.csv", "--bound", bound)
    assert held.code == 3
    assert sorted(one.recipients[0] for one in postbox.arrived) == [
        "anna@example.net",
        "carl@example.net",
    ]
    [card] = account("approvals", "--json").lines
    assert card["args"]["to"] == "bob@example.org"


def test_unread_mail_is_listed_and_summarised(account: CommandLine, mailbox: Mailbox) -> None:
    mailbox.put(
        b"From: Anna <anna@example.net>\r\nSubject: Trip \x1b]52;c;eA==\x07\r\n\r\n"
        b"The train leaves at nine. Bring warm clothes for the mountains.\r\n"
    )
    summarise = "run --recipe summarise-unread-mail --set sentences=20"
    listed, gist = account.each(["run --recipe unread-mail", summarise])
    assert listed.code == 0, listed.err
    assert "- Anna <anna@example.net>: Trip" in listed.out
    assert "\x1b" not in listed.out
    assert gist.code == 0, gist.err
    assert "Bring warm clothes" in gist.out


def test_a_server_that_is_silent_after_the_mail_leaves_it_unknown(
    account: CommandLine, postbox: Postbox
) -> None:
    config = account.home / "config.toml"
    config.write_text(config.read_text() + "\n[network]\nsilence_seconds = 0.5\n")
    postbox.hangs = True
    run = account("run", 'send mail to anna@example.net saying "Hi"', "--yes")
    assert run.code == 3, run
    postbox.hangs = False
    assert (
        account("resume", "last", "--yes").code == 3
    )  # nobody but a person says what became of it
    assert postbox.arrived == []
