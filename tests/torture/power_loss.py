"""The power fails: what is left of the journal when its files end at any byte."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import connect

from judging import unfoldable, unsearchable

from butler_tui.butler import GoalRequest, open_butler
from butler_tui.core.events import Recorded, RunRenamed
from butler_tui.history import open_history
from butler_tui.settings import Places, Settings

_PLAN = """\
# Notes
a = write_file("a.txt", "alpha\\n")
b = write_file("a.txt", "more of it\\n", append=True, after=[a])
c = edit_file("a.txt", "alpha", "beta", after=[b])
d = copy_file("a.txt", "b.txt", after=[c])
e = move_file("b.txt", "c/d.txt", after=[d])
answer("done", after=[e])
"""
_PAGE = 4096


@dataclass(frozen=True)
class Files:
    """The database and its log as they lay on the disk, and which events they hold."""

    run: str
    database: bytes
    log: bytes
    events: Sequence[Recorded]


async def journal_under_way(place: Path) -> tuple[Files, bytes]:
    """The files of a run that was carried out, its log not yet copied back; then the file after."""
    folder = place / "folder"
    folder.mkdir(parents=True)
    places = Places.below(place / "home")
    async with open_butler(Settings(), places) as butler:
        run = await butler.accept(GoalRequest("", folder, plan=_PLAN))
        await butler.drive(run, answers="yes")
        events = list(await butler.history.journal.read(run))
        log = places.db.with_name(f"{places.db.name}-wal")
        files = Files(run, places.db.read_bytes(), log.read_bytes(), events)
        with closing(connect(places.db)) as database:
            database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        return files, places.db.read_bytes()


def cut(files: Files, many: int, chance: random.Random) -> Iterator[Files]:
    """The log cut off at so many places, shortest first, its end sometimes never written."""
    for size in sorted(chance.randrange(len(files.log)) for _ in range(many)):
        rest = bytes(chance.choice([0, 0, 512, 5000]))
        yield Files(files.run, files.database, files.log[:size] + rest, files.events)


def half_copied(files: Files, after: bytes, many: int, chance: random.Random) -> Iterator[Files]:
    """The log was being copied back: any of its pages may be in the file, or half in it."""
    for _ in range(many):
        pages = bytearray(files.database.ljust(len(after), bytes(1)))
        for start in range(0, len(after), _PAGE):
            if chance.random() < 0.5:
                half = chance.choice([_PAGE, _PAGE, 512])
                pages[start : start + half] = after[start : start + half]
        yield Files(files.run, bytes(pages), files.log, files.events)


async def kept_of(files: Files, home: Path) -> tuple[int, list[str]]:
    """How many events are left, and what is wrong; the journal takes further ones all the same."""
    places = Places.below(home)
    places.db.write_bytes(files.database)
    places.db.with_name(f"{places.db.name}-wal").write_bytes(files.log)
    async with open_history(places) as history:
        kept = list(await history.journal.read(files.run))
        wrong = (
            [] if kept == list(files.events[: len(kept)]) else ["other events than were written"]
        )
        wrong += unfoldable(kept)
        if kept:
            (more,) = await history.journal.append(files.run, [RunRenamed(title="after")])
            wrong += [] if more.seq == len(kept) + 1 else ["the next event has a wrong number"]
    return len(kept), [*wrong, *unsearchable(places.db)]
