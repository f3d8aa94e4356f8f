"""Posts on Bluesky, or another server of the AT protocol.

The interface is https://docs.bsky.app/docs/advanced-guides/posts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.service_calls import Service, in_json, secret_of
from butler_tui.tools.social.facets import facets_of
from butler_tui.tools.social.lengths import graphemes
from butler_tui.tools.social.network import Measure, Options, Post, Sent, bearer, taken
from butler_tui.tools.social.pictures import Allowed, Picture

BASE = "https://bsky.social"
SECRET = "BLUESKY_APP_PASSWORD"  # noqa: S105  (its name)
MOST_BYTES = 3_000
MOST_MENTIONS = 20
_DID = re.compile(r"did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,200}")
_URI = re.compile(
    r"at://(?P<did>did:[a-z]+:[\w.:%-]+)/app\.bsky\.feed\.post/(?P<key>[\w.~:-]+)", re.ASCII
)


PICTURES = Allowed(("JPEG", "PNG", "GIF", "WEBP"), 1_000_000)


@dataclass(frozen=True, slots=True)
class Bluesky:
    """Bluesky."""

    title: str = "Bluesky"
    needs: tuple[str, ...] = ("social.bluesky.handle",)
    secrets: tuple[str, ...] = (SECRET,)
    pictures: Allowed | None = PICTURES

    def account(self, option: Options) -> str:
        """Who posts."""
        return f"@{option('social.bluesky.handle')}"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """300 characters that a person sees, and 3,000 bytes."""
        size = len(text.encode("utf-8", "replace"))
        if size > MOST_BYTES:
            return Measure(size, MOST_BYTES, "bytes")
        return Measure(graphemes(text), 300)

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Log in, upload the picture, find who is mentioned, then post."""
        base = (context.option("social.bluesky.server") or BASE).rstrip("/")
        service = Service(self.title, base, SECRET)
        token, did = await _session(context, service)
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "text": post.text,
            "createdAt": datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        }
        if language := context.option("social.bluesky.language"):
            record["langs"] = [language]
        if facets := await _facets(context, service, post.text):
            record["facets"] = facets
        if post.picture is not None:
            record["embed"] = await _embedded(context, service, token, post.picture)
        headers, body = in_json({"repo": did, "collection": record["$type"], "record": record})
        reply = await service.call(
            context,
            "POST",
            "/xrpc/com.atproto.repo.createRecord",
            headers=headers,
            credentials=token,
            body=body,
            acts=True,
        )
        found = _URI.fullmatch(taken(service, reply).text("uri")[:400])
        if found is None:
            return Sent(reply.status)
        url = f"https://bsky.app/profile/{found['did']}/post/{found['key']}"
        return Sent(reply.status, found.group(), url)


async def _session(context: ToolContext, service: Service) -> tuple[Mapping[str, str], str]:
    """The credentials of this post alone, and the account's DID."""
    headers, body = in_json(
        {
            "identifier": context.option("social.bluesky.handle") or "",
            "password": await secret_of(context, SECRET),
        }
    )
    reply = await service.call(
        context, "POST", "/xrpc/com.atproto.server.createSession", headers=headers, body=body
    )
    service.taken(reply)
    token, did = reply.text("accessJwt"), reply.text("did")
    if not (token.isascii() and token.isprintable() and token and _DID.fullmatch(did)):
        raise ToolError("bad_answer", "Bluesky's answer to the login is not whole; try again.")
    return bearer(token), did


async def _facets(context: ToolContext, service: Service, text: str) -> list[dict[str, Any]]:
    asked = 0

    async def resolve(handle: str) -> str | None:
        nonlocal asked
        asked += 1
        if asked > MOST_MENTIONS:
            return None
        query = urlencode({"handle": handle})
        with suppress(ToolError):
            path = f"/xrpc/com.atproto.identity.resolveHandle?{query}"
            did = (await service.call(context, "GET", path, seconds=8)).text("did")
            return did if _DID.fullmatch(did) else None
        return None

    return await facets_of(text, resolve)


async def _embedded(
    context: ToolContext, service: Service, token: Mapping[str, str], picture: Picture
) -> dict[str, Any]:
    reply = await service.call(
        context,
        "POST",
        "/xrpc/com.atproto.repo.uploadBlob",
        headers={"Content-Type": picture.content_type},
        credentials=token,
        body=picture.data,
        seconds=90,
    )
    blob = service.taken(reply).at("blob")
    if not isinstance(blob, dict):
        raise ToolError("bad_answer", "Bluesky took the picture and gave no name for it.")
    shape = {"width": picture.width, "height": picture.height}
    return {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "", "image": blob, "aspectRatio": shape}],
    }
