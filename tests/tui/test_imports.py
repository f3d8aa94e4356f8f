"""Heavy libraries stay out until they are needed, and Textual stays in its own floor."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("litellm", "apscheduler", "playwright", "duckdb", "trafilatura", "openpyxl", "httpx")

FIRST_PAINT = """
import sys
from butler_tui.tui.app import ButlerApp
ButlerApp(lambda: None)
print(*[name for name in sys.modules if name.split(".")[0] in {heavy}])
"""


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_app_is_made_without_what_a_model_or_a_tool_needs():
    heavy = {*HEAVY, "pydantic", "sqlite_utils"}
    assert run(FIRST_PAINT.replace("{heavy}", repr(heavy))) == ""


def test_an_open_app_has_loaded_no_model_library():
    code = f"""
import asyncio, sys
sys.path.insert(0, {__file__.rsplit("/", 1)[0]!r})
from pathlib import Path
from scripted_butler import HandClock, ScriptedButler
from butler_tui.tui.app import ButlerApp

async def main():
    butler = ScriptedButler(HandClock())
    app = ButlerApp(butler.open, folder=Path("/"), clock=butler.clock)
    async with app.run_test() as pilot:
        await app.opened.wait()
        await pilot.press("h", "i", "ctrl+r", "escape", "f1")
        await pilot.pause()

asyncio.run(main())
print(*[name for name in sys.modules if name.split(".")[0] in {set(HEAVY)!r}])
"""
    assert run(code) == ""


def test_the_core_loads_no_screen():
    code = "import sys, butler_tui.core.run, butler_tui.core.clean; print('textual' in sys.modules)"
    assert run(code) == "False"
