"""Servers that others wrote: from npm and PyPI, of two generations of the protocol.

`tests/tools/mcp/install-servers DIR` installs them; BUTLER_MCP_SERVERS=DIR names where they are.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Tool
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp import Acceptance, Pool, make_tools

SERVERS = os.environ.get("BUTLER_MCP_SERVERS", "")

pytestmark = pytest.mark.skipif(
    not SERVERS,
    reason="needs MCP servers: tests/tools/mcp/install-servers DIR, then BUTLER_MCP_SERVERS=DIR",
)

Started = Callable[..., Any]


@pytest.fixture
async def started(tmp_path: Path, context: Context) -> AsyncIterator[Started]:
    """Starts a server, accepts all that it offers, and returns the tools by its own names."""
    pools: list[Pool] = []

    async def start(name: str, *command: str) -> dict[str, Tool]:
        argv = (str(Path(SERVERS) / command[0]), *command[1:])
        servers = {name: McpServer(command=argv, timeout=20.0)}
        acceptance = Acceptance(tmp_path / "settings")
        pools.append(pool := Pool(servers, acceptance))
        acceptance.accept(name, (await pool.session(name, context.secret)).offers)
        made = make_tools(servers, acceptance, pool)
        assert made.broken == []
        return {one.removeprefix(f"mcp.{name}."): tool for one, tool in made.tools.items()}

    yield start
    for one in pools:
        await one.close()


async def test_files_are_read_written_and_kept_inside(
    started: Started, call: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.md").write_text("# Tea\n")
    tools = await started("files", "files/node_modules/.bin/mcp-server-filesystem", str(folder))
    assert tools["read_text_file"].signature() == (
        "mcp.files.read_text_file(path, tail=None, head=None) -> {text, content}"
    )
    read = await call(tools["read_text_file"], path=str(folder / "a.md"))
    assert read == {"text": "# Tea\n", "content": "# Tea\n"}
    await call(tools["write_file"], path=str(folder / "b.md"), content="Milk")
    assert (folder / "b.md").read_text() == "Milk"
    edits = [{"oldText": "Milk", "newText": "Oat milk"}]
    await call(tools["edit_file"], path=str(folder / "b.md"), edits=edits)
    assert (folder / "b.md").read_text() == "Oat milk"
    with pytest.raises(ToolError, match=r"could not do read_text_file; it says: .*denied") as error:
        await call(tools["read_text_file"], path="/etc/passwd")
    assert error.value.code == "failed_there"
    with pytest.raises(ToolError, match=r"edits\[0\]: it must have oldText, newText"):
        await call(tools["edit_file"], path="x", edits=[{"oldText": "a"}])


async def test_the_time_is_told(started: Started, call: Callable[..., Any]) -> None:
    tools = await started("time", "time/bin/mcp-server-time")
    args = {"source_timezone": "Europe/Berlin", "time": "12:00", "target_timezone": "Asia/Tokyo"}
    told = await call(tools["convert_time"], **args)
    assert "+7" in told["text"] or "+8" in told["text"]
    with pytest.raises(ToolError, match=r"it says: .*Mars"):
        await call(tools["get_current_time"], timezone="Mars/Olympus")


async def test_a_database_is_written_and_asked(
    started: Started, call: Callable[..., Any], tmp_path: Path
) -> None:
    path = str(tmp_path / "tea.db")
    tools = await started("db", "sqlite/bin/mcp-server-sqlite", "--db-path", path)
    await call(tools["create_table"], query="CREATE TABLE teas (name TEXT, grams INTEGER)")
    await call(tools["write_query"], query="INSERT INTO teas VALUES ('Assam', 250)")
    found = await call(tools["read_query"], query="SELECT name, grams FROM teas")
    assert found == {"text": "[{'name': 'Assam', 'grams': 250}]"}
    with pytest.raises(ToolError, match="query must be text"):
        await call(tools["read_query"], query=7)
