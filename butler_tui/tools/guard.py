"""The transport under every HTTP client of Butler's: it connects to checked addresses only.

A name is resolved once per connection. If any of its addresses is not public, nothing is sent,
unless the person named the exact origin. The connection then goes to an address that was checked,
while the Host header, SNI and the certificate's name stay those of the URL.

This module loads httpx: import it inside the function that needs it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import certifi
import httpcore
import httpx

from butler_tui.core.errors import ToolError
from butler_tui.tools.addresses import is_public, origin_of

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Turns a host name and port into IP addresses; raises OSError."""

PUBLIC_ONLY = "butler_public_only"
"""Extension of a request that a stranger's redirect led to: private origins are not for it."""

MOST_CONNECTIONS = 20
_SECONDS_PER_ADDRESS = 5.0


async def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the operating system knows for a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedTransport(httpx.AsyncBaseTransport):
    """Carries requests to public addresses, and to the private origins that are meant.

    Raises ToolError `private_address` before anything is sent, else what httpx raises.
    """

    def __init__(self, meant: frozenset[str], resolve: Resolver) -> None:
        self._meant = meant
        self._public = _pool(_CheckedBackend(resolve, private=False))
        self._private = _pool(_CheckedBackend(resolve, private=True))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its answer with the body still to be read."""
        origin = origin_of(request.url)
        if request.url.userinfo:
            raise ToolError("bad_url", f"{origin} must be written without user name and password.")
        meant = origin in self._meant and not request.extensions.get(PUBLIC_ONLY)
        pool = self._private if meant else self._public
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        timeouts = request.extensions.get("timeout", {})
        outgoing = httpcore.Request(
            request.method,
            url,
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": timeouts},
        )
        with _as_httpx(request):
            try:
                answer = await pool.handle_async_request(outgoing)
            except _PrivateAddressError as error:
                led_astray = bool(request.extensions.get(PUBLIC_ONLY))
                raise refusal(origin, error.address, led_astray) from error
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer.stream, request),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._public.aclose()
        await self._private.aclose()


class _PrivateAddressError(Exception):
    """A name led to an address that is not public."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(address)


class _CheckedBackend(httpcore.AsyncNetworkBackend):
    """Opens connections to addresses that were looked up, and checked, just before."""

    def __init__(self, resolve: Resolver, *, private: bool) -> None:
        self._resolve = resolve
        self._private_too = private
        # Any: httpcore declares this class once more, empty, for when anyio is missing.
        self._open: Any = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's own signature)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the name that answers."""
        addresses = await self._checked(host, port, timeout)
        for address in addresses[:-1]:
            short = min(timeout or _SECONDS_PER_ADDRESS, _SECONDS_PER_ADDRESS)
            try:
                return await self._open.connect_tcp(
                    address, port, short, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._open.connect_tcp(
            addresses[-1], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  (httpcore's own signature)
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refused: no URL leads to a socket file."""
        raise httpcore.ConnectError("sockets that are files are not reached")

    async def sleep(self, seconds: float) -> None:
        """Wait between tries."""
        await asyncio.sleep(seconds)

    async def _checked(self, host: str, port: int, seconds: float | None) -> Sequence[str]:
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._resolve(host, port)
            if not addresses:
                raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"looking up {host} took too long") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        if not self._private_too:
            for address in addresses:
                if not is_public(address):
                    raise _PrivateAddressError(address)
        return addresses


class _Body(httpx.AsyncByteStream):
    """An answer's body, whose failures are httpx's."""

    def __init__(self, stream: Any, request: httpx.Request) -> None:  # noqa: ANN401  (httpcore's)
        self._stream = stream
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx(self._request):
            async for block in self._stream:
                yield block

    async def aclose(self) -> None:
        await self._stream.aclose()


@contextmanager
def _as_httpx(request: httpx.Request) -> Iterator[None]:
    """Raise httpcore's errors as the httpx errors of the same names."""
    try:
        yield
    except (
        httpcore.TimeoutException,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.UnsupportedProtocol,
    ) as error:
        kind = getattr(httpx, type(error).__name__, httpx.TransportError)
        raise kind(str(error), request=request) from error


def refusal(origin: str, address: str, led_astray: bool) -> ToolError:
    """What is said where a name led to an address that is not public."""
    if led_astray:
        return ToolError(
            "private_address",
            f"A site sends its readers on to {origin}, which is {address} and not on the public "
            "internet, so nothing was sent; open that address itself if you mean it.",
        )
    return ToolError(
        "private_address",
        f"{origin} leads to {address}, which is not on the public internet, so nothing was sent; "
        f'if you mean it, add "{origin}" to [network] allow in config.toml.',
    )


def _pool(backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionPool:
    files = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    return httpcore.AsyncConnectionPool(
        ssl_context=_trust(*files),
        max_connections=MOST_CONNECTIONS,
        keepalive_expiry=5.0,
        network_backend=backend,
    )


@lru_cache(maxsize=2)
def _trust(_file: str, _folder: str) -> ssl.SSLContext:
    """TLS that trusts the system's certificates (OpenSSL reads the two settings) and certifi's."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
