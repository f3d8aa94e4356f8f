"""The few kernel calls that Python has no function for."""

from __future__ import annotations

import ctypes
import os
import signal

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_DUMPABLE = 4
_SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_MOST_CAPABILITIES = 64

NEW_USER = 0x10000000
NEW_NET = 0x40000000
NEW_PID = 0x20000000
NEW_IPC = 0x08000000
NEW_UTS = 0x04000000


def call(number: int, *args: object) -> int:
    """A system call by its number; raises OSError."""
    return _checked(_LIBC.syscall(ctypes.c_long(number), *args))


def unshare(flags: int) -> None:
    """New namespaces for this process; raises OSError."""
    _checked(_LIBC.unshare(ctypes.c_int(flags)))


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies; at once if it is dead already."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def be_told_of_parents_death() -> None:
    """Have the kernel send SIGTERM when the parent dies."""
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def gain_nothing() -> None:
    """No program started from here gains rights that this process has not."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)


def hide_memory() -> None:
    """Nobody without rights over this process may look into it."""
    prctl(_PR_SET_DUMPABLE, 0)


def drop_capabilities(machine: str) -> None:
    """Root is a user like any other from here on, also in the programs that it starts."""
    for number in range(_MOST_CAPABILITIES):
        try:
            prctl(_PR_CAPBSET_DROP, number)
        except OSError:  # a plain user has none, or the kernel knows no more of them
            break
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    call(_SYS_CAPSET[machine], header, (ctypes.c_uint32 * 6)())


def prctl(option: int, value: object = 0, third: object = 0) -> int:
    """`prctl` with its first three arguments; raises OSError."""
    numbers = [ctypes.c_ulong(one) if isinstance(one, int) else one for one in (value, third)]
    return _checked(_LIBC.prctl(option, *numbers, ctypes.c_ulong(0), ctypes.c_ulong(0)))


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
