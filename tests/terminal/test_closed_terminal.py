"""The terminal is closed while a run goes on: the app ends, and the run can be resumed."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest
from terminal import PATIENCE, Start


@pytest.mark.timeout(120)
def test_a_closed_terminal_leaves_a_run_that_goes_on(start: Start, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.md").write_text("hello\n")
    app = start()
    app.wait_for("type a goal")
    app.type("Summarise a.md and save it to b.md")
    app.press("Enter")
    app.wait_for("needs you")
    process = psutil.Process(app.process())
    app.close()
    process.wait(PATIENCE)
    again = start()
    again.wait_for("ctrl+o goes on")
    again.press("C-o")
    again.wait_for("needs you")
    again.press_until("y", (tmp_path / "work" / "b.md").exists)


@pytest.mark.timeout(120)
def test_an_app_that_paints_when_its_terminal_is_closed_ends(start: Start) -> None:
    for seconds in (0.0, 0.3, 0.6, 0.9):
        app = start()
        process = psutil.Process(app.process())
        time.sleep(seconds)  # a moment of its start, when it paints most
        app.close()
        process.wait(PATIENCE)
