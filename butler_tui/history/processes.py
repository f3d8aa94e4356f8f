"""Telling a process from another one that got the same number later."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


@cache
def this_host() -> str:
    """The name of this machine, or of this container."""
    return socket.gethostname()


def mark_of(pid: int) -> str | None:
    """What no other process with this number has, on this host; None when it is not running.

    On Linux it is the boot and the kernel's own count of ticks since then: a start in clock time,
    which is all that psutil tells, moves whenever the clock is set.
    """
    if os.path.isdir("/proc/self"):  # noqa: PTH112
        return _linux_mark(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        if process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
            return None
        return f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None


def _linux_mark(pid: int) -> str | None:
    try:
        content = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = content.rpartition(")")[2].split()  # the name before it may hold anything
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{_boot()}:{started}"


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
