"""Renaming that never replaces anything, in one step that a crash cannot part."""

from __future__ import annotations

import ctypes
import errno
import os
import sys

_LINUX_NOREPLACE = 1
_MACOS_EXCL = 4
_NOT_HERE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EPERM})
"""What a file system, or a system, says that has no such call."""


def rename_new(source: int, name: str, folder: int, new: str) -> bool:
    """Rename `name` of one open folder to `new` in another, where nothing may be.

    False when this system or file system has no such call; nothing happened then. Raises OSError,
    FileExistsError when there is something.
    """
    call, flag = _call()
    if call is None:
        return False
    if call(source, os.fsencode(name), folder, os.fsencode(new), flag) == 0:
        return True
    error = ctypes.get_errno()
    if error in _NOT_HERE:
        return False
    raise OSError(error, os.strerror(error), new)


def _call() -> tuple[ctypes._NamedFuncPointer | None, int]:
    name, flag = (
        ("renameatx_np", _MACOS_EXCL)
        if sys.platform == "darwin"
        else ("renameat2", _LINUX_NOREPLACE)
    )
    try:
        call = ctypes.CDLL(None, use_errno=True)[name]
    except (AttributeError, OSError):
        return None, flag
    number, text = ctypes.c_int, ctypes.c_char_p
    call.argtypes, call.restype = [number, text, number, text, ctypes.c_uint], number
    return call, flag
