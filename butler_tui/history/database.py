"""Opening the database: WAL mode, migrated once, every fault a sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlite_utils import Database

from butler_tui.core.errors import HistoryError
from butler_tui.history.migrations import migrations

BUSY_MS = 10_000
"""How long a statement waits for another process's write, in milliseconds."""

_T = TypeVar("_T")


def connect(path: Path) -> Database:
    """A connection for one thread, with Butler's pragmas. Raises HistoryError."""
    with told(path):
        connection = sqlite3.connect(
            path, timeout=BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            f"busy_timeout={BUSY_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return Database(connection)


def prepare(path: Path) -> None:
    """Make the database if there is none, and bring its schema up to date. Raises HistoryError."""
    with told(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(path.with_suffix(".lock")):
            db = connect(path)
            try:
                newer = {one.name for one in migrations.applied(db)} - _known()
                if newer:
                    raise HistoryError(
                        f"{path} was made by a newer Butler ({min(newer)}); update this one with "
                        "`pip install --upgrade butler-tui`."
                    )
                if migrations.pending(db):
                    migrations.apply(db)
            finally:
                db.conn.close()
        path.chmod(0o600)


def integrity(path: Path) -> str:
    """`ok`, or what SQLite finds wrong with the file. Raises HistoryError."""
    with told(path):
        db = connect(path)
        try:
            return str(db.execute("PRAGMA quick_check").fetchone()[0])
        finally:
            db.conn.close()


def _known() -> set[str]:
    return {one.name for one in migrations._migrations}  # pyright: ignore[reportPrivateUsage]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process migrates at a time: two at once and one gets `database is locked`."""
    import fcntl

    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Faults of the database and its files, as HistoryError with what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise HistoryError(_sentence(path, error)) from error
    except OSError as error:
        raise HistoryError(
            f"The history {path} cannot be used ({error.strerror}); make room or repair its "
            "permissions, or set BUTLER_HOME to another folder."
        ) from error


def _sentence(path: Path, error: sqlite3.Error) -> str:
    text = str(error)
    advice: tuple[tuple[str, Callable[[], str]], ...] = (
        ("locked", lambda: "another program holds it; close that program and try again"),
        ("malformed", _damaged(path)),
        ("not a database", _damaged(path)),
        ("disk I/O", _damaged(path)),
        (
            "full",
            lambda: "the disk is full; make room and try again, nothing that was kept is lost",
        ),
        ("readonly", lambda: "it cannot be written; repair its permissions or set BUTLER_HOME"),
        (
            "unable to open",
            lambda: "it cannot be opened; check that its folder exists and is yours",
        ),
    )
    for word, say in advice:
        if word in text:
            return f"The history {path}: {say()}."
    return f"The history {path} does not answer ({text}); run `butler doctor`."


def _damaged(path: Path) -> Callable[[], str]:
    return lambda: (
        f"it is damaged; move it away (mv {path} {path}.damaged) and start again, or restore a copy"
    )
