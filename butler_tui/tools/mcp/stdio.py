"""Messages to and from a server's process, a line of JSON each, for the MCP client.

What is no message (a log line, half a message) is passed over: the client waits on. This module
loads `mcp`: import it inside the function that needs it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
from mcp.shared.message import SessionMessage
from mcp_types import jsonrpc_message_adapter

from butler_tui.core.errors import ToolError
from butler_tui.tools.mcp.process import ServerProcess

_log = logging.getLogger(__name__)


@asynccontextmanager
async def stdio(
    process: ServerProcess, ended: Callable[[ToolError | None], None]
) -> AsyncIterator[tuple[Any, Any]]:
    """The client's two streams. `ended` is told once, when no more comes, and why if that is known.

    The process is left running.
    """
    to_client, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](16)
    outgoing, from_client = anyio.create_memory_object_stream[SessionMessage](16)

    async def read() -> None:
        why: ToolError | None = None
        async with to_client:
            try:
                while (line := await process.line()) is not None:
                    if (message := _message(process.name, line)) is not None:
                        await to_client.send(message)
            except ToolError as error:
                why = error
            except (anyio.BrokenResourceError, anyio.ClosedResourceError):
                pass  # the client is gone
            ended(why)  # before the stream is closed, which tells whoever waits

    async def write() -> None:
        async with from_client:
            with suppress(OSError):
                async for one in from_client:
                    data = one.message.model_dump_json(by_alias=True, exclude_unset=True)
                    await process.write(data.encode(errors="backslashreplace") + b"\n")

    tasks = [asyncio.create_task(read()), asyncio.create_task(write())]
    try:
        yield incoming, outgoing
    finally:
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for stream in (to_client, incoming, outgoing, from_client):
            stream.close()


def _message(name: str, line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
    except (ValueError, RecursionError):
        if line.strip():
            _log.info("MCP server %s wrote a line that is no message", name)
        return None
