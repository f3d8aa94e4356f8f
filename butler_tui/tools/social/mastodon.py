"""Posts on a Mastodon server.

The interface is https://docs.joinmastodon.org/methods/statuses/ and .../methods/media/.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.service_calls import FilePart, Service, in_json, in_parts, secret_of
from butler_tui.tools.social import network
from butler_tui.tools.social.lengths import mastodon_length
from butler_tui.tools.social.network import Measure, Options, Post, Sent, bearer, taken
from butler_tui.tools.social.pictures import Allowed, Picture

SECRET = "MASTODON_TOKEN"  # noqa: S105  (its name)
USUAL_LENGTH = 500
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


PICTURES = Allowed(("JPEG", "PNG", "GIF", "WEBP"), 16_777_216, 33_177_600)


@dataclass(frozen=True, slots=True)
class Mastodon:
    """A Mastodon server, or another that speaks its language."""

    title: str = "Mastodon"
    needs: tuple[str, ...] = ("social.mastodon.server",)
    secrets: tuple[str, ...] = (SECRET,)
    pictures: Allowed | None = PICTURES

    def account(self, option: Options) -> str:
        """Who posts, and who sees it."""
        server = urlsplit(option("social.mastodon.server") or "").netloc
        return f"your account on {server}, {option('social.mastodon.visibility') or 'public'}"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """500, or what the server allows: it is asked where that matters."""
        length = mastodon_length(text)
        most = USUAL_LENGTH
        if length > most:
            with suppress(ToolError):
                most = await _allowed_length(context)
        return Measure(length, most, "characters by Mastodon's count")

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Upload the picture, wait until it is ready, then post."""
        service = _service(context)
        token = bearer(await secret_of(context, SECRET))
        value: dict[str, Any] = {
            "status": post.text,
            "visibility": context.option("social.mastodon.visibility") or "public",
        }
        if language := context.option("social.mastodon.language"):
            value["language"] = language
        if post.picture is not None:
            value["media_ids"] = [await _upload(context, service, token, post.picture)]
        headers, body = in_json(value)
        reply = await service.call(
            context,
            "POST",
            "/api/v1/statuses",
            headers={**headers, "Idempotency-Key": context.key},
            credentials=token,
            body=body,
            acts=True,
        )
        name = taken(service, reply).text("id")
        return Sent(
            reply.status, name if _ID.fullmatch(name) else "", _own_url(service, reply.text("url"))
        )


def _service(context: ToolContext) -> Service:
    return Service("Mastodon", context.option("social.mastodon.server") or "", SECRET)


async def _allowed_length(context: ToolContext) -> int:
    reply = await _service(context).call(context, "GET", "/api/v2/instance", seconds=8)
    found = reply.at("configuration", "statuses", "max_characters")
    return found if isinstance(found, int) and 1 <= found <= 1_000_000 else USUAL_LENGTH


async def _upload(
    context: ToolContext, service: Service, token: Mapping[str, str], picture: Picture
) -> str:
    """The picture's name on the server, once it can be posted."""
    headers, body = in_parts({}, "file", FilePart("picture", picture.data, picture.content_type))
    reply = await service.call(
        context,
        "POST",
        "/api/v2/media",
        headers=headers,
        credentials=token,
        body=body,
        seconds=90,
    )
    name = service.taken(reply).text("id")
    if not _ID.fullmatch(name):
        raise ToolError("bad_answer", "Mastodon took the picture and gave no name for it.")
    looks = 0
    while reply.status in (202, 206):
        if looks >= network.MOST_LOOKS:
            raise ToolError("not_ready_yet", "Mastodon did not finish the picture; try again.")
        await asyncio.sleep(network.PAUSES[min(looks, len(network.PAUSES) - 1)])
        looks += 1
        reply = await service.call(context, "GET", f"/api/v1/media/{name}", credentials=token)
        service.taken(reply)
    return name


def _own_url(service: Service, written: str) -> str:
    """The post's address, where it is one of that server's own."""
    with suppress(ToolError):
        url = checked_url(written)
        if url.host == (urlsplit(service.base).hostname or ""):
            return str(url)
    return ""
