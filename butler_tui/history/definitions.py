"""Which definition of each stranger's tool was allowed last; another one is asked anew."""

from __future__ import annotations

import sqlite3
from functools import partial

from butler_tui.core.tool import Tool
from butler_tui.history.readers import Readers
from butler_tui.history.rows import as_stored, clean, now
from butler_tui.history.writer import Writer


class SqliteDefinitions:
    """The Definitions of the core's ports. Butler's own tools have none to remember."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers
        self._seen: dict[str, str] = {}
        """What this process knows to have been allowed: it has only one definition of each."""

    async def changed(self, tool: Tool) -> bool:
        """True when another definition of that tool was allowed before."""
        if not tool.definition or self._seen.get(tool.name) == tool.definition:
            return False
        known = await self._readers.read(partial(_known, tool=clean(tool.name)))
        return known is not None and known != tool.definition

    async def allowed(self, tool: Tool) -> None:
        """Remember that the tool was allowed as it is now."""
        if tool.definition and self._seen.get(tool.name) != tool.definition:
            await self._writer.write(
                partial(_note, tool=clean(tool.name), definition=tool.definition)
            )
            self._seen[tool.name] = tool.definition


def _known(connection: sqlite3.Connection, tool: str) -> str | None:
    row = connection.execute("SELECT definition FROM tools WHERE name = ?", (tool,)).fetchone()
    return row["definition"] if row is not None else None


def _note(connection: sqlite3.Connection, tool: str, definition: str) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO tools (name, definition, at) VALUES (?, ?, ?)",
        (tool, definition, as_stored(now())),
    )
