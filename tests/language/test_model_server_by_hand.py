"""The scripted model can be started by hand, for a terminal to talk to."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import model_server

from butler_tui.core.ports import Message


async def test_a_script_is_served_until_interrupted(make_model, tmp_path: Path) -> None:
    script, log = tmp_path / "script.json", tmp_path / "requests.jsonl"
    script.write_text(json.dumps(["first", {"text": "again", "repeat": True, "token_delay": 0}]))
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        model_server.__file__,
        str(script),
        *("--port", "0", "--log", str(log)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    address = (await server.stdout.readline()).decode().strip()
    texts = [await _text(make_model(api_base=address)) for _ in range(3)]
    server.send_signal(signal.SIGINT)
    assert await server.wait() == 0
    assert texts == ["first", "again", "again"]
    asked = [json.loads(line)["messages"][-1]["content"] for line in log.read_text().splitlines()]
    assert asked == ["Say something."] * 3


async def _text(model) -> str:
    parts = [part async for part in model.stream("writer", [Message("user", "Say something.")])]
    return "".join(part for part in parts if isinstance(part, str))
