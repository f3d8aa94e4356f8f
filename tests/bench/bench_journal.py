"""How the journal compares with a bare sqlite3 loop; prints ratios, fails nothing.

python tests/bench/bench_journal.py [events]
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from butler_tui.core.events import ModelCalled, RunAccepted, StepFinished, StepStarted
from butler_tui.history import History, open_history
from butler_tui.settings import Places

SMALL = ModelCalled(role="planner", model="openai/gpt-5-mini", tokens_in=800, tokens_out=120)
STARTED = StepStarted(step="pages", tool="read_page", args={"url": "https://example.org/a/page"})
FINISHED = StepFinished(step="pages", output={"text": "Some words that a page holds. " * 20})


def bare(folder: Path, count: int, *, at_once: int) -> float:
    """Seconds for each row of a bare loop that commits every `at_once` rows."""
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("CREATE TABLE IF NOT EXISTS events (run, seq, at, type, body)")
        body = SMALL.model_dump_json()
        begun = time.perf_counter()
        for first in range(0, count, at_once):
            db.execute("BEGIN IMMEDIATE")
            for seq in range(first, first + at_once):
                db.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", ("r", seq, "at", "t", body))
            db.execute("COMMIT")
        return (time.perf_counter() - begun) / count


async def one_by_one(history: History, count: int, *, flush: bool = False) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        await history.journal.append("r", [SMALL], flush=flush)
    return (time.perf_counter() - begun) / count


async def side_by_side(
    history: History, count: int, event: ModelCalled | StepStarted | StepFinished, tasks: int = 100
) -> float:
    async def appends() -> None:
        for _ in range(count // tasks):
            await history.journal.append("r", [event])

    begun = time.perf_counter()
    await asyncio.gather(*[appends() for _ in range(tasks)])
    return (time.perf_counter() - begun) / count


async def reading(history: History) -> float:
    begun = time.perf_counter()
    events = await history.journal.read("r")
    return (time.perf_counter() - begun) / len(events)


async def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        single = bare(folder, count, at_once=1)
        grouped = bare(folder, count, at_once=100)
        print(f"bare loop: {single * 1e6:.1f} us a commit each, {grouped * 1e6:.1f} us by hundreds")
        async with open_history(Places.below(folder)) as history:
            await history.journal.append("r", [RunAccepted(goal="A goal")])
            figures = {
                "one after the other": await one_by_one(history, count),
                "the same, flushed": await one_by_one(history, count // 20, flush=True),
                "100 side by side": await side_by_side(history, count, SMALL),
                "100, with arguments to find": await side_by_side(history, count, STARTED),
                "100, with 600 characters to find": await side_by_side(history, count, FINISHED),
                "read back": await reading(history),
            }
            for what, seconds in figures.items():
                print(f"{what:34} {seconds * 1e6:7.1f} us, {seconds / single:5.1f} x a bare commit")
            begun = time.perf_counter()
            await history.search.find("words pa")
            print(f"{'search among them':34} {(time.perf_counter() - begun) * 1e3:7.1f} ms")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000))
