"""The filter of system calls: what no program in the sandbox has any business with.

It refuses what reaches other processes (ptrace, signals where nothing else holds them back), the
terminal (TIOCSTI), new namespaces, mounts, kernel modules, io_uring (which other filters do not
see), memory that no limit counts (memfd, System V), and sockets other than the allowed ones.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Iterable, Sequence

from .system_calls import prctl

_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCHITECTURE = 0, 4
_X32 = 0x40000000
_NEW_NAMESPACES = 0x7E020000
_TO_THE_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX

INTERNET = (2, 10)
"""Address families: IPv4 and IPv6."""

NETLINK = (16,)
"""How the C library asks which addresses this machine has, before it looks up a name."""

# The same number on every architecture: io_uring, new mounts, pidfd_getfd, memfd_secret.
_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 438, 442, 447)

_NUMBERS: dict[str, dict[str, tuple[int, ...]]] = {
    "x86_64": {
        "architecture": (0xC000003E,),
        "never": (
            # ptrace, process_vm_readv, process_vm_writev, kcmp, mount, umount2, pivot_root, chroot
            *(101, 310, 311, 312, 165, 166, 155, 161),
            # unshare, setns, bpf, perf_event_open, keyctl, add_key, request_key, userfaultfd
            *(272, 308, 321, 298, 250, 248, 249, 323),
            # kexec_load, kexec_file_load, init_module, finit_module, delete_module, reboot
            *(246, 320, 175, 313, 176, 169),
            # swapon, swapoff, open_by_handle_at, memfd_create, shmget, acct, quotactl
            *(167, 168, 304, 319, 29, 163, 179),
        ),
        # chmod, fchmodat, fchmodat2, chown, lchown, fchownat, the same of attributes, utime,
        # utimes, futimesat: Landlock does not see them
        "permissions": (90, 268, 452, 92, 94, 260, 188, 189, 197, 198, 463, 466, 132, 235, 261),
        "utimensat": (280,),
        # kill, tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal
        "signals": (62, 200, 234, 129, 297, 424),
        "clone": (56,),
        "ioctl": (16,),
        "socket": (41,),
    },
    "aarch64": {
        "architecture": (0xC00000B7,),
        "never": (
            *(117, 270, 271, 272, 40, 39, 41, 51),
            *(97, 268, 280, 241, 219, 217, 218, 282),
            *(104, 294, 105, 273, 106, 142),
            *(224, 225, 265, 279, 194, 89, 60),
        ),
        "permissions": (53, 452, 54, 5, 6, 14, 15, 463, 466),
        "utimensat": (88,),
        "signals": (129, 130, 131, 138, 240, 424),
        "clone": (220,),
        "ioctl": (29,),
        "socket": (198,),
    },
}
_CLONE3 = 435


def supported() -> bool:
    """True when the numbers of this machine's system calls are known."""
    return platform.machine() in _NUMBERS


def restrict_calls(families: Iterable[int], *, permissions: bool, signals: bool) -> None:
    """Install the filter for this process and all it starts; needs no_new_privs, raises OSError.

    Sockets of other families than these are refused, so are changes of a path's permissions and
    times, and signals, where they are False.
    """
    program = _program(_NUMBERS[platform.machine()], tuple(families), permissions, signals)
    code = ctypes.create_string_buffer(b"".join(program))
    header = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    prctl(_SET_SECCOMP, _FILTER, ctypes.create_string_buffer(header))


def _program(
    numbers: dict[str, tuple[int, ...]],
    families: Sequence[int],
    permissions: bool,
    signals: bool,
) -> list[bytes]:
    never = [*numbers["never"], *_EVERYWHERE]
    never += [] if permissions else numbers["permissions"]
    never += [] if signals else numbers["signals"]
    refused = [_step(_RETURN, _ERRNO | errno.EPERM)]
    program = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, numbers["architecture"][0], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _X32, 0, 1),
        *refused,
        *_when(_CLONE3, [_step(_RETURN, _ERRNO | errno.ENOSYS)]),
    ]
    for number in never:
        program += _when(number, refused)
    program += _when(
        numbers["clone"][0], [*_argument(0), _step(_ANY_BIT, _NEW_NAMESPACES, 0, 1), *refused]
    )
    for command in _TO_THE_TERMINAL:
        program += _when(
            numbers["ioctl"][0], [*_argument(1), _step(_EQUAL, command, 0, 1), *refused]
        )
    if not permissions:  # of an open file the times may be changed, of a path not
        lower = [*_argument(1), _step(_EQUAL, 0, 1, 0), *refused]
        upper = [*_argument(1, 4), _step(_EQUAL, 0, 1, 0), *refused]
        program += _when(numbers["utimensat"][0], [*lower, *upper])
    allowed = [_step(_EQUAL, one, len(families) - at, 0) for at, one in enumerate(families)]
    program += _when(numbers["socket"][0], [*_argument(0), *allowed, *refused])
    return [*program, _step(_RETURN, _ALLOW)]


def _when(number: int, then: list[bytes]) -> list[bytes]:
    """These steps for one system call; afterwards the call's number is loaded again."""
    steps = [*then, _step(_LOAD, _NUMBER)]
    return [_step(_EQUAL, number, 0, len(steps)), *steps]


def _argument(index: int, half: int = 0) -> list[bytes]:
    """Load the lower half of an argument, or with `half` 4 the upper one (little-endian)."""
    return [_step(_LOAD, 16 + 8 * index + half)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)
