"""A started program and everything it forked: counted while it runs, and ended as one."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

GRACE = 0.5
"""Seconds that a program has to end by itself when it is asked to."""

_AT_MOST = 5.0
_BETWEEN = 0.02


@dataclass(frozen=True, slots=True)
class Use:
    """How many processes there are, and the bytes of memory that they hold in all."""

    processes: int
    memory: int


def measure(started: subprocess.Popen[bytes], most: int) -> Use:
    """What the started process's descendants use now, looking at one more than `most` of them.

    So a look takes no longer however fast a program forks, and the program can be stopped.
    """
    memory = 0
    found = list(islice(_descending(started.pid), most + 1))
    for one in found:
        with contextlib.suppress(psutil.Error):
            memory += psutil.Process(one).memory_info().rss
    return Use(len(found), memory)


def end(started: subprocess.Popen[bytes], *, namespaces: bool, gently: bool) -> None:
    """End the started process and all it forked; what ignores the request is killed.

    The started process is the sandbox, its child the supervisor, and below it is the program.
    """
    if gently:
        for one in _below_supervisor(started.pid):
            with contextlib.suppress(psutil.Error):
                one.terminate()
        if _ended(started, GRACE):
            return
    until = time.monotonic() + _AT_MOST
    while time.monotonic() < until:
        supervisors = _children(started.pid)
        for one in supervisors:
            with contextlib.suppress(psutil.Error):
                # A namespace's first process takes all others along; another one kills them itself.
                one.kill() if namespaces else one.terminate()
        if not supervisors:
            started.kill()
        if _ended(started, _BETWEEN * 5):
            return
    _kill(_descendants(started.pid))
    started.kill()
    started.wait()


def _ended(started: subprocess.Popen[bytes], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while started.poll() is None:
        if time.monotonic() > until:
            return False
        time.sleep(_BETWEEN)
    return True


def _below_supervisor(pid: int) -> Sequence[psutil.Process]:
    supervisors = set(_children(pid))
    return [one for one in _descendants(pid) if one not in supervisors]


def _children(pid: int) -> Sequence[psutil.Process]:
    try:
        return psutil.Process(pid).children()
    except psutil.Error:
        return []


def _descending(pid: int) -> Iterator[int]:
    """The descendants' numbers, nearest first: from the kernel's own list, where it keeps one."""
    if not Path(f"/proc/{pid}/task/{pid}/children").exists():
        yield from (one.pid for one in _descendants(pid))
        return
    waiting = deque([pid])
    while waiting:
        parent = waiting.popleft()
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                for child in map(int, children.read_text().split()):
                    yield child
                    waiting.append(child)


def _descendants(pid: int) -> Sequence[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def _kill(processes: Iterable[psutil.Process]) -> None:
    for one in processes:
        with contextlib.suppress(psutil.Error):
            one.kill()
