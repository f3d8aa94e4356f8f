"""A person types on while cards arrive: nothing typed is lost, and none of it decides anything."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest
from model_server import Answer, ModelServer
from terminal import Start

pytestmark = pytest.mark.timeout(120)

KEY_SECONDS = 0.05
TYPED = "yes_YArn_ye_olde_Anna_ran_by_Yarmouth_nary_any_Rye_yYAnr_every_yarn_Anny_ran"

NOTES = 8
PLAN = "# Eight notes\n" + "".join(
    f't{n} = write_text("Say the number {n}.")\nwrite_file("notes/{n}.md", t{n}.text)\n'
    for n in range(NOTES)
)
ANSWERS = [
    Answer("word " * (8 + 7 * n), when=f"Say the number {n}.", token_delay=0.05)
    for n in range(NOTES)
]
"""Each is longer than the one before, so that their cards come one after the other."""


def decided(home: Path) -> list[str]:
    """What the journal says was decided."""
    with sqlite3.connect(f"file:{home / 'butler.db'}?mode=ro", uri=True) as database:
        rows = database.execute(
            "SELECT type FROM events WHERE type IN ('approval_decided', 'plan_accepted')"
        )
        return [row[0] for row in rows]


def held(home: Path) -> int:
    """How many calls are held."""
    with sqlite3.connect(f"file:{home / 'butler.db'}?mode=ro", uri=True) as database:
        query = "SELECT count(*) FROM events WHERE type = 'approval_requested'"
        return database.execute(query).fetchone()[0]


def test_typing_through_arriving_cards_at_twenty_keys_a_second(
    start: Start, tmp_path: Path, model_server: ModelServer
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(
        f'[model]\nname = "openai/scripted"\napi_base = {json.dumps(model_server.url)}\n'
    )
    model_server.add(Answer(PLAN, when="eight notes"), *ANSWERS)
    terminal = start()
    terminal.wait_for("scripted")
    terminal.type("Write eight notes")
    terminal.press("Enter")
    terminal.wait_for("plan · revision 1")
    terminal.press("i")
    began = time.monotonic()
    arrived = []
    for place, key in enumerate(TYPED, 1):
        terminal.type(key)
        if place % 10 == 0:
            arrived.append(held(home))
        time.sleep(max(0.0, began + place * KEY_SECONDS - time.monotonic()))
    screen = terminal.wait_for(TYPED, "needs you")
    assert TYPED in screen
    assert arrived[-1] - arrived[0] >= 3, "cards have to arrive while one types"
    assert decided(home) == []
    assert not (tmp_path / "work" / "notes").exists()
    terminal.wait_for("needs you", also=lambda: held(home) == NOTES)
    assert decided(home) == []
