"""The database file: opening it, upgrading it, and what goes wrong with it in words."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from butler_tui.core.errors import HistoryError
from butler_tui.history.migrations import NAMES, applied, migrate
from butler_tui.settings.files import locked, make_folder

PATIENCE = 10.0
"""Seconds to wait for another process that writes."""

_MAGIC = b"SQLite format 3\0"


def connect(path: Path, *, patience: float = PATIENCE, writes: bool = True) -> sqlite3.Connection:
    """A connection with Butler's pragmas set, in autocommit mode. Raises sqlite3.Error.

    It may be handed from thread to thread, but used by one at a time.
    """
    connection = sqlite3.connect(
        path, timeout=patience, isolation_level=None, check_same_thread=False
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
        # macOS only: there a plain fsync leaves the data in the drive's cache.
        connection.execute("PRAGMA fullfsync = ON")
        connection.execute("PRAGMA journal_size_limit = 67108864")
        if not writes:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def prepare(path: Path, *, patience: float = PATIENCE) -> None:
    """Make the database ready for use: there, in WAL mode, and of this version.

    Raises HistoryError when it is from a newer Butler, damaged, locked or cannot be written.
    """
    with telling(path):
        make_folder(path.parent)
        if not _is_ready(path, patience):
            with locked(path.with_name(path.name + ".lock")):
                _create(path)
                with closing(connect(path, patience=patience)) as connection:
                    _upgrade(connection, path)


def integrity(path: Path) -> str:
    """`ok`, or what SQLite finds wrong with the file. Raises HistoryError."""
    with telling(path):
        if not path.is_file():
            raise FileNotFoundError(2, "there is no such file")
        with closing(connect(path, writes=False)) as connection:
            try:
                return str(connection.execute("PRAGMA quick_check").fetchone()[0])
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorname.startswith("SQLITE_CORRUPT"):
                    return str(error)
                raise


def _is_ready(path: Path, patience: float) -> bool:
    """True when there is nothing to upgrade; the lock file is then not needed."""
    if not path.exists() or path.stat().st_size == 0:
        return False
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise sqlite3.DatabaseError("file is not a database")
    with closing(connect(path, patience=patience)) as connection:
        _refuse_strangers(connection, path)
        wal = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        return wal and set(NAMES) <= applied(connection)


def _create(path: Path) -> None:
    """Make the file readable by its owner only; what SQLite puts beside it takes after it."""
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        sync_folder(path.parent)


def _upgrade(connection: sqlite3.Connection, path: Path) -> None:
    _refuse_strangers(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    migrate(connection)


def _refuse_strangers(connection: sqlite3.Connection, path: Path) -> None:
    known = applied(connection)
    if unknown := known - set(NAMES):
        raise HistoryError(
            f"The history {path} was written by a newer Butler (it has {max(unknown)}); "
            "upgrade Butler, or set BUTLER_HOME to another folder."
        )
    if not known and connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone():
        raise HistoryError(
            f"{path} is a database, but not Butler's; move it away or set BUTLER_HOME."
        )


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, so that a new file in it is found after a crash."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into a HistoryError that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(_sentence(path, error)) from error
    except OSError as error:
        raise HistoryError(
            f"The history {path} cannot be used: {error.strerror or error}; check the folder, or "
            "set BUTLER_HOME to one that can be written."
        ) from error


@contextmanager
def understanding(path: Path) -> Iterator[None]:
    """Turn what comes of reading a row that does not hold what it should into a HistoryError."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise HistoryError(
            f"The history {path} holds something that cannot be understood "
            f"({type(error).__name__}): it is damaged, or from a newer Butler; put a copy back, or "
            "upgrade Butler."
        ) from error


def _sentence(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"The history {path} is locked by another program; close that and try again."
    if name.startswith("SQLITE_FULL"):
        return f"There is no room left on the disk for the history {path}; free some and try again."
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "not a database" in str(error):
        return (
            f"The history {path} is damaged ({error}); move it away and put a copy back, or save "
            f"what can be saved with `sqlite3 '{path}' .recover`."
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM")):
        return (
            f"The history {path} cannot be opened for writing ({error}); check who may write to "
            "its folder, or set BUTLER_HOME to one that can be written."
        )
    if name.startswith("SQLITE_IOERR"):
        return f"The disk failed while reading or writing the history {path} ({error})."
    return f"The history {path} cannot be used: {error}."
