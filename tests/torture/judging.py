"""What a tormented run left behind: effects lost or doubled, and whether the journal is sound."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from torment import Torment

from butler_tui.core.events import Recorded, StepFinished, StepStarted
from butler_tui.core.run import RunState
from butler_tui.history.rows import event_of
from butler_tui.history.texts import searchable
from butler_tui.settings import Places


def lost(one: Torment) -> Iterator[str]:
    """Effects that are not there, and outputs that were told and are not in the journal."""
    for step, seen in one.steps.seen.items():
        if seen() == 0:
            yield f"{step} did not happen"
    kept = {recorded.seq: recorded.line() for recorded in one.seen}
    for line in one.said:
        if not line.endswith("\n"):
            continue  # it was killed in the midst of it
        told = json.loads(line)
        if told["type"] != "step_progressed" and kept.get(told["seq"]) != told:
            yield f"event {told['seq']} ({told['type']}) was told and is not in the journal"


def doubled(one: Torment) -> Iterator[str]:
    """Effects that are there more than once, and calls that began again after they had ended."""
    for step, seen in one.steps.seen.items():
        if (times := seen()) > 1:
            yield f"{step} happened {times} times"
    done: set[tuple[str, tuple[int, ...]]] = set()
    for recorded in one.seen:
        match recorded.event:
            case StepFinished(step=step, item=item):
                if (step, item) in done:
                    yield f"{step} finished twice"
                done.add((step, item))
            case StepStarted(step=step, item=item) if (step, item) in done:
                yield f"{step} began again after it had finished"


def unsound(one: Torment) -> Iterator[str]:
    """What is wrong with the journal: a prefix that cannot be folded, a search out of step."""
    yield from one.faults
    yield from unfoldable(one.seen)
    yield from unsearchable(Places.below(one.home).db)
    for path in one.steps.folder.rglob(".*.butler"):
        yield f"{path.name} was left behind"


def unfoldable(events: Sequence[Recorded]) -> Iterator[str]:
    """Prefixes of a journal that make no state."""
    state = RunState()
    for number, recorded in enumerate(events, 1):
        if recorded.seq != number:
            yield f"event {number} has the number {recorded.seq}"
        state.apply(recorded)
        state.front()


def unsearchable(db: Path) -> Iterator[str]:
    """Where the file or its full-text search is not as SQLite or the events say."""
    with closing(sqlite3.connect(db)) as database:
        if (found := database.execute("PRAGMA integrity_check").fetchone()) != ("ok",):
            yield f"the database is damaged: {found}"
        try:
            database.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
        except sqlite3.DatabaseError as error:
            yield f"the search is damaged: {error}"
        database.rollback()
        (rows,) = database.execute("SELECT count(*) FROM search").fetchone()
        bodies = [body for (body,) in database.execute("SELECT body FROM events")]
    texts = sum(1 for body in bodies if searchable(event_of("", 0, body)))
    if rows != texts:
        yield f"the search has {rows} rows, and {texts} events have a text"
