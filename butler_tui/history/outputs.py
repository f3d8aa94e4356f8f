"""Large outputs: files named by the SHA-256 of what they hold, beside the database.

A file is on the disk before the row that names it is written, and never changes.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from butler_tui.core.errors import HistoryError
from butler_tui.history.database import sync_folder, telling
from butler_tui.settings.files import make_folder

LARGE = 64 * 1024
"""Bytes of JSON above which an output is kept in a file."""


class Outputs:
    """The files of one folder, `ab/abcd...` each. Every method blocks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, content: bytes) -> str:
        """Keep the content and return its hash; it is on the disk then. Raises HistoryError."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        with telling(self._folder):
            if not self._holds(path, content):
                make_folder(path.parent)
                _write(path, content)
                sync_folder(path.parent)
                sync_folder(self._folder)
        return digest

    def read(self, digest: str) -> bytes:
        """The content with that hash. Raises HistoryError when it is gone or is not the same."""
        path = self._path(digest)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise HistoryError(
                f"An output of this run cannot be read from {path} ({error.strerror}); "
                "put a copy of the file back."
            ) from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise HistoryError(f"The output kept in {path} has changed; put a copy of it back.")
        return content

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest

    @staticmethod
    def _holds(path: Path, content: bytes) -> bool:
        """A file of that name with other content was damaged, and is written again."""
        try:
            return path.stat().st_size == len(content) and path.read_bytes() == content
        except FileNotFoundError:
            return False


def _write(path: Path, content: bytes) -> None:
    handle, name = mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
