"""What calls replaced: file contents kept by their hash, so that nothing a tool overwrites is lost.

A snapshot is a file named by the SHA-256 of what it holds; the same content is kept once. Which
call kept what is in `kept.py`; here are the files alone. Every method blocks.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from butler_tui.core.errors import HistoryError
from butler_tui.history.database import sync_folder
from butler_tui.settings.files import make_folder

_CHUNK = 1 << 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ATTRIBUTES = "user."
_MOST_ATTRIBUTES = 64 * 1024
_WAITING = ".keeping-"
_A_DAY = 86_400
MB = 1_000_000


@dataclass(slots=True)
class Taken:
    """What was at a path, and where its content waits to be put in its place."""

    record: dict[str, Any]
    waiting: Path | None = None


class Snapshots:
    """The kept contents below one folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ready = False

    def take(self, path: Path, most: int) -> Taken:
        """What is at `path` now, a file's content copied and flushed.

        The record is a JSON object with `path`, `kind` and, where there is something, `mode` and
        `modified` (nanoseconds); a file also has `sha256`, `bytes` and its extended `attributes`,
        a link its `target`; `folder` says when the folder around it was modified. Raises
        HistoryError for a file of more than `most` bytes, and for a path that is no text: no plan
        could name it to put it back.
        """
        if not _is_text(path):
            raise HistoryError(_no_text(path))
        with _telling(path):
            about = {"path": str(path), **_around(path)}
            try:
                found = path.lstat()
            except FileNotFoundError:
                return Taken({**about, "kind": "absent"})
            about |= {
                "mode": stat.S_IMODE(found.st_mode),
                "modified": found.st_mtime_ns,
            }
            if stat.S_ISLNK(found.st_mode):
                return Taken({**about, "kind": "link", "target": str(path.readlink())})
            if stat.S_ISDIR(found.st_mode):
                return Taken({**about, "kind": "folder"})
            if not stat.S_ISREG(found.st_mode):
                return Taken({**about, "kind": "other"})
            return self._copy(path, about, most)

    def place(self, taken: Taken) -> None:
        """Put a taken content in its place, for good. Raises OSError."""
        if taken.waiting is not None:
            taken.waiting.replace(self._path(taken.record["sha256"]))
            taken.waiting = None
            sync_folder(self.folder)

    def forget(self, taken: Taken) -> None:
        """Remove a content that was taken and not put in its place."""
        if taken.waiting is not None:
            taken.waiting.unlink(missing_ok=True)

    def drop(self, sha256: str) -> None:
        """Remove a kept content; nothing happens when it is gone already. Raises OSError."""
        self._path(sha256).unlink(missing_ok=True)

    def holds(self, sha256: str) -> bool:
        """True when the content is there."""
        return self._path(sha256).is_file()

    def open(self, sha256: str) -> BinaryIO:
        """The content, for reading. Raises HistoryError when it is gone."""
        try:
            return self._path(sha256).open("rb")
        except OSError as error:
            raise HistoryError("What was there before is no longer kept.") from error

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256

    def _make_ready(self) -> None:
        """Make the folder, and clear away what a crash has left half kept in it long ago."""
        make_folder(self.folder)
        if self._ready:
            return
        self._ready = True
        for one in self.folder.glob(f"{_WAITING}*"):
            with suppress(FileNotFoundError):
                if one.stat().st_mtime < time.time() - _A_DAY:
                    one.unlink()

    def _copy(self, path: Path, about: dict[str, Any], most: int) -> Taken:
        with os.fdopen(os.open(path, _READ), "rb") as source:
            size = os.fstat(source.fileno()).st_size
            if size > most:
                raise HistoryError(_too_large(path, size, most))
            attributes = _attributes(source.fileno())
            self._make_ready()
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=_WAITING)
            digest = hashlib.sha256()
            try:
                with os.fdopen(handle, "wb") as kept:
                    while chunk := source.read(_CHUNK):
                        digest.update(chunk)
                        kept.write(chunk)
                        if kept.tell() > most:
                            raise HistoryError(_too_large(path, kept.tell(), most))
                    kept.flush()
                    os.fsync(kept.fileno())
                    size = kept.tell()
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        record = {**about, "kind": "file", "sha256": digest.hexdigest(), "bytes": size}
        if attributes:
            record["attributes"] = attributes
        return Taken(record, Path(name))


def _around(path: Path) -> dict[str, Any]:
    """The folder that the path lies in, and when its list last changed; nothing without one."""
    try:
        modified = path.parent.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return {"folder": {"path": str(path.parent), "modified": modified}}


def _attributes(file: int) -> dict[str, str]:
    """The extended attributes that are the person's own, in hex; a download mark is one."""
    if not hasattr(os, "listxattr"):
        return {}
    found: dict[str, str] = {}
    with suppress(OSError):  # a file system without attributes
        for name in os.listxattr(file):
            if name.startswith(_ATTRIBUTES):
                value = os.getxattr(file, name)
                if len(value) <= _MOST_ATTRIBUTES:
                    found[name] = value.hex()
    return found


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_text(path: Path) -> str:
    shown = os.fsencode(path).decode(errors="replace")
    return (
        f"{shown} has a name on its way that is not written in UTF-8, so it could not be put back "
        "and was not changed; rename that, or set undo_mb in [limits] of config.toml to 0."
    )


def _too_large(path: Path, size: int, most: int) -> str:
    return (
        f"{path} has {size / MB:,.1f} MB, more than the {most / MB:,.0f} MB that may be kept for "
        "undo, so it was not changed; raise undo_mb in [limits] of config.toml (0 keeps nothing)."
    )


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise HistoryError(
            f"What is at {path} cannot be kept before changing it ({error.strerror}); "
            "nothing was changed. Make room or repair the permissions and try again."
        ) from error
