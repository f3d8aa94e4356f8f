"""What a step costs with every promise kept, beside the least it could cost and beside others.

    python tests/bench/bench_overhead.py [--rounds 5] [--steps 200] [--only butler,bare]

A chain of no-op steps, each taking the output of the one before, and a fan-out of as many; once
observing, once effectful (a keyed `change` that a rule allows: its decision and beginning are
flushed before it begins, its result before the next begins). The plan is there already; time is
counted from the end of a first step, which all the others come after, to the run's end. Everything
is measured once a round, turn by turn, and the medians are printed. It fails nothing.

LangGraph and DBOS are left out, with a line that says so, where they are not installed:

    pip install -e ".[bench]"
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from bare_loop import bare
from rivals import dbos, langgraph

from butler_tui.butler import Butler, GoalRequest, open_butler
from butler_tui.core.events import StepFinished
from butler_tui.core.ports import PlanRequest
from butler_tui.planning.proposing import propose_text
from butler_tui.settings import Places, Settings

TOOLS = '''
"""Steps that do nothing."""
from pydantic import BaseModel
from butler_tui.core.tool import Again, Effect, ToolContext, tool

class Tick(BaseModel):
    n: int

@tool(effect=Effect.OBSERVE)
async def look(context: ToolContext, n: int) -> Tick:
    """Observe nothing."""
    return Tick(n=n)

@tool(effect=Effect.CHANGE, again=Again.KEYED)
async def act(context: ToolContext, n: int) -> Tick:
    """Change nothing."""
    return Tick(n=n)
'''
RULE = {"tool": "act", "decision": "allow", "because": "the bench"}

Measure = Callable[[Path, int, bool], float]


def plan_of(tool: str, steps: int, *, wide: bool) -> str:
    """A statement a step, and a first one that all of them come after."""
    befores = ["begin"] * steps if wide else ["begin", *(f"s{n}" for n in range(steps))]
    lines = [f"s{n} = {tool}({befores[n]}.n)\n" for n in range(steps)]
    return "".join(["begin = look(0)\n", *lines])


async def planned(opened: Butler, plan: str, folder: Path) -> str:
    """A run whose plan was read before, so that none of that is measured."""
    run = await opened.accept(GoalRequest("ticks", folder, plan=plan))
    request = PlanRequest("ticks", await opened.state(run), opened.tools)
    await opened.history.journal.append(run, list(propose_text(plan, request, "person")))
    return run


async def butler(folder: Path, tool: str, steps: int, *, wide: bool) -> float:
    """Seconds a step of a run by Butler, as the journal tells the time."""
    home = folder / f"butler-{tool}-{wide}"
    (home / "tools").mkdir(parents=True, mode=0o700)
    (home / "tools" / "ticks.py").write_text(TOOLS)
    limits = {"parallel_steps": 64, "steps": steps + 1}
    settings = Settings.model_validate({"approvals": {"rules": [RULE]}, "limits": limits})
    async with open_butler(settings, Places.below(home)) as opened:
        run = await planned(opened, plan_of(tool, steps, wide=wide), folder)
        status = await opened.drive(run)
        assert status == "done", status
        events = await opened.history.journal.read(run)
    begun = next(one.at for one in events if isinstance(one.event, StepFinished))
    return (events[-1].at - begun).total_seconds() / steps


def _butler(tool: str) -> Measure:
    return lambda at, steps, wide: asyncio.run(butler(at, tool, steps, wide=wide))


def _bare(*, flush: bool) -> Measure:
    return lambda at, steps, wide: asyncio.run(bare(at, steps, wide=wide, flush=flush))


MEASURES: dict[str, Measure] = {
    "bare loop": _bare(flush=False),
    "bare loop, flushed": _bare(flush=True),
    "Butler, observing": _butler("look"),
    "Butler, effectful": _butler("act"),
    "LangGraph, AsyncSqliteSaver": lambda at, steps, wide: asyncio.run(
        langgraph(at, steps, wide=wide)
    ),
    "DBOS, SQLite": lambda at, steps, wide: dbos(at, steps, wide=wide),
}
NEEDS = {"LangGraph": "langgraph.checkpoint.sqlite", "DBOS": "dbos"}


def missing(name: str) -> str:
    """The module that a measure wants and that is not installed; empty when it is."""
    needed = next((module for word, module in NEEDS.items() if name.startswith(word)), "")
    if not needed:
        return ""
    try:
        return "" if importlib.util.find_spec(needed) else needed
    except ModuleNotFoundError:
        return needed


def measured(names: list[str], rounds: int, steps: int) -> dict[tuple[str, bool], float]:
    """The median seconds a step of each, chain (False) and fan-out (True)."""
    found: dict[tuple[str, bool], list[float]] = {}
    for _ in range(rounds):
        for name in names:
            for wide in (False, True):
                with tempfile.TemporaryDirectory() as at:
                    taken = MEASURES[name](Path(at), steps, wide)
                found.setdefault((name, wide), []).append(taken)
    return {what: statistics.median(times) for what, times in found.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--only", default="", help="beginnings of names, by commas")
    given = parser.parse_args()
    wanted = tuple(one.strip().lower() for one in given.only.split(",")) if given.only else ("",)
    names = [name for name in MEASURES if name.lower().startswith(wanted)]
    for name in [one for one in names if missing(one)]:
        print(f"{name}: left out, {missing(name)} is not installed")
        names.remove(name)
    medians = measured(names, given.rounds, given.steps)
    print(f"{'microseconds a step':30} {'chain':>8} {'fan-out':>8}   times the bare loop")
    for name in names:
        chain, wide = medians[name, False], medians[name, True]
        least = "bare loop, flushed" if name == "Butler, effectful" else "bare loop"
        ratio = ""
        if (least, False) in medians:
            by_chain, by_wide = chain / medians[least, False], wide / medians[least, True]
            ratio = f"{by_chain:6.1f} {by_wide:6.1f}  ({least})"
        print(f"{name:30} {chain * 1e6:8.0f} {wide * 1e6:8.0f}   {ratio}")


if __name__ == "__main__":
    main()
