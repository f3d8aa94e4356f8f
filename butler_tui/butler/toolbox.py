"""All tools of a person: built-in, installed, their own files, and those of MCP servers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from butler_tui.core.tool import Tool, equipped
from butler_tui.settings import Equipment, Places, Settings
from butler_tui.tools.mcp import Acceptance, Pool, make_tools
from butler_tui.tools.plugins import Broken, find_tools


class Toolbox:
    """The one place where tools are found and made to know what they lack.

    `tools` stays the same object, and is brought up to date by `equip`; `broken` is what cannot be
    used, and why. Raises ButlerError when Butler's own tools are not installed.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self._settings, self._places = settings, places
        found = find_tools(places.tools)
        self._found = _as_kept(found.tools, settings)
        self._broken = found.broken
        self._accepted = Acceptance(places.mcp)
        self._servers = Pool(settings.mcp, self._accepted)
        self.tools: dict[str, Tool] = {}
        self.broken: list[Broken] = []
        self.equip()

    def equip(self) -> None:
        """Have each tool look whether it is ready: settings, secrets and programs as they are now.

        What was accepted of MCP servers meanwhile is there, what was removed is not.
        """
        made = make_tools(self._settings.mcp, self._accepted, self._servers)
        taken = made.tools.keys() & self._found.keys()
        equipment = Equipment(self._settings, self._places)
        self.tools.clear()
        self.tools.update(equipped({**made.tools, **self._found}, equipment))
        self.broken[:] = [*self._broken, *made.broken, *(_taken(name) for name in sorted(taken))]

    async def close(self) -> None:
        """End the servers that were started."""
        await self._servers.close()


def _taken(name: str) -> Broken:
    return Broken(name, f"There is a tool {name} already; the MCP server's is left out.")


def _as_kept(tools: Mapping[str, Tool], settings: Settings) -> dict[str, Tool]:
    """The tools as the settings let them be: where nothing is kept, nothing can be undone."""
    if settings.limits.undo_mb:
        return dict(tools)
    return {name: replace(one, undoable=False) for name, one in tools.items()}
