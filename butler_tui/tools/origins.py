"""Where the content of a file came from, for the label of what a tool read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from butler_tui.core.labels import Key
from butler_tui.core.tool import Mark, ToolContext

DOWNLOAD_MARKS = ("user.xdg.origin.url", "user.xdg.referrer.url")
"""Extended attributes that browsers and download tools leave on a file (freedesktop.org)."""


def file_mark(context: ToolContext, path: Path, shown: str, at: tuple[Key, ...] = ()) -> Mark:
    """The mark of what was read from a file.

    It is untrusted when the system says that it was downloaded, when Butler wrote it from a
    stranger's text, and when it lies in a folder of strangers' files.
    """
    known = context.known_sources(path)
    strange = is_downloaded(path) or any(source.untrusted for source in known)
    return Mark(at, f"file {shown}", untrusted=True if strange else None, sources=known)


def absence_mark(context: ToolContext, folder: Path, shown: str, looked_at: Iterable[Path]) -> Mark:
    """The mark of a search in a folder; where nothing was found, of all that was looked at.

    A stranger who keeps a word out of a file decides that nothing was found.
    """
    mark = file_mark(context, folder, shown)
    strange = mark.untrusted or any(file_mark(context, path, shown).untrusted for path in looked_at)
    return Mark((), f"folder {shown}", untrusted=True if strange else None, sources=mark.sources)


def one_mark(marks: Sequence[Mark], at: tuple[Key, ...] = ()) -> Mark:
    """One mark for what was made from several files: as untrusted as any of them."""
    origin = " and ".join(dict.fromkeys(mark.origin for mark in marks))
    untrusted = True if any(mark.untrusted for mark in marks) else None
    sources = tuple(dict.fromkeys(source for mark in marks for source in mark.sources))
    return Mark(at, origin, untrusted=untrusted, sources=sources)


def is_downloaded(path: Path) -> bool:
    """True when the system's own mark says that the file came from the web."""
    if not hasattr(os, "listxattr"):  # macOS has the attributes, its Python has no way to them
        return False
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:  # a file system without attributes, or a file that is gone
        return False
    return any(name in DOWNLOAD_MARKS for name in names)


def pass_on_marks(path: Path, copy: int) -> None:
    """Give a copy, open under that descriptor, the download marks of its original."""
    if not is_downloaded(path):
        return
    for name in set(os.listxattr(path)) & set(DOWNLOAD_MARKS):
        with suppress(OSError):  # the copy lies on a file system without attributes
            os.setxattr(copy, name, os.getxattr(path, name))
