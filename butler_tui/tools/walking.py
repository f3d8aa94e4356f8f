"""What lies in a folder, seen without following a link and without hidden or forbidden things."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from butler_tui.core.tool import ToolContext
from butler_tui.tools.confinement import SYSTEM_FOLDERS, Place, open_folder

DEEPEST = 40
"""Folders nested deeper than this are not entered."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder: its parts below the folder that was walked, and what the system says."""

    parts: tuple[str, ...]
    status: os.stat_result

    def order(self) -> tuple[object, ...]:
        """By name, as people sort: upper and lower case side by side."""
        return [part.casefold() for part in self.parts], self.parts

    @property
    def folder(self) -> bool:
        """True for a folder, False for a file or a link."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def regular(self) -> bool:
        """True for an ordinary file."""
        return stat.S_ISREG(self.status.st_mode)


def walk(
    context: ToolContext,
    at: Place,
    stop: threading.Event,
    *,
    deep: bool = True,
    hidden: bool = False,
) -> Iterator[Entry]:
    """Everything in the folder `at`, without order; raises OSError if it cannot be opened.

    Folders that cannot be entered and files that vanish are left out.
    """
    closed = _closed(context)
    top = open_folder(at, at.real)
    try:
        for where, folders, files, here in os.fwalk(".", dir_fd=top):
            parts = () if where == "." else tuple(where.split("/")[1:])
            inner: set[str] = set()
            for name in (*folders, *files):
                if stop.is_set():
                    return
                if not _visible(name, hidden):
                    continue
                try:
                    status = os.stat(name, dir_fd=here, follow_symlinks=False)
                except OSError:
                    continue
                if (status.st_dev, status.st_ino) in closed:
                    continue
                yield Entry((*parts, name), status)
                inner.add(name)
            folders[:] = (
                [one for one in folders if one in inner] if deep and len(parts) < DEEPEST else []
            )
    finally:
        os.close(top)


def fits(parts: Sequence[str], pattern: str) -> bool:
    """True when the parts match a glob: `*.md` here, `docs/*.md`, `**/*.md` at any depth.

    Upper and lower case are the same.
    """
    wanted = [part for part in pattern.lower().split("/") if part not in ("", ".")]
    given = [part.lower() for part in parts]

    @cache
    def match(have: int, want: int) -> bool:
        if want == len(wanted):
            return have == len(given)
        if wanted[want] == "**":
            return match(have, want + 1) or (have < len(given) and match(have + 1, want))
        return (
            have < len(given)
            and fnmatchcase(given[have], wanted[want])
            and match(have + 1, want + 1)
        )

    return match(0, 0)


def _closed(context: ToolContext) -> set[tuple[int, int]]:
    """Device and inode of what nobody may see, so that no other name leads to it."""
    found: set[tuple[int, int]] = set()
    for path in (*context.forbidden, *SYSTEM_FOLDERS):
        with suppress(OSError):
            status = Path(path).stat()
            found.add((status.st_dev, status.st_ino))
    return found


def _visible(name: str, hidden: bool) -> bool:
    return hidden or not name.startswith(".")
