"""A folder of a program's own, below the system's temporary one, gone when the program is.

What lies in it was made by a hostile program: it is read only once that program is dead, without
following links, and removed however deep or locked it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEEPEST = 16
MOST_ENTRIES = 5_000

_MOVED = f"moved-{os.urandom(8).hex()}-"
"""How no program names its own folders."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its path in the folder, what the system says of it."""

    path: str
    status: os.stat_result


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder that only this user can enter, removed with all that came into it."""
    folder = Path(os.path.realpath(tempfile.mkdtemp(prefix="butler-")))
    try:
        yield folder
    finally:
        remove(folder)


def files_in(folder: Path) -> Iterator[Entry]:
    """The ordinary files in a folder: of its first MOST_ENTRIES things, DEEPEST levels deep."""
    waiting = [("", 0)]
    looked_at = 0
    while waiting:
        at, depth = waiting.pop()
        try:
            entries = sorted(os.scandir(folder / at), key=lambda one: one.name)
        except OSError:
            continue
        for entry in entries:
            looked_at += 1
            if looked_at > MOST_ENTRIES:
                return
            path = f"{at}/{entry.name}" if at else entry.name
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and depth < DEEPEST:
                waiting.append((path, depth + 1))
            elif stat.S_ISREG(status.st_mode):
                yield Entry(path, status)


def size_of(folder: Path) -> int:
    """The bytes on disk of what is in a folder, as far as `files_in` looks."""
    return sum(one.status.st_blocks * 512 for one in files_in(folder))


def entries_beyond(folder: Path, most: int) -> bool:
    """True when there are more files and folders than `most`, or folders deeper than DEEPEST."""
    waiting = [(folder, 0)]
    found = 0
    while waiting:
        at, depth = waiting.pop()
        if depth > DEEPEST:
            return True
        with contextlib.suppress(OSError), os.scandir(at) as entries:
            for entry in entries:
                found += 1
                if found > most:
                    return True
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((Path(entry.path), depth + 1))
    return False


def read_from(folder: Path, path: str, most: int) -> bytes | None:
    """The first bytes of a file that `files_in` named; None when it cannot be read."""
    try:
        opened = os.open(folder / path, _FILE)
    except OSError:
        return None
    with os.fdopen(opened, "rb") as file:
        return file.read(most) if stat.S_ISREG(os.fstat(opened).st_mode) else None


def remove(folder: Path) -> None:
    """Remove a folder and everything in it.

    Each inner folder is moved to the top first: no path grows too long, no depth too deep.
    """
    parent = os.open(folder.parent, _FOLDER)
    try:
        top = _open_unlocked(folder.name, parent)
        try:
            _empty(top)
        finally:
            os.close(top)
        os.rmdir(folder.name, dir_fd=parent)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(parent)


def _empty(top: int) -> None:
    """Remove everything below an open folder."""
    waiting = _emptied(top, top, first=0)
    moved = len(waiting)
    while waiting:
        name = waiting.pop()
        here = _open_unlocked(name, top)
        try:
            inner = _emptied(here, top, first=moved)
        finally:
            os.close(here)
        moved += len(inner)
        waiting += inner
        os.rmdir(name, dir_fd=top)


def _emptied(here: int, top: int, first: int) -> list[str]:
    """Remove the files of an open folder and move its folders to the top; their names there."""
    moved: list[str] = []
    for name in os.listdir(here):
        if not _is_folder(name, here):
            os.unlink(name, dir_fd=here)
            continue
        beside = f"{_MOVED}{first + len(moved)}"
        os.chmod(name, 0o700, dir_fd=here)
        os.rename(name, beside, src_dir_fd=here, dst_dir_fd=top)
        moved.append(beside)
    return moved


def _is_folder(name: str, here: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode)


def _open_unlocked(name: str, parent: int) -> int:
    """A folder that can be read and emptied, whatever its owner made of its permissions."""
    os.chmod(name, 0o700, dir_fd=parent)
    return os.open(name, _FOLDER, dir_fd=parent)
