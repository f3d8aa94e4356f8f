"""`butler mail`: an account into config.toml, its password where secrets are kept, both proven."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from butler_tui.cli.exits import FAILED
from butler_tui.cli.output import note, say
from butler_tui.cli.secrets import place_for, read_value
from butler_tui.cli.vault import at_terminal, ready_vault
from butler_tui.core.errors import SettingsError, ToolError, UsageError
from butler_tui.settings import Places, Settings, find_secret, load, store_secret
from butler_tui.settings.files import read_owned, write_owned
from butler_tui.settings.mail_presets import PRESETS, Preset, preset_for
from butler_tui.settings.reading import as_section
from butler_tui.settings.secrets import Kept
from butler_tui.tools.mail.account import PASSWORD, Account, account_of, checked_password
from butler_tui.tools.mail.delivery import prove_sending
from butler_tui.tools.mail.mailbox import prove_reading

_TRIES = 3
_ADDRESS = re.compile(r"[^\s@<>,;:\"]+@[^\s@<>,;:\"]+")
_SERVER = re.compile(r"(?P<host>\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was said on the command line."""

    address: str
    provider: str | None = None
    smtp: str | None = None
    imap: str | None = None
    name: str | None = None
    user: str | None = None
    ca_file: str | None = None
    security: str | None = None


def set_up(wanted: Wanted) -> int:
    """Ask for what is missing, log in to both servers, and only then keep anything."""
    places = Places.find(os.environ)
    now = load({}, places=places)
    address = wanted.address or _asked("Your mail address", now.mail.address or "")
    if not _ADDRESS.fullmatch(address):
        raise UsageError(f"{address!r} is no mail address; give it as in ada@example.org.")
    if wanted.provider is not None and wanted.provider not in PRESETS:
        raise UsageError(f"There is no provider {wanted.provider}; known: {', '.join(PRESETS)}.")
    wanted = replace(wanted, address=address)
    preset = preset_for(address, wanted.provider)
    section = _section(wanted, preset)
    settings = as_section(Settings, {**_others(now), "mail": section}, places.config)
    account = account_of(settings.option)
    if preset is not None:
        note(f"{preset.title}: {account.sends().shown} and {account.keeps().shown}.")
        note(f"What logs in is {preset.password}.")
    else:
        note("Many providers want an app password, made in the security settings of the account.")
    password, place = _proven_password(account, places)
    if place is not None:
        if place == "vault":
            ready_vault(places, now)
        store_secret(PASSWORD, password, places, vault=place == "vault", settings=now)
        note(f"{PASSWORD} is kept in the {place}.")
    write_mail(places, section)
    note(f"{places.config} now names {address}. Try it: butler mail test")
    return 0


def prove() -> int:
    """Log in to both servers and say what each of them did."""
    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    account = account_of(settings.option)
    password = find_secret(PASSWORD, settings, places) or ""
    if not password and account.user:
        raise UsageError(f"The mail password is not kept; `butler secrets set {PASSWORD}` does.")
    wrong = _faults(account, password)
    for kind, server in (("smtp", account.smtp), ("imap", account.imap)):
        fault, shown = wrong.get(kind), server.shown if server is not None else ""
        say(f"{'problem' if fault else 'ok     '}  {kind}  {fault or shown}")
    return FAILED if wrong else 0


def _proven_password(account: Account, places: Places) -> tuple[str, Kept | None]:
    """A password that both servers take, and where it is to be kept; None where it is already."""
    if given := os.environ.get(PASSWORD):
        note(f"The password comes from the environment variable {PASSWORD}.")
        _must_work(account, given)
        return given, None
    place = place_for(PASSWORD, places)
    for left in reversed(range(_TRIES)):
        password = read_value(PASSWORD)
        if not password:
            raise UsageError("No password was typed, so nothing was changed.")
        try:
            _must_work(account, password)
        except ToolError as error:
            if error.code != "wrong_password" or not left or not at_terminal():
                raise
            note(f"{error} Try once more.")
            continue
        if place is None:
            note(f"So export {PASSWORD}=... before you start butler.")
        return password, place
    raise AssertionError("the last try returns or raises")


def _must_work(account: Account, password: str) -> None:
    """Raises the ToolError of the first server that does not take the login."""
    note(f"Logging in to {account.sends().shown} and {account.keeps().shown} ...")
    for error in _faults(account, checked_password(password)).values():
        raise ToolError(error.code, f"{error} Nothing was kept.")
    note("Both took the login.")


def _faults(account: Account, password: str) -> Mapping[str, ToolError]:
    """What is wrong with each server, by its kind; nothing for one that took the login."""

    async def ask() -> dict[str, ToolError]:
        wrong: dict[str, ToolError] = {}
        for kind, proof in (("smtp", prove_sending), ("imap", prove_reading)):
            try:
                await proof(account, password)
            except ToolError as error:
                wrong[kind] = error
        return wrong

    return asyncio.run(ask())


def _section(wanted: Wanted, preset: Preset | None) -> dict[str, Any]:
    """`[mail]` as it will be written: what the provider's preset knows is left to it."""
    section: dict[str, Any] = {"address": wanted.address}
    for key in ("name", "provider", "user", "ca_file"):
        if (value := getattr(wanted, key)) is not None:
            section[key] = value
    asks = wanted.name is None and at_terminal()
    if asks and (name := _asked("Your name, as it stands in what you send (Enter for none)")):
        section["name"] = name
    domain = wanted.address.rpartition("@")[2]
    if preset is None or wanted.smtp:
        text = wanted.smtp or _asked("Server that sends", f"smtp.{domain}:465")
        section["smtp"] = _server(text, 465, wanted.security)
    if preset is None or wanted.imap:
        text = wanted.imap or _asked("Server that keeps your mail", f"imap.{domain}:993")
        section["imap"] = _server(text, 993, wanted.security)
    return section


def _server(text: str, usual: int, security: str | None) -> dict[str, Any]:
    found = _SERVER.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is no server; write it as host or host:port.")
    port = int(found["port"] or usual)
    server: dict[str, Any] = {"host": found["host"].strip("[]"), "port": port}
    return {**server, "security": security} if security is not None else server


def _asked(prompt: str, usual: str = "") -> str:
    """What is typed, or what is usual. Raises UsageError off a terminal."""
    if not at_terminal():
        raise UsageError(
            f"{prompt} is not given, and without a terminal nobody can be asked: see "
            "`butler mail setup --help`."
        )
    sys.stderr.write(f"{prompt}{f' (Enter for {usual})' if usual else ''}: ")
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line.strip() or usual


def _others(settings: Settings) -> dict[str, Any]:
    """The settings that speak to mail servers too."""
    return {"network": {"silence_seconds": settings.network.silence_seconds}}


def write_mail(places: Places, section: Mapping[str, Any]) -> None:
    """Put the account into config.toml; comments and everything else stay as they are.

    Raises SettingsError.
    """
    import tomlkit
    from tomlkit.items import Table

    path = places.config
    document = tomlkit.parse(read_owned(path) or "")
    there = document.setdefault("mail", tomlkit.table())
    if not isinstance(there, Table):
        raise SettingsError(f"{path}: mail must be a section, [mail]; correct that place.")
    if there.get("address") != section["address"]:
        for key in ("provider", "user", "ca_file", "smtp", "imap", "drafts", "sent", "save_sent"):
            there.pop(key, None)
    for key, value in section.items():
        if not isinstance(value, Mapping):
            there[key] = value
            continue
        there.pop(key, None)
        server = tomlkit.table()
        server.update(value)
        there[key] = server
    write_owned(path, tomlkit.dumps(document))
