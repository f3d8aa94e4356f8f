"""The servers of one Butler: started when a call needs them, again when they ended, all ended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from butler_tui.core.errors import ButlerError, ToolError
from butler_tui.settings.mcp import McpServer
from butler_tui.tools.mcp.accepted import Acceptance
from butler_tui.tools.mcp.offers import Offer
from butler_tui.tools.mcp.session import Session

FindSecret = Callable[[str], str | None]
"""The secret of a name. May block: it is called in a thread."""


class Pool:
    """Keeps at most one session a server; what each start offers is noted in `acceptance`."""

    def __init__(self, servers: Mapping[str, McpServer], acceptance: Acceptance | None) -> None:
        self._servers, self._acceptance = servers, acceptance
        self._sessions: dict[str, Session] = {}
        self._starting: dict[str, asyncio.Lock] = {}

    async def session(self, name: str, secret: FindSecret) -> Session:
        """The server, running, with what it offers now known. Raises ToolError."""
        async with self._starting.setdefault(name, asyncio.Lock()):
            session = self._sessions.get(name)
            if session is not None and not session.alive:
                await session.end(gently=False)
                del self._sessions[name]
                session = None
            if session is None:
                session = await self._started(name, secret)
                self._sessions[name] = session
                await self._note(session)
            elif session.stale:
                await session.listed()
                await self._note(session)
            return session

    async def offering(self, name: str, accepted: Offer, secret: FindSecret) -> Session:
        """The server, which offers this tool as it was accepted. Raises ToolError `changed`."""
        session = await self.session(name, secret)
        now = session.offers.tools.get(accepted.name)
        if now is None:
            raise ToolError("gone", f"MCP server {name} does not offer {accepted.name} any more.")
        if now.fingerprint != accepted.fingerprint:
            raise ToolError(
                "changed",
                f"MCP server {name} says something else of {accepted.name} than you accepted, so "
                f"it was not called; `butler mcp accept {name}` shows what changed.",
            )
        return session

    async def close(self) -> None:
        """End every server."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        await asyncio.gather(*(one.end() for one in sessions))

    async def _started(self, name: str, secret: FindSecret) -> Session:
        server = self._servers.get(name)
        if server is None:
            raise ToolError("gone", f"There is no MCP server {name} in the settings any more.")
        secrets: dict[str, str] = {}
        for one in server.secrets:
            value = await asyncio.to_thread(secret, one)
            if value is None or not value.isprintable():
                why = "is not kept" if value is None else "holds a line break"
                raise ToolError(
                    "no_secret", f"The secret {one} {why}; `butler secrets set {one}` keeps it."
                )
            secrets[one] = value
        return await Session.opened(name, server, secrets)

    async def _note(self, session: Session) -> None:
        """Keep what the server offers now, so that what changed is not ready from the next goal."""
        if self._acceptance is None:
            return
        try:
            await asyncio.to_thread(self._acceptance.saw, session.name, session.offers)
        except ButlerError as error:
            raise ToolError("not_kept", str(error)) from error
