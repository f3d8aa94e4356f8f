"""Servers that a test can tell how to behave, and the tools that Butler makes of them."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from tool_context import Context

from butler_tui.core.tool import Tool, ToolResult
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp import Acceptance, Made, Offer, Offers, Pool, make_tools

SCRIPTED = Path(__file__).with_name("scripted_server.py")
GREET = {
    "name": "greet",
    "description": "Greet somebody.",
    "inputSchema": {
        "type": "object",
        "properties": {"who": {"type": "string"}, "times": {"type": "integer", "default": 1}},
        "required": ["who"],
    },
}


@dataclass
class Scripted:
    """A scripted server, its settings, and a pool that starts it."""

    folder: Path
    acceptance: Acceptance
    settings: dict[str, Any] = field(default_factory=dict)
    pools: list[Pool] = field(default_factory=list)

    def tell(self, **script: Any) -> None:
        """From now on it behaves so."""
        told = {"tools": [GREET], **script}
        (self.folder / "script.json").write_text(json.dumps(told))

    @property
    def server(self) -> McpServer:
        command = (sys.executable, "-S", "-I", str(SCRIPTED), str(self.folder))
        return McpServer(**{"command": command, "timeout": 5.0, **self.settings})

    def accept(self, *tools: dict[str, Any]) -> None:
        """The person accepted these tools."""
        offers = [
            Offer(t["name"], t["description"], t["inputSchema"], t.get("outputSchema"))
            for t in tools or (GREET,)
        ]
        named = {one.name: one for one in offers}
        self.acceptance.accept("scripted", Offers(self.server.fingerprint, named))

    def made(self) -> Made:
        """The tools as a new Butler makes them."""
        servers = {"scripted": self.server}
        self.pools.append(Pool(servers, self.acceptance))
        return make_tools(servers, self.acceptance, self.pools[-1])

    def tool(self, name: str = "greet") -> Tool:
        """One of them."""
        return self.made().tools[f"mcp.scripted.{name}"]

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    @property
    def running(self) -> list[int]:
        """Which of all the processes that were ever started still run."""
        return [int(one) for one in self.lines("pids") if _runs(int(one))]


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Scripted]:
    """A server whose one tool `greet` the person accepted."""
    folder = tmp_path / "server"
    folder.mkdir()
    made = Scripted(folder, Acceptance(tmp_path / "settings" / "mcp"))
    made.tell()
    made.accept()
    yield made
    for one in made.pools:
        await one.close()
    assert made.running == []


@pytest.fixture
def call(context: Context) -> Callable[..., Any]:
    """Calls a tool as the runner does; returns its output."""

    async def make(tool: Tool, **args: Any) -> Any:
        result = await tool.run(context, **tool.validated(args))
        assert isinstance(result, ToolResult)
        return result.output

    return make
