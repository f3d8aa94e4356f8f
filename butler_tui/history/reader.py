"""Reads, in one thread with a connection of its own, beside the thread that writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from butler_tui.history.database import connect, told

_T = TypeVar("_T")


class Reader:
    """Carries out reads one after the other. Raises HistoryError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="history reader")
        self._connection: sqlite3.Connection | None = None

    async def read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What `work` returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._read, work)

    async def close(self) -> None:
        """End the thread."""
        await asyncio.to_thread(self._pool.shutdown)
        if self._connection is not None:
            self._connection.close()

    def _read(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        with told(self._path):
            if self._connection is None:
                self._connection = connect(self._path).conn
            assert self._connection is not None  # noqa: S101  (for the type checker)
            return work(self._connection)
