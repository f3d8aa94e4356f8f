"""Servers at an address, over streamable HTTP."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from butler_tui.core.errors import ToolError
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.answers import output_of
from butler_tui.tools.mcp.session import Session

REMOTE = Path(__file__).with_name("remote_server.py")


@contextmanager
def running() -> Iterator[str]:
    """A server; where it listens."""
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    server = subprocess.Popen([sys.executable, str(REMOTE)], **quiet)
    assert server.stdout is not None
    yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
    server.terminate()
    server.wait()
    server.stdout.close()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    """Where a server listens that all tests share."""
    with running() as address:
        yield address


async def opened(url: str, **settings: Any) -> Session:
    server = McpServer(url=url, timeout=5.0, **settings)
    return await Session.opened("tickets", server, dict.fromkeys(server.secrets, "k-123"))


def nothing(_text: str, _share: float | None) -> None:
    """Shows nothing."""


async def test_its_tools_are_listed_and_called(origin: str) -> None:
    session = await opened(f"{origin}/mcp", headers={"Authorization": "Bearer secret:KEY"})
    try:
        assert session.greeting == "tickets 2.1"
        assert list(session.offers.tools) == ["count", "key", "die"]
        answer = await session.call("count", {"word": "tea", "times": 2}, nothing, acts=True)
        assert output_of("tickets", "count", answer)["letters"] == 6
        answer = await session.call("key", {}, nothing, acts=True)
        assert output_of("tickets", "key", answer)["text"] == "Bearer k-123"
        with pytest.raises(ToolError, match="could not do count; it says"):
            answer = await session.call("count", {"word": 7}, nothing, acts=True)
            output_of("tickets", "count", answer)
    finally:
        await session.end()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/away", "Redirect to http://localhost:.* not followed"),
        ("/flood", "sent too much"),
        ("/page", "Unexpected content type: text/html"),
        ("/login", r"it refuses the key it was given, or wants one \(status 401\)"),
        ("/busy", r"it is asked too often \(status 429\); try again in 7 seconds"),
        ("/nothing", r"there is no such server \(status 404\)"),
    ],
)
async def test_what_is_no_server_says_so(origin: str, path: str, said: str) -> None:
    with pytest.raises(ToolError, match=f"cannot be used: .*{said}"):
        await opened(f"{origin}{path}")


async def test_where_nobody_listens_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ToolError, match="cannot be used: All connection attempts failed"):
        await opened(f"http://127.0.0.1:{port}/mcp")


async def test_one_that_ends_in_a_call_leaves_it_unknown() -> None:
    with running() as address:
        session = await opened(f"{address}/mcp")
        with pytest.raises(ToolError) as refused:
            await session.call("die", {}, nothing, acts=True)
        await session.end()
    assert refused.value.code in ("no_answer", "timeout")
