"""What became of a call that was interrupted, and whether what a receipt says is so."""

from __future__ import annotations

from collections.abc import Mapping

from butler_tui.core.labels import Json
from butler_tui.core.readiness import Missing, Setup
from butler_tui.core.tool import Checked, ToolContext, ToolResult
from butler_tui.tools.receipts import files_as_written
from butler_tui.tools.settling import as_intended


async def settled(context: ToolContext, **args: Json) -> ToolResult | None:
    """A file is as it was to become or as it was before; a server is asked for the object."""
    if context.option("calendar.url"):
        from butler_tui.tools.calendar.caldav import CalDav

        return await CalDav(context).settled()
    return await as_intended(context, **args)


async def still_so(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    """What the receipt names is as the receipt says."""
    if "href" in facts:
        from butler_tui.tools.calendar.caldav import CalDav

        return await CalDav(context).checked(facts)
    return await files_as_written(context, facts)


def lacking(setup: Setup) -> Missing | None:
    """A server wants a user and a password; the folder nothing."""
    if not setup.option("calendar.url"):
        return None
    if not setup.option("calendar.user"):
        return Missing(
            "The calendar's server wants to know who you are; set user under [calendar] in "
            "config.toml."
        )
    if not setup.has_secret("CALENDAR_PASSWORD"):
        return Missing(
            "The calendar's server wants a password.", "butler secrets set CALENDAR_PASSWORD"
        )
    return None
