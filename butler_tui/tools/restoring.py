"""Putting one path back as it was, through the same doors by which it was changed.

Every function blocks and reaches its path through a descriptor of the folder it lies in.
"""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from butler_tui.core.errors import ToolError
from butler_tui.core.going_back import Restore
from butler_tui.core.tool import ToolContext
from butler_tui.core.undoing import ABSENT, Entry
from butler_tui.tools.confinement import Place, open_folder, place, telling
from butler_tui.tools.own_folders import stored
from butler_tui.tools.storing import BLOCK, entry_at, in_folder, open_file, put

CHANGED_MEANWHILE = "it changed while it was being put back"
Open = Callable[[str], BinaryIO]
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def kept_place(context: ToolContext, path: str) -> Place:
    """The place of a kept path, if it may still be used and leads where it did."""
    if (own := stored(context, Path(path))) is not None:
        return own
    at = place(context, path, follow=False)
    if at.real != Path(path):
        raise ToolError("is_link", "a folder on its way leads elsewhere now")
    return at


@dataclass(frozen=True, slots=True)
class Disk:
    """The world of the core's undoing, inside the folders that the run may use."""

    context: ToolContext

    def look(self, path: str) -> Entry:
        """What is at a kept path now."""
        return look(kept_place(self.context, path))

    def inside(self, path: str) -> Sequence[str]:
        """The paths of what lies directly in a folder."""
        at = kept_place(self.context, path)
        with telling(at), _opened(at) as folder:
            return [str(at.real / name) for name in os.listdir(folder)]  # noqa: PTH208

    def modified(self, path: str) -> int:
        """When the list of a folder last changed."""
        at = kept_place(self.context, path)
        with telling(at), _opened(at) as folder:
            return os.fstat(folder).st_mtime_ns

    def holds(self, sha256: str) -> bool:
        """True when that content is still kept."""
        return self.context.undoing.holds(sha256)


def look(at: Place) -> Entry:
    """What is at a place now, itself if it is a link; raises ToolError."""
    with telling(at):
        try:
            with in_folder(at) as folder:
                return _look(at, folder)
        except FileNotFoundError:
            return ABSENT
        except NotADirectoryError:
            if any(way.is_file() for way in at.real.parents):  # a file, where its folder was
                return ABSENT
            raise


def put_as_it_was(stop: threading.Event, at: Place, one: Restore, key: str, content: Open) -> None:
    """Make a path what it was, if it is still what it was found to be. Raises ToolError."""
    with telling(at), in_folder(at, make=one.to.kind != "absent") as folder:
        found = _look(at, folder)
        if not found.same(one.now) or found.mode != one.now.mode:
            raise ToolError("changed", CHANGED_MEANWHILE)
        if one.to.kind == found.kind and one.to.kind != "link":
            _make(stop, at, folder, one.to, key, content, found)
        else:
            with _cleared(at, folder, found, key):
                _make(stop, at, folder, one.to, key, content, ABSENT)
        os.fsync(folder)


def set_folder_time(at: Place, modified: int) -> None:
    """Give a folder back the time it had, once everything in it is in its place."""
    with telling(at), _opened(at) as folder:
        os.utime(folder, ns=(os.fstat(folder).st_atime_ns, modified))


@contextmanager
def _opened(at: Place) -> Iterator[int]:
    """A descriptor of the folder that the place itself is; raises OSError."""
    folder = open_folder(at, at.real)
    try:
        yield folder
    finally:
        os.close(folder)


def _look(at: Place, folder: int) -> Entry:
    found = entry_at(at.name, folder)
    if found is None:
        return ABSENT
    mode, modified = stat.S_IMODE(found.st_mode), found.st_mtime_ns
    if stat.S_ISLNK(found.st_mode):
        target = os.readlink(at.name, dir_fd=folder)
        return Entry("link", target=target, mode=mode, modified=modified)
    if stat.S_ISDIR(found.st_mode):
        return Entry("folder", mode=mode, modified=modified)
    if not stat.S_ISREG(found.st_mode):
        return Entry("other")
    with open_file(at, folder) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
    return Entry("file", sha256=digest, bytes=size, mode=mode, modified=modified)


@contextmanager
def _cleared(at: Place, folder: int, found: Entry, key: str) -> Iterator[None]:
    """Clear away what was found at a place, for good once the body is done; else it is back.

    It is laid aside first: what turns out to be another than was found is put back, not removed.
    """
    aside = f".{hashlib.sha256(f'{key}/{at.name}/aside'.encode()).hexdigest()[:16]}.butler"
    if found.kind == "folder":
        os.rmdir(at.name, dir_fd=folder)
    elif found.kind != "absent":
        os.rename(at.name, aside, src_dir_fd=folder, dst_dir_fd=folder)
    try:
        if found.kind in ("file", "link") and not _is_still(aside, folder, found):
            raise ToolError("changed", CHANGED_MEANWHILE)
        yield
    except BaseException:
        if found.kind == "folder":
            _put_folder(at, folder, found)
        elif found.kind != "absent" and entry_at(at.name, folder) is None:
            os.rename(aside, at.name, src_dir_fd=folder, dst_dir_fd=folder)
        raise
    if found.kind in ("file", "link"):
        os.unlink(aside, dir_fd=folder)


def _is_still(name: str, folder: int, found: Entry) -> bool:
    entry = entry_at(name, folder)
    if entry is None or entry.st_mtime_ns != found.modified:
        return False
    if found.kind == "link":
        return stat.S_ISLNK(entry.st_mode)
    return stat.S_ISREG(entry.st_mode) and entry.st_size == found.bytes


def _make(
    stop: threading.Event,
    at: Place,
    folder: int,
    entry: Entry,
    key: str,
    content: Open,
    found: Entry,
) -> None:
    match entry.kind:
        case "file":
            _put_file(stop, at, entry, key, content, found)
        case "folder":
            _put_folder(at, folder, entry)
        case "link":
            os.symlink(entry.target, at.name, dir_fd=folder)
            times = (entry.modified, entry.modified)
            os.utime(at.name, ns=times, dir_fd=folder, follow_symlinks=False)
        case _:
            pass


def _put_file(
    stop: threading.Event, at: Place, entry: Entry, key: str, content: Open, found: Entry
) -> None:
    def finish(file: int) -> None:
        for name, value in entry.attributes.items():
            with suppress(OSError):  # a file system without attributes
                os.setxattr(file, name, bytes.fromhex(value))
        os.fchmod(file, entry.mode)
        os.utime(file, ns=(os.fstat(file).st_atime_ns, entry.modified))

    with content(entry.sha256) as kept:
        put(
            stop,
            at,
            _blocks(kept),
            key,
            overwrite=found.kind == "file",
            kept=found,
            exactly=entry.sha256,
            finish=finish,
        )


def _put_folder(at: Place, folder: int, entry: Entry) -> None:
    with suppress(FileExistsError):
        os.mkdir(at.name, dir_fd=folder)
    inner = os.open(at.name, _FOLDER, dir_fd=folder)
    try:
        os.fchmod(inner, entry.mode)
    finally:
        os.close(inner)


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block
