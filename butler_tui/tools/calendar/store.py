"""Where events and tasks are kept: what every store can do, and which one the settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Literal, Protocol

from butler_tui.core.labels import Json
from butler_tui.core.tool import Setup, Tool, ToolContext, ToolResult
from butler_tui.tools.calendar.objects import Found, Stored
from butler_tui.tools.calendar.times import Span

Kind = Literal["VEVENT", "VTODO"]


ResultOf = Callable[[Mapping[str, Json]], ToolResult]
"""The result of a call, with the facts that its store puts into the receipt; it is known before the
change is made."""


class Store(Protocol):
    """A folder or a server. Every method raises ToolError."""

    remote: bool
    shown: str

    async def objects(self, kind: Kind, span: Span | None = None) -> Found:
        """Everything of that kind; with a span at least what may fall into it."""
        ...

    async def find(self, uid: str, kind: Kind) -> Stored | None:
        """The object that holds that UID."""
        ...

    async def target(self, kind: Kind, calendar: str | None) -> str:
        """The name of the calendar that something new goes to; refuses one that is not there."""
        ...

    async def create(
        self, uid: str, data: bytes, kind: Kind, calendar: str | None, result: ResultOf
    ) -> ToolResult:
        """Put a new object into a calendar; what is there already with its UID stays as it is."""
        ...

    async def replace(self, stored: Stored, data: bytes, result: ResultOf) -> ToolResult:
        """Put another text in its place; refused if it has changed since it was read."""
        ...

    async def remove(self, stored: Stored, result: ResultOf) -> ToolResult:
        """Take it away; refused if it has changed since it was read."""
        ...


def store_of(context: ToolContext) -> Store:
    """The person's calendar: the server of the settings, else the folder."""
    if context.option("calendar.url"):
        from butler_tui.tools.calendar.caldav import CalDav

        return CalDav(context)
    from butler_tui.tools.calendar.folder import LocalFolder

    return LocalFolder(context)


def by_store(one: Tool, setup: Setup) -> Tool:
    """A tool that changes the calendar, as it is where it is kept.

    A file can be put back and tells nobody; what a server was told cannot be taken back, and a
    server sends invitations.
    """
    if setup.option("calendar.url"):
        return replace(one, undoable=False, reaches=True, reaches_alone=False, lands_late=True)
    return replace(one, reaches=False, lands_late=False)
