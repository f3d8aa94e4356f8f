"""`butler mcp`: servers whose tools Butler can use: listed, tried, accepted, added, removed."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from butler_tui.cli.exits import DONE, FAILED, WAITING
from butler_tui.cli.log import start_log
from butler_tui.cli.mcp_changes import changes
from butler_tui.cli.output import listing, note, paragraph, say, say_json
from butler_tui.cli.vault import unlock_before
from butler_tui.core.errors import SettingsError, ToolError, UsageError
from butler_tui.settings import Equipment, Places, Settings, find_secret, load
from butler_tui.settings.files import read_owned, write_owned
from butler_tui.settings.mcp import McpServer, check_names
from butler_tui.settings.reading import as_section
from butler_tui.tools.mcp import Acceptance, Offers, Pool, lacking, standing

_ADD = "`butler mcp add NAME COMMAND...` adds one."


def list_servers(*, as_json: bool) -> int:
    """List the servers of the settings, as the files stand; none is started."""
    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    rows = [_row(name, one, settings, places) for name, one in settings.mcp.items()]
    headers = {"name": "NAME", "ready": "READY", "state": "STATE", "where": "SERVER"}
    listing(rows, headers, as_json, f"There is no MCP server. {_ADD}")
    return DONE


def _row(name: str, server: McpServer, settings: Settings, places: Places) -> dict[str, Any]:
    ready, total, state = state_of(name, server, settings, places)
    return {
        "name": name,
        "where": server.where,
        "tools": total,
        "ready": f"{ready} of {total}",
        "state": state,
    }


def state_of(
    name: str, server: McpServer, settings: Settings, places: Places
) -> tuple[int, int, str]:
    """How many of a server's tools can be used, of how many, and what is to do, if anything."""
    acceptance = Acceptance(places.mcp)
    try:
        accepted, seen = acceptance.accepted(name), acceptance.seen(name)
    except SettingsError as error:
        return 0, 0, str(error)
    known = list(standing(name, server, accepted, seen))
    missing = lacking(name, server, Equipment(settings, places))
    ready = 0 if missing is not None else sum(one is None for _, one in known)
    if missing is not None:
        return ready, len(known), str(missing)
    if accepted is None:
        return ready, len(known), f"not accepted yet: `butler mcp accept {name}`"
    if ready < len(known):
        return ready, len(known), f"changed: `butler mcp accept {name}` shows what"
    return ready, len(known), "ready"


def try_server(name: str, *, as_json: bool) -> int:
    """Start the server and list what it offers. 1 when that fails."""
    start_log()
    places, settings, server = _named(name)
    begun = time.monotonic()
    try:
        offers, greeting = _ask(name, server, settings, places)
    except ToolError as error:
        if as_json:
            say_json({"name": name, "works": False, "error": str(error)})
        note(f"{error} What it said last is in {places.log}.")
        return FAILED
    seconds = time.monotonic() - begun
    known = list(standing(name, server, Acceptance(places.mcp).accepted(name), offers))
    if as_json:
        tools = [{"name": one.name, "ready": not missing} for one, missing in known]
        say_json({"name": name, "works": True, "seconds": round(seconds, 3), "tools": tools})
        return DONE
    say(f"{name} works: {greeting or 'no name'}, {len(offers.tools)} tools in {seconds:.1f} s")
    for one, missing in known:
        paragraph(f"{one.name}: {missing.reason if missing else 'accepted'}", "  ")
    if any(missing for _, missing in known):
        note(f"`butler mcp accept {name}` shows them and makes them usable.")
    return DONE


def accept_tools(name: str, *, yes: bool) -> int:
    """Show what is to be accepted and keep it once the person says so. 3 when nobody can."""
    start_log()
    places, settings, server = _named(name)
    acceptance = Acceptance(places.mcp)
    try:
        offers, _ = _ask(name, server, settings, places)
    except ToolError as error:
        note(str(error))
        return FAILED
    try:
        before = acceptance.accepted(name)
    except SettingsError as error:
        note(str(error))
        before = None
    told = list(changes(server, before, offers))
    if not told:
        acceptance.accept(name, offers)
        note(f"Nothing changed: {len(offers.tools)} tools of {name} are accepted.")
        return DONE
    say(f"MCP server {name}: {server.where}")
    for line in told:
        say(line)
    if not yes and not _agreed(f"Accept {len(offers.tools)} tools of {name}? [y/N] "):
        note(f"Nothing was accepted. `butler mcp accept {name} --yes` accepts what is shown.")
        return WAITING
    acceptance.accept(name, offers)
    note(f"Accepted: {len(offers.tools)} tools of {name}. `butler tools` lists them.")
    return DONE


