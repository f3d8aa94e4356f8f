"""Files with a second name: which of them may be read.

A hard link shows no way to where its file belongs. So a file with several names is read only where
a stranger could not have given it one of them: it is the user's own, lies in a folder that nobody
else can write, and is no file that its owner keeps from everybody else (a key, a password).
"""

from __future__ import annotations

import grp
import os
import pwd
import stat

from butler_tui.core.errors import ToolError


def check_names(entry: os.stat_result, folder: os.stat_result, shown: str) -> None:
    """Raise ToolError `hard_link` when a file in a folder may have been linked there to be read."""
    if entry.st_nlink < 2:
        return
    if entry.st_uid != os.geteuid():
        why = "belongs to somebody else"
    elif _others_write(folder):
        why = "lies in a folder that others can write"
    elif not entry.st_mode & 0o077:
        why = "is one that only you may read"
    else:
        return
    raise ToolError(
        "hard_link",
        f"{shown} has another name elsewhere (a hard link) and {why}, so it may not be what it "
        "seems; if you mean it, make a copy of it yourself and name that.",
    )


def _others_write(folder: os.stat_result) -> bool:
    mode = stat.S_IMODE(folder.st_mode)
    if folder.st_uid != os.geteuid() or mode & stat.S_IWOTH:
        return True
    return bool(mode & stat.S_IWGRP) and not _own_group(folder.st_gid)


def _own_group(group: int) -> bool:
    """True for the group that has the user's name and no other members."""
    try:
        found, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name}
