"""A program run in its box to its end: its output kept within bounds, what it uses watched."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from butler_tui.core.errors import ToolError
from butler_tui.tools.process_cap import Cap, capped
from butler_tui.tools.process_tree import end, measure
from butler_tui.tools.sandbox import Box, Confinement, Limits
from butler_tui.tools.sandboxing.launcher import REFUSED

Reason = Literal["cancelled", "time", "processes", "memory", "disk"]
Watch = Callable[[], Reason | None]

HEAD, TAIL = 100_000, 50_000
"""Bytes of output that are kept: from its beginning and from its end."""

_BLOCK = 1 << 16
_BETWEEN_LOOKS = 0.1
_BETWEEN_WATCHES = 0.5
_AFTER_ITS_END = 1.0
_LEAST_FREE = 256 << 20


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, its output as text, seconds, and why it was stopped."""

    code: int
    text: str
    seconds: float
    stopped: Reason | None = None


@dataclass(slots=True)
class _Output:
    """The beginning and the end of what a program writes, however much that is."""

    head: bytearray = field(default_factory=bytearray)
    tail: deque[bytes] = field(default_factory=deque[bytes])
    in_tail: int = 0
    total: int = 0

    def add(self, block: bytes) -> None:
        self.total += len(block)
        room = HEAD - len(self.head)
        self.head += block[:room]
        if rest := block[room:]:
            self.tail.append(rest)
            self.in_tail += len(rest)
            while self.in_tail - len(self.tail[0]) >= TAIL:
                self.in_tail -= len(self.tail.popleft())

    def text(self) -> str:
        """All of it, or its two ends and how much is left out between; bad UTF-8 becomes U+FFFD."""
        tail = b"".join(self.tail)[-TAIL:]
        left_out = self.total - len(self.head) - len(tail)
        said = f"\n[... {left_out:,} bytes left out ...]\n".encode() if left_out else b""
        return bytes(self.head + said + tail).decode(errors="replace")

    def last_line(self) -> str:
        """The last line that is not empty, for showing how far the program is."""
        end = (self.tail[-1] if self.tail else bytes(self.head[-1000:]))[-1000:]
        lines = end.decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:200]


def run_boxed(
    stop: threading.Event,
    confinement: Confinement,
    box: Box,
    watch: Watch = lambda: None,
    show: Callable[[str], None] = lambda _line: None,
) -> Ended:
    """Run the box's program in the confinement until it ends or must be stopped; blocks.

    When this returns or raises, nothing that the program started is left. `watch` is asked twice a
    second whether to stop it. Raises ToolError `no_sandbox` when the box could not be set up.
    """
    start = confinement.start(box)
    begun = time.monotonic()
    output = _Output()
    is_open = confinement.kind == "open"
    cap = contextlib.nullcontext(Cap()) if is_open else capped(_most(box.limits))
    with cap as group, _started(start.command, group) as started:
        try:
            _give(started, start.order)
            stopped = _follow(started, stop, box, begun, output, watch, show)
            if stopped is not None:
                gently = stopped in ("cancelled", "time")
                end(started, namespaces=confinement.namespaces, gently=gently)
                _drain(started, output)
        except BaseException:
            end(started, namespaces=confinement.namespaces, gently=False)
            raise
        started.wait()
    text = output.text()
    if stopped is None:
        _check_set_up(started.returncode, text)
    return Ended(started.returncode, text, time.monotonic() - begun, stopped)


def filling_up(folder: Path) -> Watch:
    """A watch over the free space of a folder's disk: what fills it up is stopped."""

    def free() -> int:
        there = os.statvfs(folder)
        return there.f_bavail * there.f_frsize

    least = min(free() // 2, _LEAST_FREE)
    return lambda: "disk" if free() < least else None


def _started(command: Sequence[str], group: Cap) -> subprocess.Popen[bytes]:
    if shutil.which(command[0]) is None:
        said = f"The sandbox could not be started: {command[0]} cannot be run; nothing was run."
        raise ToolError("no_sandbox", said)
    try:
        return subprocess.Popen(  # noqa: S603  (the sandbox's own command)
            group.around(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={},
            start_new_session=True,
        )
    except OSError as error:
        said = f"The sandbox could not be started: {error.strerror}; nothing was run."
        raise ToolError("no_sandbox", said) from error


def _check_set_up(code: int, text: str) -> None:
    """Tell a sandbox that failed from a program that did."""
    first = text.split("\n", 1)[0][:300]
    if code == REFUSED and first.startswith("The sandbox "):
        raise ToolError("no_sandbox", first)
    if code == 1 and first.startswith("bwrap: "):
        said = f"The sandbox could not be set up ({first}); nothing was run."
        raise ToolError("no_sandbox", said)


def _give(started: subprocess.Popen[bytes], order: bytes) -> None:
    assert started.stdin is not None  # noqa: S101  (asked for)
    with contextlib.suppress(BrokenPipeError), started.stdin as given:
        given.write(order)


def _follow(
    started: subprocess.Popen[bytes],
    stop: threading.Event,
    box: Box,
    begun: float,
    output: _Output,
    watch: Watch,
    show: Callable[[str], None],
) -> Reason | None:
    """Read and watch until the program has ended; else why it must be stopped."""
    reading = True
    looked = watched = begun
    shown = ""
    while reading or started.poll() is None:
        reading = _read(started, output, reading)
        now = time.monotonic()
        if stop.is_set():
            return "cancelled"
        if now - begun > box.limits.seconds:
            return "time"
        if now - looked >= _BETWEEN_LOOKS:
            looked = now
            if reason := _too_much(started, box.limits):
                return reason
            if started.poll() is not None:
                _drain(started, output)
                return None
        if now - watched >= _BETWEEN_WATCHES:
            watched = now
            if reason := watch():
                return reason
            if (line := output.last_line()) != shown:
                show(line)
                shown = line
    return None


def _read(started: subprocess.Popen[bytes], output: _Output, reading: bool) -> bool:
    """Take what is there; False when there will be no more."""
    assert started.stdout is not None  # noqa: S101  (asked for)
    if not reading:
        time.sleep(_BETWEEN_LOOKS / 5)
        return False
    if select.select([started.stdout], [], [], _BETWEEN_LOOKS / 2)[0]:
        block = os.read(started.stdout.fileno(), _BLOCK)
        output.add(block)
        return bool(block)
    return True


def _drain(started: subprocess.Popen[bytes], output: _Output) -> None:
    """What a program wrote before its end; nobody who still holds the pipe is waited for long."""
    until = time.monotonic() + _AFTER_ITS_END
    reading = True
    while reading and time.monotonic() < until:
        reading = _read(started, output, reading)


def _too_much(started: subprocess.Popen[bytes], limits: Limits) -> Reason | None:
    use = measure(started, _most(limits))
    if use.processes > _most(limits):
        return "processes"
    return "memory" if use.memory > limits.memory else None


_SANDBOX_PROCESSES = 4
"""The sandbox's own processes between Butler and the program."""


def _most(limits: Limits) -> int:
    return limits.processes + _SANDBOX_PROCESSES
