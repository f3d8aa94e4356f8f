"""The one thread that writes: what waits is written together, in one transaction."""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from butler_tui.core.errors import ButlerError, HistoryError
from butler_tui.history.database import connect, told

_T = TypeVar("_T")
MOST_AT_ONCE = 1_000
"""Writes in one transaction."""


@dataclass(slots=True)
class _Write:
    work: Callable[[sqlite3.Connection], Any]
    flush: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]
    result: Any = None
    error: BaseException | None = None


class Writer:
    """Takes writes from the event loop and carries them out in order, many to a transaction.

    A write that raises a ButlerError must not have written anything; it fails alone. A fault of
    the database fails every write of its transaction, and the thread goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="history writer", daemon=True)
        self._thread.start()

    async def write(self, work: Callable[[sqlite3.Connection], _T], *, flush: bool = False) -> _T:
        """What `work` returns, once its transaction is committed; with `flush`, on the disk.

        Raises HistoryError, or what `work` raised. A write that was handed over is carried out
        even if whoever waits for it is cancelled.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()
        self._queue.put(_Write(work, flush, loop, future))
        return await future

    async def close(self) -> None:
        """Carry out what was handed over, then end the thread."""
        self._queue.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        going = True
        while going:
            batch, going = self._next_batch()
            if not batch:
                continue
            try:
                with told(self._path):
                    connection = connection or connect(self._path).conn
                    assert connection is not None  # noqa: S101  (for the type checker)
                    self._transaction(connection, batch)
            except HistoryError as error:
                for one in batch:
                    one.error = one.error or error
                if connection is not None and connection.in_transaction:
                    connection.rollback()
            _hand_back(batch)
        if connection is not None:
            connection.close()

    def _next_batch(self) -> tuple[list[_Write], bool]:
        first = self._queue.get()
        batch: list[_Write] = []
        while first is not None:
            batch.append(first)
            if len(batch) == MOST_AT_ONCE:
                return batch, True
            try:
                first = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _transaction(self, connection: sqlite3.Connection, batch: Sequence[_Write]) -> None:
        level = "FULL" if any(one.flush for one in batch) else "NORMAL"
        connection.execute(f"PRAGMA synchronous={level}")
        connection.execute("BEGIN IMMEDIATE")
        for one in batch:
            try:
                one.result = one.work(connection)
            except ButlerError as error:
                one.error = error
        connection.execute("COMMIT")


def _hand_back(batch: Sequence[_Write]) -> None:
    """Tell each loop once, in the order in which the writes were made."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Write]] = {}
    for one in batch:
        by_loop.setdefault(one.loop, []).append(one)
    for loop, writes in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, writes)
        except RuntimeError:
            continue  # the loop has ended: nobody waits any more


def _settle(writes: Sequence[_Write]) -> None:
    for one in writes:
        if one.future.done():
            continue
        if one.error is not None:
            one.future.set_exception(one.error)
        else:
            one.future.set_result(one.result)
