"""An MCP server through the whole house: added, accepted, asked about, called, changed, removed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from command_line import PROJECT, CommandLine

SCRIPTED = PROJECT / "tests" / "tools" / "mcp" / "scripted_server.py"
GREET = {
    "name": "greet",
    "description": "Greet\x1b[2J somebody.",
    "inputSchema": {
        "type": "object",
        "properties": {"who": {"type": "string"}},
        "required": ["who"],
    },
}
PLAN = 'r = mcp.my_server.greet("Ann")\nanswer(r.text)\n'
WIDE = {"COLUMNS": "300"}
CONFIG = """\
# My settings
[limits]
steps = 50   # enough

[outbox]  # waits
seconds = 4
"""


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """The folder of a scripted server."""
    folder = tmp_path / "server"
    folder.mkdir()
    tell(folder)
    return folder


def tell(folder: Path, **script: Any) -> None:
    told = {"tools": [GREET], "say": "Hello \x1b[2JAnn", **script}
    (folder / "script.json").write_text(json.dumps(told))


def add(butler: CommandLine, folder: Path) -> None:
    command = (sys.executable, "-S", "-I", str(SCRIPTED), str(folder))
    done = butler("mcp", "add", "--timeout", "9", "my-server", "--", *command)
    assert done.code == 0, done.err
    assert "butler mcp accept my-server" in done.err


def config(butler: CommandLine, text: str = CONFIG) -> Path:
    path = butler.home / "config.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_from_adding_it_to_its_answer(butler: CommandLine, server: Path) -> None:
    path = config(butler)
    assert "`butler mcp add NAME COMMAND...`" in butler("mcp").err
    add(butler, server)
    assert path.read_text().startswith(CONFIG)
    assert "\n[mcp.my-server]\n" in path.read_text()
    for command in (("mcp",), ("doctor",)):
        assert "butler mcp accept my-server" in butler(*command, env=WIDE).out
    assert not (server / "pids").exists()

    held = butler("mcp", "accept", "my-server")
    assert held.code == 3
    assert "new: greet" in held.out
    assert "│ Greet␛[2J somebody." in held.out
    assert "--yes" in held.err
    assert butler("mcp", "accept", "my-server", "--yes").code == 0
    assert "Nothing changed" in butler("mcp", "accept", "my-server", "--yes").err

    tools = butler("tools", env=WIDE).out
    assert "mcp.my_server.greet(who)" in tools
    [row] = butler("mcp", "list", "--json").lines
    assert (row["ready"], row["state"]) == ("1 of 1", "ready")
    assert "ok  mcp my-server: 1 of 1 tools can be used" in butler("doctor", env=WIDE).out
    starts = len((server / "pids").read_text().splitlines())

    plan = butler.plan(PLAN)
    waiting = butler("run", "--plan", plan)
    assert waiting.code == 3
    [asked] = butler("approvals", "--json").lines
    assert asked["effect"] == "execute"
    lines = asked["preview"].splitlines()
    assert lines[0].startswith("MCP server my-server: ")
    assert lines[1:] == ["tool: greet", 'who: "Ann"']
    assert len((server / "pids").read_text().splitlines()) == starts
    assert butler("allow", asked["id"]).code == 0
    done = butler("resume", asked["run"])
    assert (done.code, done.out) == (0, "Hello ␛[2JAnn\n"), done.err
    assert len((server / "calls").read_text().splitlines()) == 1


def test_what_changed_is_refused_listed_shown_and_accepted(
    butler: CommandLine, server: Path
) -> None:
    add(butler, server)
    butler("mcp", "accept", "my-server", "--yes")
    tell(server, tools=[{**GREET, "description": "Greet all."}])
    plan = butler.plan(PLAN)
    refused = butler("run", "--plan", plan, "--yes", env=WIDE)
    assert refused.code == 1
    assert "`butler mcp accept my-server` shows what changed" in refused.err
    assert not (server / "calls").exists()

    told = " ".join(butler("tools").out.split())
    assert "changed since you accepted it. `butler mcp accept my-server` makes it ready." in told
    assert "butler mcp accept my-server" in butler("doctor", env=WIDE).out
    again = butler("run", "--plan", plan, "--yes", env=WIDE)
    assert (again.code, "not ready" in again.err or "changed" in again.err) == (2, True), again

    shown = butler("mcp", "accept", "my-server", "--yes").out
    assert "changed: greet" in shown
    assert "│ -Greet␛[2J somebody." in shown
    assert "│ +Greet all." in shown
    asked = butler("run", "--plan", plan, "--yes", env=WIDE)
    assert (asked.code, "not the one that was allowed before" in asked.err) == (3, True), asked
    [held] = butler("approvals", "--json").lines
    assert butler("allow", held["id"]).code == 0
    assert butler("resume", held["run"]).code == 0


def test_a_lost_answer_leaves_the_run_to_the_person(butler: CommandLine, server: Path) -> None:
    add(butler, server)
    butler("mcp", "accept", "my-server", "--yes")
    tell(server, on_call="crash")
    lost = butler("run", "--plan", butler.plan(PLAN), "--yes", env=WIDE)
    assert lost.code == 3
    assert "ended before it answered" in lost.err
    assert "It may have happened all the same" in lost.err
    assert "dying of" not in lost.out + lost.err
    assert "dying of" in (butler.home / "butler.log").read_text()


def test_testing_says_what_works_and_what_does_not(butler: CommandLine, server: Path) -> None:
    add(butler, server)
    works = butler("mcp", "test", "my-server")
    assert works.code == 0
    assert "my-server works: scripted␛[2J 1, 1 tools in" in works.out
    tell(server, on_start="crash")
    broken = butler("mcp", "test", "my-server", "--json")
    assert broken.code == 1
    assert broken.lines[0]["works"] is False
    assert "cannot be used: it ended before it answered" in broken.err
    unknown = butler("mcp", "test", "other")
    assert (unknown.code, "known: my-server." in unknown.err) == (2, True)


def test_removing_leaves_everything_else(butler: CommandLine, server: Path) -> None:
    path = config(butler)
    add(butler, server)
    butler("mcp", "accept", "my-server", "--yes")
    assert list((butler.home / "mcp").iterdir())
    assert butler("mcp", "remove", "my-server").code == 0
    assert path.read_text().strip() == CONFIG.strip()
    assert not list((butler.home / "mcp").iterdir())
    assert butler("mcp", "remove", "my-server").code == 2


def test_what_cannot_be_meant_is_refused_and_nothing_is_written(butler: CommandLine) -> None:
    for words, said in (
        (("--header", "Authorization=Bearer k", "--url", "https://a.example", "a"), "secret:NAME"),
        (("--url", "https://a.example", "a", "npx"), "one of the two"),
        (("a",), "a command or a url"),
        (("a b", "npx"), "cannot be a server's name"),
        (("--env", "x", "a", "npx"), "write it as NAME=VALUE"),
    ):
        refused = butler("mcp", "add", *words, env=WIDE)
        assert (refused.code, said in refused.err) == (2, True), refused
    assert not (butler.home / "config.toml").exists()
    token = butler("mcp", "add", "--env", "TOKEN=secret:MY_TOKEN", "a", "sh", "-c", "exit 1")
    assert "butler secrets set MY_TOKEN" in token.err
    told = butler("mcp", "accept", "a", env=WIDE)
    assert (told.code, "`butler secrets set MY_TOKEN`" in told.err) == (2, True)
