"""The two kinds of tools that docs/writing-a-tool.md shows, built and run as it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Tool
from butler_tui.tools.plugins import find_tools

PROJECT = Path(__file__).parents[2]
DOCS = (PROJECT / "docs" / "writing-a-tool.md").read_text()
RUN = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[1])
from importlib.metadata import entry_points
[point] = [one for one in entry_points(group="butler.tools") if one.name == "dice"]
tool = point.load().throw_dice
print(json.dumps(asyncio.run(tool.run(None, **tool.validated({"dice": 3}))).model_dump()))
"""


def blocks(language: str, section: str) -> list[str]:
    """The code that a section of the page shows."""
    part = DOCS.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)


@pytest.fixture
def station() -> Iterator[str]:
    """A weather station that knows Munich."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            [place] = parse_qs(urlsplit(self.path).query)["place"]
            self.send_response(200 if place == "Munich" else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"text": f"Rain in {place}", "celsius": 7.5}).encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_the_single_file_is_loaded_and_runs(
    tmp_path: Path, context: Context, station: str
) -> None:
    [source] = blocks("python", "A single file")
    folder = tmp_path / "tools"
    folder.mkdir(mode=0o700)
    path = folder / "weather.py"
    path.write_text(source.replace("http://station.local", station))
    path.chmod(0o600)
    found = find_tools(folder)
    assert found.broken == []
    weather: Tool = found.tools["weather"]
    told = await weather.run(context, **weather.validated({"place": "Munich"}))
    assert (told.text, told.celsius) == ("Rain in Munich", 7.5)
    with pytest.raises(ToolError, match="knows no place called Ulm"):
        await weather.run(context, place="Ulm")


def test_the_package_is_built_installed_and_runs(tmp_path: Path) -> None:
    project, site = tmp_path / "dice", tmp_path / "site"
    (project / "butler_dice").mkdir(parents=True)
    (project / "pyproject.toml").write_text(blocks("toml", "A package")[0])
    (project / "butler_dice" / "__init__.py").touch()
    (project / "butler_dice" / "tools.py").write_text(blocks("python", "A package")[0])
    pip = [sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    offline = ["--no-index", "--no-build-isolation", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, *offline, str(project)], check=True, capture_output=True)
    environ = {**os.environ, "PYTHONPATH": str(PROJECT)}
    run = [sys.executable, "-c", RUN, str(site)]
    said = subprocess.run(run, check=True, capture_output=True, text=True, env=environ)
    thrown = json.loads(said.stdout)
    assert len(thrown["eyes"]) == 3
    assert thrown["text"] == " ".join(map(str, thrown["eyes"]))
