"""The browser's only way to the network: a proxy on loopback that reaches checked addresses only.

Whatever a page does (redirects, subresources, sockets, workers), the browser connects to this
proxy and leaves it to look names up. A name is resolved once per connection, and the connection
goes to an address that was checked, so neither a redirect nor a name that changes its mind leads
to a private address.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError
from butler_tui.tools.addresses import checked_url, is_public, origin_of

if TYPE_CHECKING:
    from butler_tui.tools.guard import Resolver

_MOST_HEAD = 64_000
_CONNECT_SECONDS = 15.0
_HEAD_SECONDS = 120.0
_BLOCK = 65_536
_HOP = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization", b"upgrade"}
)
_TARGET = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]/@\s]+):(?P<port>\d{1,5})", re.I)

_OF_THE_BROWSER = frozenset(
    {
        *("android.clients.google.com", "clients2.google.com", "content-autofill.googleapis.com"),
        *("edgedl.me.gvt1.com", "mtalk.google.com", "optimizationguide-pa.googleapis.com"),
        *("redirector.gvt1.com", "safebrowsing.googleapis.com", "update.googleapis.com"),
    }
)
"""Hosts that no page needs, and that the browser asks by itself (for updates, say)."""

_BadHead = (ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


@dataclass(slots=True)
class Gateway:
    """Runs the proxy of one browser. `meant` are the private origins that the settings allow.

    They are reached only while `private` is True: a stranger's page does not lead there. What was
    refused, and why, is in `refused` by its host and port.
    """

    meant: frozenset[str]
    resolve: Resolver
    private: bool = False
    refused: dict[str, ToolError] = field(default_factory=dict[str, ToolError])
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def start(self) -> str:
        """Begin to listen; returns the proxy's address."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_MOST_HEAD)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Close every connection."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def is_meant(self, origin: str) -> bool:
        """Whether the settings allow this private origin."""
        return origin in self.meant

    def refusal_for(self, url: str) -> ToolError | None:
        """Why a connection for the url failed at last, if it did."""
        try:
            target = checked_url(url)
        except ToolError as error:
            return error
        port = target.port or (80 if target.scheme == "http" else 443)
        return self.refused.get(_key(target.raw_host.decode("ascii"), port))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  (asyncio starts a task for each connection)
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, *_BadHead):
            pass
        except asyncio.CancelledError:
            pass
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, headers = await _head(reader)
        method, target, _ = first.split(" ", 2)
        if method == "CONNECT":
            await self._tunnel(target, reader, writer)
        else:
            await self._forward(method, target, headers, reader, writer)

    async def _tunnel(
        self, target: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        found = _TARGET.fullmatch(target)
        if found is None:
            await _refuse(writer, "400 Bad Request")
            return
        host, port = found["host"], int(found["port"])
        url = f"https://{host}:{port}/"
        try:
            # The same way carries ws://, whose origin is written http://.
            origins = [
                origin_of(checked_url(url)),
                origin_of(checked_url(f"http://{host}:{port}/")),
            ]
            far, out = await self._connected(host, port, origins)
        except ToolError:
            await _refuse(writer, "403 Forbidden")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await _both(reader, writer, far, out)
        finally:
            out.close()

    async def _forward(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[bytes, bytes]],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """One plain request and its answer, after which the connection is closed."""
        names = {name.lower(): value for name, value in headers}
        length = names.get(b"content-length", b"0").strip()
        if b"transfer-encoding" in names or not length.isdigit():
            await _refuse(writer, "411 Length Required")
            return
        try:
            url = checked_url(target)
            port = url.port or 80
            far, out = await self._connected(url.raw_host.decode("ascii"), port, [origin_of(url)])
        except ToolError:
            await _refuse(writer, "403 Forbidden")
            return
        try:
            out.write(b" ".join([method.encode(), url.raw_path, b"HTTP/1.1"]) + b"\r\n")
            out.write(_fields(headers))
            sending = asyncio.create_task(_copy(reader, out, int(length)))
            try:
                await _answer(far, writer)
            finally:
                sending.cancel()
                await asyncio.wait([sending])
        finally:
            out.close()

    async def _connected(
        self, host: str, port: int, origins: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a checked address; raises ToolError, which `refusal_for` tells later."""
        key = _key(host, port)
        if host.lower() in _OF_THE_BROWSER:
            raise ToolError("not_allowed", f"{host} is asked by no page.")
        try:
            found = await self._to_checked(host.strip("[]"), port, origins)
        except ToolError as error:
            self.refused[key] = error
            raise
        self.refused.pop(key, None)
        return found

    async def _to_checked(
        self, host: str, port: int, origins: Sequence[str]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        from butler_tui.tools.guard import refusal

        origin = origins[0]
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                addresses = await self.resolve(host, port)
                meant = any(one in self.meant for one in origins)
                for address in addresses:
                    if not is_public(address) and not (meant and self.private):
                        raise refusal(origin, address, led_astray=meant)
                return await _first_that_answers(addresses, port)
        except TimeoutError as error:
            message = f"{origin} cannot be reached in time."
            raise ToolError("timeout", message, transient=True) from error
        except (OSError, UnicodeError) as error:
            raise _unreachable(origin, error) from error


def _unreachable(origin: str, error: Exception) -> ToolError:
    import socket

    if isinstance(error, socket.gaierror | UnicodeError):
        message = f"There is no site at {origin}; check the name and your connection."
        return ToolError("unknown_host", message)
    message = f"{origin} cannot be reached; check that it is up."
    return ToolError("unreachable", message, transient=True)


async def _first_that_answers(
    addresses: Sequence[str], port: int
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    failed: OSError = OSError("the name has no address")
    for address in addresses:
        try:
            return await asyncio.open_connection(address, port, limit=_MOST_HEAD)
        except OSError as error:
            failed = error
    raise failed


async def _head(reader: asyncio.StreamReader) -> tuple[str, list[tuple[bytes, bytes]]]:
    """The first line and the fields of a request or an answer. Raises ValueError and others."""
    async with asyncio.timeout(_HEAD_SECONDS):
        raw = await reader.readuntil(b"\r\n\r\n")
    first, *lines = raw[:-4].split(b"\r\n")
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or not name.strip():
            raise ValueError("no field of a head")
        fields.append((name.strip(), value.strip()))
    return first.decode("latin-1"), fields


def _fields(headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The fields without those that are between two neighbours, and one that ends it after this."""
    kept = [name + b": " + value for name, value in headers if name.lower() not in _HOP]
    return b"\r\n".join([*kept, b"Connection: close"]) + b"\r\n\r\n"


async def _answer(far: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        first, headers = await _head(far)
        status = first.split(" ", 2)[1]
        if not status.startswith("1"):
            break
    writer.write(first.encode("latin-1") + b"\r\n" + _fields(headers))
    await _copy(far, writer, None)


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most: int | None
) -> None:
    """Pass bytes on until there are no more, or `most` were passed on."""
    left = most
    with suppress(OSError):
        while left is None or left > 0:
            block = await reader.read(_BLOCK if left is None else min(left, _BLOCK))
            if not block:
                return
            writer.write(block)
            await writer.drain()
            left = None if left is None else left - len(block)


async def _both(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    far: asyncio.StreamReader,
    out: asyncio.StreamWriter,
) -> None:
    """Pass bytes on in both directions until one side ends."""
    tasks = [
        asyncio.create_task(_copy(reader, out, None)),
        asyncio.create_task(_copy(far, writer, None)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _refuse(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    with suppress(OSError):
        await writer.drain()


def _key(host: str, port: int) -> str:
    return f"{host.strip('[]').lower()}:{port}"
