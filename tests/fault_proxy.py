"""A proxy on loopback that hurts what passes through it: the world as it is on a bad day.

    async with FaultProxy(port, [None, Fault("reset"), Fault("429")]) as proxy:
        ...     the second and third request meet these, all others nothing

Each fault is met by one request, the last one by every further one with `for_ever`. What reached
the server behind is what that server saw; what the proxy saw is in `met`, and when in `at`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal[
    "reset",  # before the request is read: it never arrives
    "reset after",  # the request arrives, no answer comes back
    "reset middle",  # in the middle of the answer
    "half",  # half an answer, then a proper end of the connection
    "silence",  # the request arrives, and then nothing
    "silence middle",  # half an answer, and then nothing
    "too long",  # a content length beyond the body's
    "no utf-8",  # bytes in the middle that are no text
    "drip",  # byte by byte
    "429",
    "500",
    "503",
]


@dataclass(frozen=True)
class Fault:
    """What happens to one request. `at` is where an answer's body is cut, else in its middle."""

    kind: Kind
    at: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class FaultProxy:
    """Passes requests on to a port on loopback; a context manager. `url` is its address."""

    to: int
    faults: Sequence[Fault | None] = ()
    for_ever: bool = False
    met: list[Kind | Literal["passed"]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)

    async def __aenter__(self) -> FaultProxy:
        self._left = list(self.faults)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def via(self, url: str) -> str:
        """The same address, by way of the proxy."""
        parts = urlsplit(url)
        return self.url + parts.path + (f"?{parts.query}" if parts.query else "")

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._request(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    def _next(self) -> Fault | None:
        if not self._left:
            return None
        return self._left[0] if self.for_ever and len(self._left) == 1 else self._left.pop(0)

    async def _request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        fault = self._next()
        self.met.append(fault.kind if fault else "passed")
        self.at.append(asyncio.get_running_loop().time())
        if fault is not None and fault.kind == "reset":
            return _reset(writer)
        if fault is not None and fault.kind.isdecimal():
            return await _refuse(writer, fault)
        answer = await self._answer(head, body)
        if fault is None:
            writer.write(answer)
            return await writer.drain()
        return await _hurt(reader, writer, fault, answer)

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        """The whole answer of the server behind."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.to)
        try:
            writer.write(_closing(head) + body)
            await writer.drain()
            answer = await reader.read()
        finally:
            writer.close()
        first, _, rest = answer.partition(b"\r\n")
        return first + b"\r\nConnection: close\r\n" + rest


async def _hurt(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault, answer: bytes
) -> None:
    head, body = _parted(answer)
    cut = len(body) // 2 if fault.at is None else min(fault.at, len(body))
    match fault.kind:
        case "reset after":
            _reset(writer)
        case "reset middle" | "half" | "silence middle":
            writer.write(head + body[:cut])
            await writer.drain()
            if fault.kind == "silence middle":
                await reader.read()  # until the client leaves
            elif fault.kind == "reset middle":
                await asyncio.sleep(0.05)  # a reset takes back what was not read yet
                _reset(writer)
        case "silence":
            await reader.read()
        case "too long":
            writer.write(_with_length(head, len(body) + 100) + body)
            await writer.drain()
        case "no utf-8":
            writer.write(
                _with_length(head, len(body) + 3) + body[:cut] + b"\xff\xfe\xc3" + body[cut:]
            )
            await writer.drain()
        case _:
            for at in range(0, len(answer), 16):
                writer.write(answer[at : at + 16])
                await writer.drain()
                await asyncio.sleep(0)


async def _refuse(writer: asyncio.StreamWriter, fault: Fault) -> None:
    headers = {"content-length": "2", "connection": "close", **fault.headers}
    lines = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    writer.write(f"HTTP/1.1 {fault.kind} No\r\n{lines}\r\n{{}}".encode())
    await writer.drain()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other side gets a reset, not an end."""
    made: socket.socket = writer.get_extra_info("socket")
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _closing(head: bytes) -> bytes:
    """The request's head, asking for one answer and the connection's end."""
    lines = [one for one in head.split(b"\r\n") if not one.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])


def _parted(answer: bytes) -> tuple[bytes, bytes]:
    """Head and body, the body without its chunks: its length is then in the head."""
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" in head.lower():
        whole, rest = b"", body
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            whole, rest = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                break
        body = whole
    return _with_length(head + b"\r\n\r\n", len(body)), body


def _with_length(head: bytes, length: int) -> bytes:
    gone = (b"content-length:", b"transfer-encoding:")
    lines = [one for one in head.rstrip(b"\r\n").split(b"\r\n") if not one.lower().startswith(gone)]
    return b"\r\n".join([*lines, b"Content-Length: %d" % length]) + b"\r\n\r\n"
