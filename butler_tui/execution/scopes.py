"""What runs keep open between their steps in this process, and the end of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.tool_context import Closing, Kept

SECONDS = 15.0
"""The longest that one thing may take to close; what takes longer is left to the process's end."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Scope:
    """The RunScope of one run."""

    _kept: dict[str, Closing] = field(default_factory=dict[str, Closing])
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def get(self, name: str) -> Any | None:  # noqa: ANN401  (whatever was kept)
        """What is kept under the name."""
        return self._kept.get(name)

    async def keep(self, name: str, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """What is kept under the name, made now if nothing is."""
        async with self._turn:
            found: Any = self._kept.get(name)
            if found is None:
                found = self._kept[name] = await make()
        return found

    async def drop(self, name: str) -> bool:
        """Close what is kept under the name."""
        found = self._kept.pop(name, None)
        if found is None:
            return False
        await _close(name, found)
        return True

    async def close(self) -> None:
        """Close everything, the newest first."""
        while self._kept:
            name, found = self._kept.popitem()
            await _close(name, found)


@dataclass(slots=True)
class Scopes:
    """The scopes of all runs of this process."""

    _scopes: dict[str, Scope] = field(default_factory=dict[str, Scope])

    def of(self, run: str) -> Scope:
        """The scope of a run."""
        return self._scopes.setdefault(run, Scope())

    async def close(self, run: str) -> None:
        """Close what a run keeps open; nothing happens where it keeps nothing."""
        if (scope := self._scopes.pop(run, None)) is not None:
            await scope.close()

    async def close_all(self) -> None:
        """Close what every run keeps open."""
        for run in list(self._scopes):
            await self.close(run)


class NoScope:
    """Keeps nothing: the scope of calls that are only looked at."""

    def get(self, name: str) -> Any | None:  # noqa: ANN401
        """Nothing."""
        return None

    async def keep(self, name: str, make: Callable[[], Awaitable[Kept]]) -> Kept:
        """Refused."""
        raise ToolError("not_allowed", "A call that is only looked at may open nothing.")

    async def drop(self, name: str) -> bool:
        """Nothing is there to be closed."""
        return False


async def _close(name: str, found: Closing) -> None:
    """Close one thing to its end, even if whoever waits for it is cancelled meanwhile."""
    closing = asyncio.create_task(_closed(name, found), name=f"close {name}")
    try:
        await asyncio.shield(closing)
    except asyncio.CancelledError:
        await asyncio.wait([closing])
        raise


async def _closed(name: str, found: Closing) -> None:
    try:
        async with asyncio.timeout(SECONDS):
            await found.close()
    except Exception:  # noqa: BLE001  (what cannot be closed must not keep the run from ending)
        _log.exception("closing %s failed", name)
