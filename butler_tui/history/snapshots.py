"""What calls replaced: file contents kept by their hash, so that nothing a tool overwrites is lost.

A snapshot is a file named by the SHA-256 of what it holds; the same content is kept once.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import Any, Literal

from butler_tui.core.errors import HistoryError

Kind = Literal["absent", "file", "folder", "link"]
_CHUNK = 1 << 20


class Snapshots:
    """The kept contents below one folder, which is made when first needed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def keep(self, path: Path) -> dict[str, Any]:
        """What is at `path` now: its kind, and for a file where its content is kept.

        A JSON object with `path`, `kind` and, where there is something, `mode` and `modified`
        (nanoseconds); a file also has `sha256` and `bytes`, a link its `target`. The content has
        reached the disk when this returns. Raises HistoryError.
        """
        try:
            return await asyncio.to_thread(self._keep, path)
        except OSError as error:
            raise HistoryError(
                f"What is at {path} cannot be kept before changing it ({error.strerror}); "
                "nothing was changed. Make room or repair the permissions and try again."
            ) from error

    def _keep(self, path: Path) -> dict[str, Any]:
        try:
            found = path.lstat()
        except FileNotFoundError:
            return {"path": str(path), "kind": "absent"}
        about = {
            "path": str(path),
            "mode": stat.S_IMODE(found.st_mode),
            "modified": found.st_mtime_ns,
        }
        if stat.S_ISLNK(found.st_mode):
            return {**about, "kind": "link", "target": str(path.readlink())}
        if stat.S_ISDIR(found.st_mode):
            return {**about, "kind": "folder"}
        digest, size = self._store(path)
        return {**about, "kind": "file", "sha256": digest, "bytes": size}

    def _store(self, path: Path) -> tuple[str, int]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".keeping-")
        try:
            with os.fdopen(handle, "wb") as kept, path.open("rb") as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    kept.write(chunk)
                kept.flush()
                os.fsync(kept.fileno())
                size = kept.tell()
            Path(name).replace(self.folder / digest.hexdigest())
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size
