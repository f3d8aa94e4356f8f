"""The HTTP client for a server at an address: it reaches that one origin, and nothing else.

The address stands in the person's settings, so it may be a private one; where it leads further,
nothing follows. Proxies of the environment are not asked. This module loads `httpx2`: import it
inside the function that needs it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

import httpx2

from butler_tui.core.errors import ToolError
from butler_tui.tools.mcp.process import MOST_BYTES

CONNECT_SECONDS = 15.0


Refused = Callable[[int, str], None]
"""Is told the status of each answer that is an error, and what it says in a few words."""


def http_client(
    name: str, url: str, headers: Mapping[str, str], seconds: float, refused: Refused
) -> httpx2.AsyncClient:
    """A client for the server's own origin; `seconds` is its longest silence."""
    return httpx2.AsyncClient(
        headers=dict(headers),
        timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
        transport=_OneOrigin(name, httpx2.URL(url), refused),
        trust_env=False,
        follow_redirects=False,
    )


class _OneOrigin(httpx2.AsyncBaseTransport):
    """Carries requests to one origin, and no more than a message's bytes of an answer."""

    def __init__(self, name: str, url: httpx2.URL, refused: Refused) -> None:
        self._name, self._refused = name, refused
        self._origin = (url.scheme, url.host, url.port)
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request."""
        if (request.url.scheme, request.url.host, request.url.port) != self._origin:
            raise ToolError(
                "led_away",
                f"MCP server {self._name} sends its callers on to {request.url.host}, so nothing "
                "was sent; if you mean that server, write its address into the settings.",
            )
        answer = await self._inner.handle_async_request(request)
        if answer.status_code >= 400:
            wait = answer.headers.get("retry-after", "")
            self._refused(answer.status_code, _said_by(answer.status_code, wait))
        stream = answer.stream
        assert isinstance(stream, httpx2.AsyncByteStream)  # noqa: S101  (an async transport's)
        return httpx2.Response(
            answer.status_code,
            headers=answer.headers,
            stream=_Capped(self._name, stream),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


def _said_by(status: int, wait: str) -> str:
    """What a status means, in a clause."""
    match status:
        case 401 | 403:
            return f"it refuses the key it was given, or wants one (status {status})"
        case 429:
            later = f"in {wait} seconds" if wait.isdecimal() and len(wait) < 7 else "later"
            return f"it is asked too often (status 429); try again {later}"
        case _ if status >= 500:
            return f"it has a fault of its own (status {status}); try again later"
        case _:
            return f"there is no such server (status {status})"


class _Capped(httpx2.AsyncByteStream):
    """A body that fails when it grows too big; a stream of events begins to count anew at each."""

    def __init__(self, name: str, stream: httpx2.AsyncByteStream) -> None:
        self._name, self._stream = name, stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for block in self._stream:
            size = len(block) if b"\n\n" in block or b"\r\n\r\n" in block else size + len(block)
            if size > MOST_BYTES:
                raise httpx2.ReadError(f"MCP server {self._name} sent too much")
            yield block

    async def aclose(self) -> None:
        await self._stream.aclose()
