"""Files that only their owner may write: read with that checked, written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from butler_tui.core.errors import SettingsError

try:
    import fcntl
except ImportError:  # not a POSIX system: one process at a time is then up to the person
    fcntl = None


def read_owned(path: Path, *, secret: bool = False) -> str | None:
    """The text of a file that nobody else can write (nor read, when `secret`); None without one.

    Raises SettingsError. On POSIX the file's folder, and that of what a link leads to, must not
    be writable by others either: who can write there can put another file in its place.
    """
    try:
        with path.open("rb") as file:
            _check(path, os.fstat(file.fileno()), 0o066 if secret else 0o022)
            for folder in {path.parent, path.resolve().parent}:
                _check(folder, folder.stat(), 0o022)
            return file.read().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error


def _check(path: Path, status: os.stat_result, forbidden: int) -> None:
    if os.name != "posix":
        return
    if status.st_uid not in (0, os.geteuid()):
        raise SettingsError(f"{path} belongs to somebody else; make it yours with `chown`.")
    if stat.S_IMODE(status.st_mode) & forbidden:
        can = "write" if forbidden == 0o022 else "read"
        mode = "go-w" if forbidden == 0o022 else "600"
        raise SettingsError(f"{path} is open for others to {can}; run `chmod {mode} '{path}'`.")


def write_owned(path: Path, text: str) -> None:
    """Replace a file with this text, readable by its owner only. Raises SettingsError.

    Whoever reads it sees the old text or the new, also after a crash. A link stays a link.
    """
    real = path.resolve()
    try:
        make_folder(real.parent)
        handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(real)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def make_folder(folder: Path) -> None:
    """Make a folder that its owner alone may enter, and those above it. Raises OSError."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # raises when there is something else in its place


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` against other processes and threads; waits. Raises OSError."""
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
