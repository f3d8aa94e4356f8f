"""A plan's sheet in a real terminal: its rows and a preview are there before anybody scrolls."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from model_server import Answer, ModelServer
from terminal import Start

pytestmark = pytest.mark.timeout(120)

FOUR = """# Four notes
one = write_file("notes/one.md", "# One\\n\\nThe first note.\\n")  # Write the first
two = write_file("notes/two.md", "# Two\\n\\nThe second note.\\n")  # Write the second
three = write_file("notes/three.md", "# Three\\n\\nThe third note.\\n")  # Write the third
four = write_file("notes/four.md", "# Four\\n\\nThe fourth note.\\n")  # Write the fourth
answer("All four are written.")
"""


@pytest.mark.parametrize(("columns", "rows"), [(120, 36), (100, 30)])
def test_a_sheet_of_four_shows_its_rows_and_a_preview_without_scrolling(
    start: Start, tmp_path: Path, model_server: ModelServer, columns: int, rows: int
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(
        f'[model]\nname = "openai/scripted"\napi_base = {json.dumps(model_server.url)}\n'
    )
    model_server.add(Answer(FOUR, when="four notes"))
    terminal = start(columns=columns, rows=rows)
    terminal.wait_for("scripted")
    terminal.type("Write four notes")
    terminal.press("Enter")
    rows_of_it = [f"[x] {one}  write_file" for one in ("one", "two", "three", "four")]
    terminal.wait_for("y accept 4", *rows_of_it, "what it would do", "+# One")
