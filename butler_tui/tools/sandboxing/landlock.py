"""Landlock: which files a process and all it starts may reach, held by the kernel without root."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from .system_calls import call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_SOCK, _MAKE_BLOCK = 1 << 6, 1 << 9, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_NEVER = _MAKE_CHAR | _MAKE_SOCK | _MAKE_BLOCK | _IOCTL_DEV
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE
_DEVICE = _READ_FILE | _WRITE_FILE | _TRUNCATE
_SCOPED = 0b11  # abstract sockets and signals

LEAST = 3
"""Older versions do not hold back `truncate`."""

SCOPES = 6
"""From this version on a process can be kept from the abstract sockets and signals of others."""

_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # how many rights a version knows; 16 from version 5 on


class _Ruleset(ctypes.Structure):
    _fields_ = (
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The kernel's version of Landlock, 0 when it has none."""
    try:
        return call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    except OSError:
        return 0


def restrict_files(read: Iterable[str], write: Iterable[str], devices: Iterable[str]) -> None:
    """From here on only these paths, and what is in them, can be opened.

    Needs no_new_privs. What is not there is passed over. Raises OSError.
    """
    known = version()
    every = (1 << _RIGHTS.get(known, 16)) - 1
    ruleset = _ruleset(every, _SCOPED if known >= SCOPES else 0)
    try:
        for paths, rights in ((read, _READ), (write, every & ~_NEVER), (devices, _DEVICE)):
            for path in paths:
                _allow(ruleset, path, rights & every)
        call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def restrict_reach() -> bool:
    """From here on no abstract socket and no process outside is reached; False if unsupported."""
    if version() < SCOPES:
        return False
    ruleset = _ruleset(0, _SCOPED)
    try:
        call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return True


def _ruleset(files: int, scoped: int) -> int:
    size = ctypes.sizeof(_Ruleset) if scoped else 8
    asked = _Ruleset(files, 0, scoped)
    return call(_CREATE_RULESET, ctypes.byref(asked), ctypes.c_size_t(size), ctypes.c_uint32(0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= _OF_A_FILE
        rule = _PathBeneath(rights, parent)
        call(
            _ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(parent)
