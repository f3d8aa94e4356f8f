"""The core is light and pure: importing it loads nothing of the floors above or the world."""

from __future__ import annotations

import subprocess
import sys

HEAVY = (
    "aiosmtplib",
    "apscheduler",
    "asyncio",
    "butler_tui.butler",
    "butler_tui.cli",
    "butler_tui.execution",
    "butler_tui.history",
    "butler_tui.language",
    "butler_tui.planning",
    "butler_tui.settings",
    "butler_tui.tools",
    "butler_tui.tui",
    "duckdb",
    "httpx",
    "keyring",
    "litellm",
    "openpyxl",
    "sqlite3",
    "sqlite_utils",
    "textual",
    "trafilatura",
    "typer",
)
PROGRAM = """
import importlib, pkgutil, sys
import butler_tui.core
for found in pkgutil.iter_modules(butler_tui.core.__path__):
    importlib.import_module(f"butler_tui.core.{found.name}")
print(*sys.modules, sep="\\n")
"""


def test_the_core_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30
    )
    loaded = set(done.stdout.split())
    assert "butler_tui.core.run" in loaded
    assert loaded.isdisjoint(HEAVY)
