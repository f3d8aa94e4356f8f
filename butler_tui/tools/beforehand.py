"""What a tool would refuse a call for, found out beforehand by the doors the call goes through.

Nothing is read, sent or changed: a path is resolved and looked at, a host's name is looked up.
"""

from __future__ import annotations

import asyncio
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Check, ToolContext
from butler_tui.tools.addresses import checked_url, is_public, meant_origins, origin_of
from butler_tui.tools.places import folder_place, readable


def readable_files(*names: str) -> Check:
    """A check that the files in these arguments may be read and are there."""

    async def check(context: ToolContext, **values: Any) -> None:  # noqa: ANN401
        for name in names:
            given = values.get(name) or []
            for path in given if isinstance(given, list) else [given]:
                await asyncio.to_thread(readable, context, path)

    return check


def readable_folder(name: str) -> Check:
    """A check that the folder in this argument may be read and is there."""

    async def check(context: ToolContext, **values: Any) -> None:  # noqa: ANN401
        await asyncio.to_thread(folder_place, context, values[name])

    return check


async def check_address(context: ToolContext, url: str, **_others: Any) -> None:  # noqa: ANN401
    """Raises ToolError where `url` is written misleadingly, or leads to no public address.

    `no_such_host` where its name cannot be looked up now.
    """
    from butler_tui.tools.guard import refusal, system_resolver

    target = checked_url(url)
    origin = origin_of(target)
    if origin in meant_origins(context.origins):
        return
    port = target.port or (80 if target.scheme == "http" else 443)
    try:
        addresses = await system_resolver(target.raw_host.decode("ascii"), port)
    except (OSError, UnicodeError) as error:
        message = f"The host of {origin} cannot be looked up now; check its name."
        raise ToolError("no_such_host", message, transient=True) from error
    for address in addresses:
        if not is_public(address):
            raise refusal(origin, address, led_astray=False)
