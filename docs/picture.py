"""Draws docs/main-screen.svg: the real app, 120 by 36, over a run that is told event by event.

    python docs/picture.py

The clock and the folder stand still, so the same code always draws the same bytes.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "tui")]

from scripted_butler import HandClock, ScriptedButler, dinner, held  # noqa: E402

from butler_tui.tui.app import ButlerApp  # noqa: E402
from butler_tui.tui.widgets.card_pane import DEAF  # noqa: E402

GOAL = "Find three Italian restaurants in Munich and save a short list"
NOTE = "# Dinner for two\n\n1. Trattoria, open until 23:00\n2. Osteria, near the river\n"
CHANGE = "--- /dev/null\n+++ dinner.md\n@@ -0,0 +1,4 @@\n" + "\n".join(
    f"+{line}" for line in NOTE.splitlines()
)


async def draw() -> str:
    """The main screen as SVG, when a card waits and one page is still being read."""
    clock = HandClock()
    butler = ScriptedButler(clock)
    app = ButlerApp(butler.open, folder=Path("/home/me"), clock=clock)
    async with app.run_test(size=(120, 36)) as pilot, asyncio.timeout(30):
        await app.opened.wait()
        app.main.goal.cursor_blink = False
        app.main.goal.value = GOAL
        await pilot.press("enter")
        while not app.main.shows_run:
            await pilot.pause(0.01)
        args = {"path": "dinner.md", "content": NOTE}
        (run,) = butler.journals
        butler.play(run, *dinner(), held(args=args, preview=CHANGE))
        while app.quiet.card != "a1b2c3d4":
            await pilot.pause(0.01)
        clock.advance(7)
        while (
            app.main.status.standing.time != "00:07" or app.main.bench.needs.border_subtitle == DEAF
        ):
            await pilot.pause(0.05)
        await pilot.pause(0.2)
        return app.export_screenshot(title="butler")


if __name__ == "__main__":
    svg = re.sub(r"terminal-\d+", "terminal-butler", asyncio.run(draw()))
    (HERE / "main-screen.svg").write_text(svg, "utf-8")