def add_server(
    name: str,
    command: Sequence[str],
    given: Mapping[str, Any],
    env: Sequence[str],
    headers: Sequence[str],
) -> int:
    """Write the server into config.toml. Raises UsageError or SettingsError."""
    import tomlkit

    places = Places.find(os.environ)
    known = load(os.environ, places=places).mcp
    if name in known:
        raise UsageError(
            f"There is an MCP server {name} already; `butler mcp remove {name}` first."
        )
    words = list(command[1:] if command[:1] == ["--"] else command)
    section: dict[str, Any] = {
        **({"command": words} if words else {}),
        **{key: one for key, one in given.items() if one is not None},
        **({"env": _pairs("--env", env)} if env else {}),
        **({"headers": _pairs("--header", headers)} if headers else {}),
    }
    try:
        server = as_section(McpServer, section, Path(f"[mcp.{name}]"))
        check_names({**known, name: server})
    except (SettingsError, ValueError) as error:
        raise UsageError(f"{str(error).rstrip('.')}. Nothing was written.") from error
    document = tomlkit.parse(read_owned(places.config) or "")
    servers = document.get("mcp")
    if servers is None:
        servers = tomlkit.table(is_super_table=True)
        document["mcp"] = servers
    table = tomlkit.table()
    for key, value in section.items():
        table[key] = _inline(value) if isinstance(value, dict) else value
    servers[name] = table
    write_owned(places.config, tomlkit.dumps(document))
    note(f"{places.config} now has [mcp.{name}]; nothing of it was started.")
    for secret in server.secrets:
        note(f"It wants the secret {secret}: butler secrets set {secret}")
    note(f"See its tools and accept them: butler mcp accept {name}")
    return DONE


def remove_server(name: str) -> int:
    """Take the server out of config.toml and forget what was accepted. Raises UsageError."""
    import tomlkit

    places, _, _ = _named(name)
    document = tomlkit.parse(read_owned(places.config) or "")
    servers: Any = document["mcp"]
    del servers[name]
    if not servers:
        del document["mcp"]
    write_owned(places.config, tomlkit.dumps(document))
    Acceptance(places.mcp).remove(name)
    note(f"{places.config} has no MCP server {name} any more.")
    return DONE


def _named(name: str) -> tuple[Places, Settings, McpServer]:
    places = Places.find(os.environ)
    settings = load(os.environ, places=places)
    if name not in settings.mcp:
        known = f"known: {', '.join(settings.mcp)}." if settings.mcp else _ADD
        raise UsageError(f"There is no MCP server {name}; {known}")
    return places, settings, settings.mcp[name]


def _ask(name: str, server: McpServer, settings: Settings, places: Places) -> tuple[Offers, str]:
    """What the server offers now, and how it calls itself. Raises ToolError or UsageError."""
    missing = lacking(name, server, Equipment(settings, places))
    if missing is not None:
        raise UsageError(str(missing))
    if server.secrets:
        unlock_before(settings, places)

    async def work() -> tuple[Offers, str]:
        pool = Pool(settings.mcp, None)
        try:
            session = await pool.session(name, lambda one: find_secret(one, settings, places))
            return session.offers, session.greeting
        finally:
            await pool.close()

    return asyncio.run(work())


def _agreed(question: str) -> bool:
    """Whether the person says yes; without a terminal nobody does."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {one}: write it as NAME=VALUE.")
        found[name] = value
    return found


def _inline(values: Mapping[str, str]) -> Any:  # noqa: ANN401  (tomlkit's own)
    import tomlkit

    table = tomlkit.inline_table()
    table.update(values)
    return table
