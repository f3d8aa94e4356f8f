"""One running connection to a server: opened, asked what it offers, called, and ended.

A task of its own holds the client from beginning to end; calls come from other tasks. Nothing that
a server asks of Butler is answered: it gets no model (`sampling`) and no person (`elicitation`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.listing import greeting, listing
from butler_tui.tools.mcp.not_started import LONGEST, not_started
from butler_tui.tools.mcp.offers import Offers
from butler_tui.tools.mcp.process import ServerProcess

if TYPE_CHECKING:
    from mcp import Client
    from mcp_types import CallToolResult

START_SECONDS = 60.0
"""A server has so long to start and to say what it offers: the first time it may be fetched."""

Show = Callable[[str, float | None], None]
"""Shows how far a call is, and what share of it."""

_log = logging.getLogger(__name__)


class Session:
    """A server that runs. Make one with `opened`; it is of use while it is `alive`."""

    def __init__(self, name: str, server: McpServer, filled: Mapping[str, str]) -> None:
        self.name, self.server = name, server
        self.offers = Offers(server.fingerprint, {})
        self.greeting = ""
        self.stale = False
        self.in_flight = 0
        self._filled = filled
        self._process: ServerProcess | None = None
        self._client: Client | None = None
        self._why: ToolError | None = None
        self._refused = (0, "")
        self._over = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._holding: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._gently = True

    @classmethod
    async def opened(cls, name: str, server: McpServer, secrets: Mapping[str, str]) -> Session:
        """Start or call the server and list what it offers. Raises ToolError."""
        await asyncio.to_thread(import_module, "mcp")  # for a second, in which a screen must live
        session = cls(name, server, server.filled(secrets))
        session._holding = asyncio.create_task(session._hold(), name=f"MCP server {name}")
        try:
            async with asyncio.timeout(START_SECONDS):
                await asyncio.shield(session._ready)
        except TimeoutError as error:
            await session.end(gently=False)
            raise ToolError(
                "not_started",
                f"MCP server {name} did not answer within {START_SECONDS:g} seconds and was "
                f"stopped; `butler mcp test {name}` tries it.",
            ) from error
        except BaseException:
            await session.end(gently=False)
            raise
        return session

    @property
    def alive(self) -> bool:
        """Whether it can still be called."""
        return not self._over.is_set() and self._client is not None

    @property
    def pid(self) -> int | None:
        """The number of its process, where it has one here."""
        return self._process.pid if self._process is not None else None

    async def end(self, *, gently: bool = True) -> None:
        """End it: with `gently` it is asked to first. It is gone when this returns."""
        self._gently = gently and self._gently
        self._over.set()
        if self._holding is not None:
            if not gently:
                self._holding.cancel()
            await asyncio.wait([self._holding])
        if self._ending is not None:
            await asyncio.wait([self._ending])
        if self._ready.done() and not self._ready.cancelled():
            self._ready.exception()  # seen
        self._ready.cancel()

    async def listed(self) -> None:
        """Ask again what it offers; it said that this has changed. Raises ToolError."""
        self.stale = False
        async with self._told("list its tools", START_SECONDS) as client:
            self.offers = await listing(self.name, self.server, client)

    async def call(
        self, tool: str, args: Mapping[str, Json], show: Show, *, acts: bool
    ) -> CallToolResult:
        """Call a tool of it once. Raises ToolError.

        Where it `acts`, what became of a call whose answer is lost is not known, and said so. A
        call that is given up takes the server with it unless others are under way.
        """
        from mcp_types import CallToolRequest, CallToolRequestParams, CallToolResult

        async def progressed(progress: float, total: float | None, message: str | None) -> None:
            share = min(1.0, max(0.0, progress / total)) if total and total > 0 else None
            show(shortened(message or f"{progress:g}", LONGEST), share)

        params = CallToolRequestParams(name=tool, arguments=dict(args))
        self.in_flight += 1
        try:
            async with self._told(f"answer {tool}", self.server.timeout, acts=acts) as client:
                return await client.session.send_request(
                    CallToolRequest(params=params),
                    CallToolResult,
                    progress_callback=progressed,
                )
        except asyncio.CancelledError:
            if self.in_flight == 1:
                await self.end(gently=False)
            raise
        finally:
            self.in_flight -= 1

    @asynccontextmanager
    async def _told(
        self, what: str, seconds: float, *, acts: bool = False
    ) -> AsyncIterator[Client]:
        """The client; whatever goes wrong with it is a ToolError in a sentence."""
        from mcp import MCPError
        from mcp_types import CONNECTION_CLOSED
        from pydantic import ValidationError

        if self._client is None or self._over.is_set():
            raise self._ended(acts=False)
        self._refused = (0, "")
        try:
            async with asyncio.timeout(seconds):
                yield self._client
        except TimeoutError as error:
            await self.end(gently=False)
            raise ToolError(
                "timeout",
                f"MCP server {self.name} did not {what} within {seconds:g} seconds and was "
                "stopped; the next call starts it again.",
                transient=not acts,
            ) from error
        except MCPError as error:
            # A server may give its own errors that number, but hardly with these words.
            closed = error.code == CONNECTION_CLOSED and error.message == "Connection closed"
            if closed or self._over.is_set():
                raise self._ended(acts=acts) from error
            raise self._refusal(what, error.message, acts=acts) from error
        except ValidationError as error:
            raise ToolError(
                "no_answer" if acts else "bad_answer",
                f"MCP server {self.name} did not {what} in a form that can be read.",
            ) from error

    def _refusal(self, what: str, said: str, *, acts: bool) -> ToolError:
        """What it answered instead; a gateway's fault may hide that the call was carried out."""
        status, meaning = self._refused
        code = {401: "no_login", 403: "no_login", 429: "rate_limited"}.get(status)
        if code is None:
            code = "no_answer" if status >= 500 and acts else "refused_by_server"
        return ToolError(
            code,
            f"MCP server {self.name} could not {what}; "
            f"{meaning or f'it says: {shortened(said, LONGEST)}'}",
            transient=not acts and (status == 429 or status >= 500),
        )

    def _ended(self, *, acts: bool) -> ToolError:
        """Why there is no answer any more."""
        if self._why is not None and not acts:
            return self._why
        return ToolError(
            "no_answer" if acts else "server_ended",
            f"MCP server {self.name} ended before it answered; the next call starts it again.",
            transient=not acts,
        )

    async def _hold(self) -> None:
        """Hold the connection open until it is over, then end what was started."""
        from mcp import Client
        from mcp_types import Implementation

        from butler_tui import __version__

        try:
            async with (
                self._streams() as streams,
                Client(
                    _Given(streams),
                    cache=None,
                    message_handler=self._heard,
                    client_info=Implementation(name="butler", version=__version__),
                ) as client,
            ):
                self.offers = await listing(self.name, self.server, client)
                self.greeting = greeting(client)
                self._client = client
                self._ready.set_result(None)
                await self._over.wait()
        except asyncio.CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001  (told to whoever waits)
            self._failed(error)
        finally:
            self._over.set()
            if self._process is not None:
                # A task of its own, so that nothing that is given up leaves a process behind.
                self._ending = asyncio.create_task(self._process.end(gently=self._gently))
                await asyncio.shield(self._ending)
            if not self._ready.done():
                self._failed(None)

    def _failed(self, error: BaseException | None) -> None:
        """The connection broke, before it was ready or later."""
        known = self._why or not_started(self.name, error, self._refused[1])
        self._why = known
        if not self._ready.done():
            self._ready.set_exception(known)
        elif error is not None:
            _log.warning("MCP server %s: %s", self.name, known)

    @asynccontextmanager
    async def _streams(self) -> AsyncIterator[tuple[Any, Any]]:
        if self.server.command is None:
            async with self._called() as streams:
                yield streams
            return
        from butler_tui.tools.mcp.stdio import stdio

        self._process = await ServerProcess.start(
            self.name, self.server.command, self._filled, self.server.folder
        )
        async with stdio(self._process, self._silent) as streams:
            yield streams

    @asynccontextmanager
    async def _called(self) -> AsyncIterator[tuple[Any, Any]]:
        from mcp.client.streamable_http import streamable_http_client

        from butler_tui.tools.mcp.remote import http_client

        url = self.server.url or ""
        async with (
            http_client(self.name, url, self._filled, self.server.timeout, self._noted) as http,
            streamable_http_client(url, http_client=http) as streams,
        ):
            yield streams

    def _noted(self, status: int, said: str) -> None:
        """It answered with an error of HTTP."""
        self._refused = status, said

    def _silent(self, why: ToolError | None) -> None:
        """Its process writes no more."""
        if self._over.is_set():
            return
        self._why = why
        if self._process is not None and why is None:
            self._process.tell_the_log()
        self._gently = False
        if self._ready.done():
            self._over.set()

    async def _heard(self, message: object) -> None:
        """What the server says unasked: only that its tools changed is of interest."""
        from mcp_types import ToolListChangedNotification

        if isinstance(message, ToolListChangedNotification):
            self.stale = True


class _Given:
    """Streams that are open already, as a transport of the client."""

    def __init__(self, streams: tuple[Any, Any]) -> None:
        self._streams = streams

    async def __aenter__(self) -> tuple[Any, Any]:
        return self._streams

    async def __aexit__(self, *_: object) -> None:
        return None
