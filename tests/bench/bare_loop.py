"""The least that durable steps cost: a loop whose one writer thread commits once a step."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from queue import Empty, SimpleQueue

Item = tuple[str, asyncio.Future[None]]


class BareLoop:
    """Appends a row a step; rows that wait at the same time share a commit."""

    def __init__(self, path: Path, *, flush: bool) -> None:
        self._path, self._flush = path, flush
        self._queue: SimpleQueue[Item | None] = SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    async def step(self, number: int) -> int:
        """A step that does nothing, on the disk when it returns."""
        done = self._loop.create_future()
        self._queue.put((json.dumps({"step": number, "output": {"n": number}}), done))
        await done
        return number

    async def close(self) -> None:
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _write(self) -> None:
        with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute(f"PRAGMA synchronous = {'FULL' if self._flush else 'NORMAL'}")
            db.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, body TEXT)")
            while (first := self._queue.get()) is not None:
                batch = [first]
                while True:
                    try:
                        further = self._queue.get_nowait()
                    except Empty:
                        break
                    if further is None:
                        self._queue.put(None)
                        break
                    batch.append(further)
                db.execute("BEGIN IMMEDIATE")
                db.executemany("INSERT INTO events (body) VALUES (?)", [(b,) for b, _ in batch])
                db.execute("COMMIT")
                self._loop.call_soon_threadsafe(_settle, batch)


def _settle(batch: list[Item]) -> None:
    for _, done in batch:
        done.set_result(None)


async def bare(folder: Path, steps: int, *, wide: bool, flush: bool) -> float:
    """Seconds a step."""
    loop = BareLoop(folder / f"bare-{wide}-{flush}.db", flush=flush)
    await loop.step(-1)  # the table is made
    begun = time.perf_counter()
    if wide:
        await asyncio.gather(*[loop.step(number) for number in range(steps)])
    else:
        for number in range(steps):
            await loop.step(number)
    taken = time.perf_counter() - begun
    await loop.close()
    return taken / steps
