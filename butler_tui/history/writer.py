"""The one thread of this process that writes: many small writes share one transaction.

A write handed over is carried out even if whoever waits for it is cancelled: what happened is
written down. A write that fails leaves the thread alive and the other writes unharmed.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from butler_tui.core.errors import HistoryError
from butler_tui.history.database import PATIENCE, connect, telling

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], T]
"""Runs in the writer's thread inside a transaction that holds the write lock."""

_AT_ONCE = 512


@dataclass(slots=True, eq=False)
class _Write(Generic[T]):
    work: Work[T]
    flush: bool
    done: asyncio.Future[T]
    result: T | None = None
    error: BaseException | None = None

    def settle(self) -> None:
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.result)  # type: ignore[arg-type]


class Writer:
    """Writes for the event loop that made it. `close` writes what is queued, then ends."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        with telling(path):
            self._connection = connect(path, patience=patience)
        self._path = path
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Write[Any] | None] = SimpleQueue()
        self._flushes = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="butler-history", daemon=True)
        self._thread.start()

    async def write(self, work: Work[T], *, flush: bool = False) -> T:
        """Carry out the work in a transaction and return its result once that is committed.

        With `flush` it has also reached the disk. Raises HistoryError, or what the work raises;
        then nothing of it was written.
        """
        if self._closed:
            raise HistoryError("The history is closed; nothing more can be written.")
        write = _Write(work, flush, self._loop.create_future())
        self._queue.put(write)
        return await write.done

    async def close(self) -> None:
        """Write what is queued, end the thread and close the connection."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._connection.close()

    def _run(self) -> None:
        going = True
        while going:
            first = self._queue.get()
            if first is None:
                return
            batch = [first]
            while len(batch) < _AT_ONCE:
                try:
                    further = self._queue.get_nowait()
                except Empty:
                    break
                if further is None:
                    going = False
                    break
                batch.append(further)
            self._carry_out(batch)
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_settle, batch)

    def _carry_out(self, batch: list[_Write[Any]]) -> None:
        """One transaction for all; when one of them fails, one for each."""
        try:
            with telling(self._path):
                self._begin(any(write.flush for write in batch))
        except HistoryError as error:
            for write in batch:
                write.error = error
            return
        try:
            with telling(self._path):
                for write in batch:
                    write.result = write.work(self._connection)
                self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  (it goes to whoever waits for the write)
            self._roll_back()
            if len(batch) == 1:
                batch[0].error = error
            else:
                for write in batch:
                    self._carry_out([write])

    def _begin(self, flush: bool) -> None:
        if flush is not self._flushes:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if flush else 'NORMAL'}")
            self._flushes = flush
        self._connection.execute("BEGIN IMMEDIATE")

    def _roll_back(self) -> None:
        if self._connection.in_transaction:  # SQLite has ended it itself after some errors
            with suppress(sqlite3.Error):  # then the next write says what is wrong
                self._connection.execute("ROLLBACK")


def _settle(batch: list[_Write[Any]]) -> None:
    for write in batch:
        write.settle()
