"""The main job as a person does it: type a goal, allow the write, find the file, find the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_server import Answer, ModelServer
from terminal import Start

pytestmark = pytest.mark.timeout(120)

README = """# Lighthouse

Lighthouse keeps the lamps of a harbour burning. It watches the weather and the ships.
Every lamp has a keeper, and every keeper has a log. When a storm comes, all lamps are lit.
The harbour master reads the logs in the morning. Nobody sails without a lamp.
"""

NINE = """# Notes on three towns
towns = list_files("towns")
texts = [read_file(town.path) for town in towns.files]
short = [summarise_text(text.text, 1) for text in texts]
count = query_table("select count(*) as n from t1", ["towns.csv"])
table = describe_table("towns.csv")
why = answer("There are more towns than notes.") if count.rows[0].n > 3 else None
best = write_text("Name the town by the sea.", inputs=short)  # Choose one
write_file("notes.md", f"# Towns\\n\\n{best.text}\\n")
answer(f"{best.text} is by the sea.", after=[why])
"""


def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    return folder


def test_summarise_a_file_without_a_model(start: Start, tmp_path: Path) -> None:
    folder = work(tmp_path)
    (folder / "README.md").write_text(README)
    terminal = start()
    terminal.wait_for("recipes only")
    terminal.type("Summarise README.md and save it to summary.md")
    terminal.press("Enter")
    terminal.wait_for("write_file", "summary.md", "asked because")
    saved = folder / "summary.md"
    assert not saved.exists()
    terminal.press_until("y", saved.exists)
    assert "lamp" in saved.read_text()
    terminal.wait_for("done")
    terminal.press_until("q", lambda: not terminal.alive())

    again = start()
    again.wait_for("recipes only")
    again.press("C-r")
    again.wait_for("Summarise README.md")
    again.press("Enter")
    again.wait_for("Save the summary", "Saved in summary.md.")


def test_nine_steps_planned_by_a_model(
    start: Start, tmp_path: Path, model_server: ModelServer
) -> None:
    folder = work(tmp_path)
    (folder / "towns").mkdir()
    for name, text in (("lauf", "Lauf is a town on a river."), ("husum", "Husum is by the sea.")):
        (folder / "towns" / f"{name}.txt").write_text(text)
    (folder / "towns.csv").write_text("town,people\nLauf,26000\nHusum,23000\n")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(
        f'[model]\nname = "openai/scripted"\napi_base = {json.dumps(model_server.url)}\n'
    )
    model_server.add(
        Answer(NINE, when="three towns", token_delay=0.005),
        Answer("Husum", when="Name the town by the sea"),
        Answer("A town.", repeat=True),
    )
    terminal = start()
    terminal.wait_for("scripted")
    terminal.type("Make notes on three towns")
    terminal.press("Enter")
    terminal.wait_for("notes.md", "asked because", "+Husum")
    saved = folder / "notes.md"
    assert not saved.exists()
    terminal.press_until("y", saved.exists)
    assert saved.read_text() == "# Towns\n\nHusum\n"
    terminal.wait_for("done", "4 calls")
