"""How much a run costs over the work itself: eight steps and a join, and planning while it streams.

Run it by hand: `python tests/bench/bench_run.py`. It prints ratios and fails nothing.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from model_server import Answer, ModelServer

from butler_tui.butler import GoalRequest, open_butler
from butler_tui.core.events import PlanProposed, StepStarted
from butler_tui.settings import Places, Settings

TOOL = '''
"""A step that takes half a second."""
import asyncio
from pydantic import BaseModel
from butler_tui.core.tool import Effect, ToolContext, tool

class Slept(BaseModel):
    text: str

@tool(effect=Effect.OBSERVE)
async def sleep(context: ToolContext, seconds: float = 0.5) -> Slept:
    """Sleep."""
    await asyncio.sleep(seconds)
    return Slept(text="slept")
'''
RUNS = 3


async def join(home: Path) -> float:
    """Seconds from accepting a goal to its end, for eight half-second steps and a join."""
    places = Places.below(home)
    plan = "".join(f"s{n} = sleep()\n" for n in range(8)) + 'answer(f"{s0.text} {s7.text}")\n'
    async with open_butler(Settings(), places) as butler:
        begun = time.perf_counter()
        run = await butler.accept(GoalRequest("join", home, plan=plan))
        await butler.drive(run)
        return time.perf_counter() - begun


async def streaming(home: Path) -> float:
    """When the first tool started, as a share of the time until the plan was read to its end."""
    plan = "# Eight\n" + "".join(f's{n} = list_files(".")  # Look once more\n' for n in range(8))
    plan += 'answer("done")\n'
    with ModelServer() as server:
        server.add(Answer(plan, token_delay=0.02))
        model = {"model": {"name": "openai/scripted", "api_base": server.url}}
        settings = Settings.model_validate(model)
        async with open_butler(settings, Places.below(home)) as butler:
            run = await butler.accept(GoalRequest("eight", home.parent))
            await butler.drive(run)
            events = await butler.history.journal.read(run)
    start = events[0].at
    first = next(one.at for one in events if isinstance(one.event, StepStarted))
    planned = next(one.at for one in events if isinstance(one.event, PlanProposed))
    return (first - start) / (planned - start)


def main() -> None:
    """Print the medians of a few runs."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        (home / "tools").mkdir(mode=0o700, parents=True)
        (home / "tools" / "sleep.py").write_text(TOOL)
        joins = [asyncio.run(join(home)) for _ in range(RUNS)]
        shares = [asyncio.run(streaming(home)) for _ in range(RUNS)]
    print(f"eight 0.5 s steps and a join: {statistics.median(joins) / 0.5:.2f} x the critical path")
    print(f"first tool started after {statistics.median(shares):.0%} of the plan's stream")


if __name__ == "__main__":
    main()
