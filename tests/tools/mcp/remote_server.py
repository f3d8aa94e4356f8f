"""An MCP server over HTTP, made with the official library: its port is the first line it prints."""

from __future__ import annotations

import os
import socket
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

server = MCPServer("tickets", version="2.1")


@server.tool()
async def count(word: str, times: int = 1) -> dict[str, int]:
    """Count the letters of a word."""
    return {"letters": len(word) * times}


@server.tool()
async def key(context: Context) -> str:
    """Say which key came with the request."""
    request = context.request_context.request
    return request.headers.get("authorization", "none") if request is not None else "none"


@server.tool()
async def die() -> None:
    """End in the middle of a call."""
    os._exit(1)


@server.custom_route("/busy", methods=["GET", "POST"])
async def busy(_request: Request) -> Response:
    return Response("no", status_code=429, headers={"retry-after": "7"})


@server.custom_route("/away", methods=["GET", "POST"])
async def away(_request: Request) -> Response:
    return RedirectResponse(f"http://localhost:{port}/mcp", status_code=307)


@server.custom_route("/flood", methods=["GET", "POST"])
async def flood(_request: Request) -> Response:
    return Response(b'"' + b"x" * 20_000_000 + b'"', media_type="application/json")


@server.custom_route("/page", methods=["GET", "POST"])
async def page(_request: Request) -> Response:
    return Response("<h1>Hello</h1>", media_type="text/html")


@server.custom_route("/login", methods=["GET", "POST"])
async def login(_request: Request) -> Response:
    return Response("no", status_code=401)


listening = socket.create_server(("127.0.0.1", 0))
port = listening.getsockname()[1]
print(port, flush=True)
app = server.streamable_http_app()
uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listening])
sys.exit(0)
