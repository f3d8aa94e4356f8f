"""The schema, as numbered steps; each says why it is there. docs/history.md describes the result.

A step that has been released is never changed: a later one follows it.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

migrations = Migrations("butler")


@migrations(name="001_events")
def _events(db: Database) -> None:
    """The journal: the only truth, everything else can be made from it again."""
    db.execute(
        """
        CREATE TABLE events (
            run  TEXT NOT NULL,
            seq  INTEGER NOT NULL,
            at   TEXT NOT NULL,
            type TEXT NOT NULL,
            body TEXT NOT NULL,
            PRIMARY KEY (run, seq)
        ) WITHOUT ROWID
        """
    )


@migrations(name="002_runs")
def _runs(db: Database) -> None:
    """A row per run, so that lists need not fold every journal."""
    db.execute(
        """
        CREATE TABLE runs (
            id      TEXT PRIMARY KEY,
            goal    TEXT NOT NULL,
            title   TEXT NOT NULL DEFAULT '',
            status  TEXT NOT NULL,
            folder  TEXT NOT NULL DEFAULT '',
            model   TEXT,
            recipe  TEXT,
            created TEXT NOT NULL,
            updated TEXT NOT NULL
        )
        """
    )
    db.execute("CREATE INDEX runs_by_time ON runs (created)")


@migrations(name="003_waiting")
def _waiting(db: Database) -> None:
    """What waits or waited for a person; the first decision wins, whoever makes it."""
    db.execute(
        """
        CREATE TABLE waiting (
            run     TEXT NOT NULL,
            id      TEXT NOT NULL,
            kind    TEXT NOT NULL,
            seq     INTEGER NOT NULL,
            since   TEXT NOT NULL,
            decided TEXT,
            PRIMARY KEY (run, id)
        )
        """
    )
    db.execute("CREATE INDEX waiting_open ON waiting (since) WHERE decided IS NULL")


@migrations(name="004_found")
def _found(db: Database) -> None:
    """Full text over goals, step titles, arguments and outputs."""
    db.execute(
        """
        CREATE VIRTUAL TABLE found USING fts5(
            text, run UNINDEXED, step UNINDEXED, kind UNINDEXED,
            tokenize = 'porter unicode61', prefix = '2 3'
        )
        """
    )


@migrations(name="005_leases")
def _leases(db: Database) -> None:
    """Which process carries a run on."""
    db.execute(
        """
        CREATE TABLE leases (
            run     TEXT PRIMARY KEY,
            host    TEXT NOT NULL,
            pid     INTEGER NOT NULL,
            started REAL NOT NULL,
            beat    TEXT NOT NULL
        )
        """
    )
