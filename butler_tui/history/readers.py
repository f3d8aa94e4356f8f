"""Reading beside the writer: a few threads, each with its own connection."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from butler_tui.core.errors import HistoryError
from butler_tui.history.database import PATIENCE, connect, telling, understanding

T = TypeVar("T")

_THREADS = 3


class Readers:
    """Reads that see what is committed, from this process and others."""

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="butler-reads")
        self._closed = False

    async def read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """What `look` finds, run in a thread. Raises HistoryError, or what `look` raises."""
        if self._closed:
            raise HistoryError("The history is closed; nothing more can be read.")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, look)

    async def close(self) -> None:
        """Wait for what is being read, and close the connections."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._threads.shutdown)
            for connection in self._connections:
                connection.close()

    def _read(self, look: Callable[[sqlite3.Connection], T]) -> T:
        with telling(self._path):
            connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
            if connection is None:
                connection = connect(self._path, patience=self._patience, writes=False)
                self._own.connection = connection
                self._connections.append(connection)
            with understanding(self._path):
                return look(connection)
