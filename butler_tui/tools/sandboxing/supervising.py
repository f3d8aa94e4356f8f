"""Starting the program below a process that outlives it, and takes all its descendants along.

In a process namespace the kernel does it: the supervisor is its first process, and when that ends
every other one in it is killed. Without one, the supervisor adopts what its descendants leave
behind, and kills until nothing is left.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

from . import system_calls

_NAMESPACES = (
    system_calls.NEW_USER
    | system_calls.NEW_NET
    | system_calls.NEW_PID
    | system_calls.NEW_IPC
    | system_calls.NEW_UTS
)
_LOOPBACK_UP = 0x8914, b"lo".ljust(16, b"\0") + b"\x01\0" + b"\0" * 22


def enter_namespaces(*, network: bool) -> None:
    """New user, process, IPC, host name and (without `network`) network namespaces.

    The user stays the same, and has no rights outside. Raises OSError.
    """
    user, group = os.geteuid(), os.getegid()
    flags = _NAMESPACES & ~system_calls.NEW_NET if network else _NAMESPACES
    system_calls.unshare(flags)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    if not network:
        _loopback_up()


def run_supervised(start: Callable[[], NoReturn], *, namespace: bool) -> NoReturn:
    """Fork the supervisor and below it `start`, which never returns; exit with its status."""
    outer = os.getpid()
    supervisor = os.fork()
    if supervisor == 0:
        _supervise(start, outer, namespace)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _end(os.waitpid(supervisor, 0)[1])


def _supervise(start: Callable[[], NoReturn], outer: int, namespace: bool) -> NoReturn:
    if namespace:
        # The outer process is not seen from in here: its death is asked for, not compared.
        system_calls.prctl(1, signal.SIGKILL)
    else:
        system_calls.adopt_orphans()
        signal.signal(signal.SIGTERM, _kill_all_and_end)
        system_calls.be_told_of_parents_death()
        if os.getppid() != outer:
            os._exit(1)
    system_calls.hide_memory()
    program = os.fork()
    if program == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        start()
    os.closerange(0, 3)  # what a program holds open is its own affair; the supervisor holds nothing
    status = _reap_until(program)
    if not namespace:
        _kill_all()
    _end(status)


def _reap_until(program: int) -> int:
    while True:
        ended, status = os.wait()
        if ended == program:
            return status


def _kill_all_and_end(_number: int, _frame: object) -> NoReturn:
    _kill_all()
    os._exit(128 + signal.SIGTERM)


def _kill_all() -> None:
    """Kill every descendant, until none is found any more."""
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        found = list(_descendants(os.getpid()))
        if not found:
            return
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)


def _descendants(root: int) -> Iterator[int]:
    parents: dict[int, int] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  (names are enough)
        if entry.isdigit():
            with contextlib.suppress(OSError):
                stat = Path(f"/proc/{entry}/stat").read_bytes()
                parents[int(entry)] = int(stat.rpartition(b")")[2].split()[1])
    inside = {root}
    grown = True
    while grown:
        more = {one for one, parent in parents.items() if parent in inside} - inside
        inside |= more
        grown = bool(more)
    yield from inside - {root}


def _loopback_up() -> None:
    import fcntl
    import socket

    with contextlib.suppress(OSError), socket.socket() as plain:
        fcntl.ioctl(plain, *_LOOPBACK_UP)


def _end(status: int) -> NoReturn:
    """Exit as the program did; 128 and the signal's number where a signal ended it."""
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)
