"""A tool that needs something set up first: named with what makes it ready, and never offered."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from command_line import CommandLine

TOOL = '''
from pydantic import BaseModel
from butler_tui.core.tool import Effect, Missing, Setup, ToolContext, tool

class Posted(BaseModel):
    text: str

@tool(effect=Effect.FETCH, reaches=True)
async def ask_station(context: ToolContext, place: str) -> Posted:
    """Ask the station about a place."""
    return Posted(text=f"{place} says {context.secret('STATION_KEY')[:2]}")

@ask_station.ready
def _(setup: Setup) -> Missing | None:
    if setup.has_secret("STATION_KEY") and setup.program("sh") and setup.package("httpx"):
        return None
    return Missing("The station wants a key.", "butler secrets set STATION_KEY")

@tool(effect=Effect.FETCH)
async def ask_nobody(context: ToolContext) -> Posted:
    """Ask nobody."""
    return Posted(text="nobody")

@ask_nobody.ready
def _(setup: Setup) -> Missing | None:
    raise RuntimeError("oh")
'''
RECIPE = """\
+++
title = "Ask the station"
examples = ["ask station Ulm"]
phrasings = ["ask station {place}"]

[parameters.place]
type = "text"
+++
said = ask_station(place)
answer(said.text)
"""
PLAN = 'said = ask_station("Ulm")\nanswer(said.text)\n'
TOLD = "The station wants a key. `butler secrets set STATION_KEY` makes it ready."
KEY = {"STATION_KEY": "ab-secret-cd"}


@pytest.fixture
def station(butler: CommandLine, own_tool: Callable[[str, str], None]) -> CommandLine:
    """A person with a tool that is not ready, and a recipe that calls it."""
    own_tool("station.py", TOOL)
    folder = butler.home / "recipes"
    folder.mkdir(mode=0o700)
    (folder / "station.recipe").write_text(RECIPE)
    (folder / "station.recipe").chmod(0o600)
    return butler


def test_what_a_tool_lacks_is_told_wherever_it_is_listed(station: CommandLine) -> None:
    wide = {"COLUMNS": "200"}
    for command in (("tools",), ("tools", "ask_station"), ("recipes",), ("recipes", "station")):
        assert f"not ready: {TOLD}" in station(*command, env=wide).out
        assert TOLD not in station(*command, env=wide | KEY).out
    doctor = station("doctor", env=wide)
    assert "note  ask_station: The station wants a key." in doctor.out
    assert "ask_nobody: Whether it is ready cannot be told: RuntimeError." in doctor.out
    assert re.search(r"[1-9]\d* wait for a tool that is not ready", doctor.out)
    [row] = [one for one in station("tools", "--json").lines if one["name"] == "ask_station"]
    assert row["missing"]["command"] == "butler secrets set STATION_KEY"


def test_a_plan_or_recipe_that_calls_it_is_refused_before_anything_runs(
    station: CommandLine,
) -> None:
    plan = station.plan(PLAN)
    for command in (("ask station Ulm",), ("--plan", plan)):
        refused = station("run", *command, env={"COLUMNS": "300"})
        assert (refused.code, refused.out) == (2, ""), refused
        assert TOLD in refused.err
        done = station("run", *command, env=KEY)
        assert (done.code, done.out) == (0, "Ulm says ab\n"), done.err


def test_a_run_that_goes_on_where_a_tool_is_not_ready_any_more_says_so(
    station: CommandLine,
) -> None:
    plan = station.plan('w = write_file("b.txt", "b")\n' + PLAN.replace('"Ulm"', "w.path"))
    assert station("run", "--plan", plan, env=KEY).code == 3
    [held] = station("approvals", "--json").lines
    assert station("allow", held["id"]).code == 0
    failed = station("resume", held["run"], env={"COLUMNS": "300"})
    assert failed.code == 1
    assert TOLD in failed.err
