"""The steps that made the schema what it is, in order, each with its reason.

A step that was released is never changed: add another one. docs/history.md says what the tables
hold, for whoever wants to query them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

_SET = "butler"


def m001_journal(db: Database) -> None:
    """The journal: each run's events, numbered from 1.

    `body` is the event's JSON; `step` is worked out from it, for queries by hand. Rows have a
    number of their own (`id`) because the search index needs one.
    """
    db.conn.execute(
        """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            goal TEXT NOT NULL DEFAULT '',
            title TEXT NOT NULL DEFAULT '',
            status TEXT NOT NULL DEFAULT 'running',
            mode TEXT NOT NULL DEFAULT '',
            folder TEXT NOT NULL DEFAULT '',
            model TEXT,
            recipe TEXT,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            waiting INTEGER NOT NULL DEFAULT 0
        )
        """
    )
    db.conn.execute("CREATE INDEX runs_by_age ON runs (created)")
    db.conn.execute(
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL REFERENCES runs (id),
            seq INTEGER NOT NULL,
            at TEXT NOT NULL,
            type TEXT NOT NULL,
            body TEXT NOT NULL,
            step TEXT GENERATED ALWAYS AS (json_extract(body, '$.step')) VIRTUAL,
            UNIQUE (run, seq)
        )
        """
    )


def m002_requests(db: Database) -> None:
    """What waits for a person, over all runs, so that the first decision can win in one look."""
    db.conn.execute(
        """
        CREATE TABLE requests (
            id TEXT NOT NULL,
            run TEXT NOT NULL REFERENCES runs (id),
            kind TEXT NOT NULL CHECK (kind IN ('approval', 'question')),
            step TEXT NOT NULL,
            seq INTEGER NOT NULL,
            asked_at TEXT NOT NULL,
            decision TEXT,
            decided_by TEXT,
            decided_at TEXT,
            decided_seq INTEGER,
            PRIMARY KEY (run, kind, id)
        ) WITHOUT ROWID
        """
    )
    db.conn.execute("CREATE INDEX requests_by_id ON requests (id)")
    db.conn.execute("CREATE INDEX requests_open ON requests (run) WHERE decided_seq IS NULL")


def m003_leases(db: Database) -> None:
    """Which process carries a run on; `mark` tells it from a later one with the same pid."""
    db.conn.execute(
        """
        CREATE TABLE leases (
            run TEXT PRIMARY KEY,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            mark TEXT NOT NULL,
            token TEXT NOT NULL,
            claimed TEXT NOT NULL,
            beat TEXT NOT NULL
        ) WITHOUT ROWID
        """
    )


def m004_search(db: Database) -> None:
    """Full-text search; a row's rowid is its event's id, so that newest first costs nothing.

    No stemming: it speaks one language only, and stands in the way of searching while typing,
    which the index over the first two and three letters makes quick.
    """
    db.conn.execute(
        """
        CREATE VIRTUAL TABLE search USING fts5 (
            text,
            run UNINDEXED,
            step UNINDEXED,
            kind UNINDEXED,
            tokenize = "unicode61 remove_diacritics 2",
            prefix = '2 3'
        )
        """
    )


def m005_labels(db: Database) -> None:
    """What outlives a run: the labels of files that Butler wrote, and which tools were allowed.

    `sha256` is of what Butler wrote, NULL while it writes; `definition` names what a tool was.
    """
    db.conn.execute(
        """
        CREATE TABLE files (
            path TEXT PRIMARY KEY,
            sha256 TEXT,
            labels TEXT NOT NULL,
            at TEXT NOT NULL
        ) WITHOUT ROWID
        """
    )
    db.conn.execute(
        """
        CREATE TABLE tools (
            name TEXT PRIMARY KEY,
            definition TEXT NOT NULL,
            at TEXT NOT NULL
        ) WITHOUT ROWID
        """
    )


def m006_memory(db: Database) -> None:
    """Facts kept across runs, with the labels of what they were made from, and an index of words.

    `number` is the row's in the index.
    """
    db.conn.execute(
        """
        CREATE TABLE memory (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            fact TEXT NOT NULL,
            labels TEXT NOT NULL,
            run TEXT NOT NULL,
            at TEXT NOT NULL
        )
        """
    )
    db.conn.execute(
        """
        CREATE VIRTUAL TABLE memory_words USING fts5 (
            fact,
            tokenize = "unicode61 remove_diacritics 2"
        )
        """
    )


def m007_kept(db: Database) -> None:
    """What each call kept before it changed a path, for undo: a row per path, in order.

    `record` says what was there, as JSON; `dropped` that its content had to make room.
    """
    db.conn.execute(
        """
        CREATE TABLE kept (
            id INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            step TEXT NOT NULL,
            item TEXT NOT NULL,
            at TEXT NOT NULL,
            sha256 TEXT,
            bytes INTEGER NOT NULL DEFAULT 0,
            dropped INTEGER NOT NULL DEFAULT 0,
            record TEXT NOT NULL
        )
        """
    )
    db.conn.execute("CREATE INDEX kept_by_run ON kept (run)")
    db.conn.execute("CREATE INDEX kept_by_content ON kept (sha256) WHERE sha256 IS NOT NULL")


def m008_usage(db: Database) -> None:
    """What models cost is asked before each of their calls, over all runs of a day."""
    db.conn.execute("CREATE INDEX events_paid ON events (at) WHERE type = 'model_called'")


STEPS: tuple[Callable[[Database], None], ...] = (
    m001_journal,
    m002_requests,
    m003_leases,
    m004_search,
    m005_labels,
    m006_memory,
    m007_kept,
    m008_usage,
)
NAMES = tuple(step.__name__ for step in STEPS)


def applied(connection: sqlite3.Connection) -> set[str]:
    """The names of the steps that the database has been through."""
    table = "SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'"
    if connection.execute(table).fetchone() is None:
        return set()
    rows = connection.execute(
        "SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (_SET,)
    )
    return {row[0] for row in rows}


def migrate(connection: sqlite3.Connection) -> None:
    """Take the steps that are missing, each in a transaction of its own."""
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(_SET)
    for step in STEPS:
        migrations(name=step.__name__)(step)
    migrations.apply(Database(connection, execute_plugins=False))
