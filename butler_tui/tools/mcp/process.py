"""A server's process: started in a group of its own, and ended with all that it forked.

It never outlives Butler. Closing its standard input asks it to end, and a guard waits beside it: a
shell that reads from Butler, and kills the group when Butler is gone, however that came about.
What it writes to standard error goes to the log, never to the screen.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError

MOST_BYTES = 16_000_000
"""In one message."""

GRACE = 1.0
"""Seconds that a server has to end when its input is closed, and again when it is asked to."""

_log = logging.getLogger(__name__)
_GUARD = 'read -r _; kill -s KILL -- "-$1"'
_LAST_LINES = 20
_LONGEST_LINE = 500
_KEPT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LOGNAME",
    "PATH",
    "SHELL",
    "TMPDIR",
    "TZ",
    "USER",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
)
"""What a server gets of Butler's environment: nothing that is a secret."""


class ServerProcess:
    """One running server; `name` is its name in the settings."""

    def __init__(self, name: str, process: Process, guard: Process | None) -> None:
        self.name = name
        self._process, self._guard = process, guard
        self._said: deque[str] = deque(maxlen=_LAST_LINES)
        self._listening = asyncio.create_task(self._listen(), name=f"stderr of {name}")

    @classmethod
    async def start(
        cls, name: str, command: Sequence[str], env: Mapping[str, str], folder: Path | None
    ) -> ServerProcess:
        """Start it. Raises ToolError when it cannot be."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                env={**_environment(), **env},
                cwd=folder,
                limit=MOST_BYTES,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "its command is not valid"
            raise ToolError(
                "not_started", f"MCP server {name} cannot be started: {command[0]}: {why}."
            ) from error
        try:
            guard = await _guard(process.pid)
        except BaseException:
            _kill_group(process.pid)
            raise
        return cls(name, process, guard)

    @property
    def pid(self) -> int:
        """Its number, which is also its group's."""
        return self._process.pid

    async def line(self) -> bytes | None:
        """The next line it writes; None after the last. Raises ToolError when it is endless."""
        assert self._process.stdout is not None  # noqa: S101  (it was started with pipes)
        try:
            return await self._process.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError as error:
            raise ToolError(
                "too_big", f"MCP server {self.name} sent more than {MOST_BYTES // 1_000_000} MB."
            ) from error
        except OSError:
            return None

    async def write(self, data: bytes) -> None:
        """Write to it. Raises OSError when it reads no more."""
        assert self._process.stdin is not None  # noqa: S101  (as above)
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def end(self, *, gently: bool) -> None:
        """End it and all that it forked, and wait until that is so.

        `gently`: its input is closed and it is asked to end, before it is killed.
        """
        forked = _descendants(self.pid)
        if gently:
            if self._process.stdin is not None:
                self._process.stdin.close()
            if not await self._ended(GRACE):
                _kill_group(self.pid, signal.SIGTERM)
                await self._ended(GRACE)
        _kill_group(self.pid)
        for one in forked:  # also those that left the group
            with suppress(psutil.Error):
                one.kill()
        await self._ended(GRACE)
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening
        if self._guard is not None:
            with suppress(ProcessLookupError):
                self._guard.kill()
            await self._guard.wait()
        _close(self._process)

    def tell_the_log(self) -> None:
        """Write what it said last to the log: it ended by itself."""
        if self._said:
            said = "\n".join(self._said)
            _log.warning("MCP server %s ended; it said last:\n%s", self.name, said)

    async def _ended(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._process.wait()
        return self._process.returncode is not None

    async def _listen(self) -> None:
        """Read its standard error to the end, and remember the last lines."""
        assert self._process.stderr is not None  # noqa: S101  (as above)
        rest = b""
        while block := await self._process.stderr.read(65_536):
            *lines, rest = (rest + block).split(b"\n")
            rest = rest[:_LONGEST_LINE]
            self._said.extend(_shown(one) for one in lines[-_LAST_LINES:])
        if rest:
            self._said.append(_shown(rest))


async def _guard(group: int) -> Process | None:
    """What kills the group when Butler is gone; only where there are groups."""
    if os.name != "posix":
        return None
    nobody = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        _GUARD,
        "butler-guard",
        str(group),
        stdin=PIPE,
        stdout=nobody,
        stderr=nobody,
        env={},
        start_new_session=True,
    )


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "TERM": "dumb", "NO_COLOR": "1"}


def _shown(line: bytes) -> str:
    return visible_line(line[:_LONGEST_LINE].decode(errors="replace").rstrip())


def _kill_group(group: int, how: signal.Signals = signal.SIGKILL) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _close(process: Process) -> None:
    """Close its pipes, which what it left behind may still hold open."""
    transport = getattr(process, "_transport", None)
    if transport is not None:
        transport.close()
