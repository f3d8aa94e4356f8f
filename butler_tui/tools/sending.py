"""Sending over HTTP once: what began to be answered has arrived, and nothing fails after that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import aclosing, suppress

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, origin_of
from butler_tui.tools.bodies import decoded, is_binary
from butler_tui.tools.network import (
    PAGE_BYTES,
    Fetched,
    named_headers,
    opened,
    rested,
    seconds_of,
)
from butler_tui.tools.network_errors import telling

BODY_SECONDS = 15.0


async def send(
    context: ToolContext,
    method: str,
    url: str,
    headers: Mapping[str, str],
    data: bytes | None,
    *,
    meant: Iterable[str] = (),
    called: str | None = None,
) -> Fetched:
    """The server's answer. `called` is what failures call it, where the address holds a secret.

    Raises ToolError; `no_answer` where what was sent may have arrived.
    """
    import httpx

    received = bytearray()
    await rested(origin_of(checked_url(url)))
    with telling(called or url, sends=True):
        async with (
            asyncio.timeout(seconds_of(context) + BODY_SECONDS),
            opened(
                context, url, method=method, headers=headers, body=data, meant=meant, called=called
            ) as answer,
        ):
            with suppress(ToolError, TimeoutError, httpx.TransportError):
                async with asyncio.timeout(BODY_SECONDS), aclosing(decoded(answer)) as parts:
                    async for part in parts:
                        received += part[: PAGE_BYTES - len(received)]
                        if len(received) == PAGE_BYTES:
                            break
            kept = b"" if is_binary(bytes(received)) else bytes(received)
            return Fetched(answer.status_code, answer.url, named_headers(answer), kept)
