"""A database for one call: in memory, alone, and once it is locked with no way out of it."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MOST_MEMORY = "4GB"

T = TypeVar("T")


@dataclass(slots=True)
class Database:
    """A DuckDB in memory, and an event that says that the call was cancelled."""

    connection: DuckDBPyConnection
    stop: threading.Event
    tables: int = field(default=0)

    def run(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a statement."""
        return self.connection.execute(sql, list(values)).fetchall()

    def columns(self, table: str) -> list[tuple[str, str]]:
        """The names and SQL types of a table's columns."""
        described = self.run(f"DESCRIBE {quoted(table)}")
        return [(str(row[0]), str(row[1])) for row in described]

    def new_table(self) -> str:
        """The next free name: t1, t2, ..."""
        self.tables += 1
        return f"t{self.tables}"

    def lock(self) -> None:
        """From here on no file, setting or extension can be reached."""
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")


async def in_database(work: Callable[[Database], T]) -> T:
    """Run blocking work with a database of its own; cancelling interrupts it and waits for it."""
    stop = threading.Event()
    opened: list[DuckDBPyConnection] = []

    def run() -> T:
        with closing(_connect()) as connection:
            opened.append(connection)
            return work(Database(connection, stop))

    task = asyncio.create_task(asyncio.to_thread(run))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        while not task.done():
            for connection in opened:
                _interrupt(connection)
            await asyncio.wait([task], timeout=0.05)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it as forgotten
        raise


def _connect() -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": MOST_MEMORY,
        },
    )


def _interrupt(connection: DuckDBPyConnection) -> None:
    import duckdb

    with suppress(duckdb.Error):  # it was closed meanwhile
        connection.interrupt()


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


def one_line(error: BaseException) -> str:
    """What DuckDB says, without its advice and the query it repeats."""
    first = str(error).split("\n\n", maxsplit=1)[0].strip().splitlines()
    return (first[0] if first else type(error).__name__).rstrip(".!")[:300]


def sql_name(stem: str) -> str:
    """A file's or sheet's name as an SQL name that needs no quotes."""
    name = re.sub(r"\W+", "_", stem).strip("_") or "table"
    return f"t_{name}" if name[0].isdigit() else name
