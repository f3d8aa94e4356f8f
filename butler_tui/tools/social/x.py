"""Posts on X, by its interface of version 2 with an access token of OAuth 1.0a.

The interface is https://docs.x.com/x-api/posts/create-post and
https://docs.x.com/x-api/media/upload-media. Such a token does not expire, where one of OAuth 2.0
lasts for two hours and is replaced each time it is renewed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.service_calls import FilePart, Service, in_json, in_parts, secret_of
from butler_tui.tools.social.lengths import x_weight
from butler_tui.tools.social.network import Measure, Options, Post, Sent, taken
from butler_tui.tools.social.pictures import Allowed, Picture

BASE = "https://api.x.com"
SECRETS = ("X_API_KEY", "X_API_SECRET", "X_ACCESS_TOKEN", "X_ACCESS_TOKEN_SECRET")
_ID = re.compile(r"\d{1,25}")


PICTURES = Allowed(("JPEG", "PNG", "GIF", "WEBP"), 5_242_880)


@dataclass(frozen=True, slots=True)
class X:
    """X, formerly Twitter."""

    title: str = "X"
    needs: tuple[str, ...] = ()
    secrets: tuple[str, ...] = SECRETS
    pictures: Allowed | None = PICTURES

    def account(self, option: Options) -> str:
        """Who posts."""
        return "the account of your access token"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """280, where a link counts 23 and many a letter two."""
        return Measure(x_weight(text), 280, "characters by X's count")

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Upload the picture, then post."""
        service = Service(self.title, context.option("social.x.api_base") or BASE, SECRETS[2])
        signer = await _signer(context)
        value: dict[str, Any] = {"text": post.text}
        if post.picture is not None:
            value["media"] = {"media_ids": [await self._upload(context, service, signer, post)]}
        headers, body = in_json(value)
        path = "/2/tweets"
        reply = await service.call(
            context,
            "POST",
            path,
            headers=headers,
            credentials=_signed(signer, service.base + path),
            body=body,
            acts=True,
        )
        name = taken(service, reply).text("data", "id")
        url = f"https://x.com/i/web/status/{name}" if _ID.fullmatch(name) else ""
        return Sent(reply.status, name if url else "", url)

    async def _upload(
        self, context: ToolContext, service: Service, signer: Signer, post: Post
    ) -> str:
        picture: Picture | None = post.picture
        assert picture is not None  # noqa: S101  (the caller looked)
        part = FilePart("picture", picture.data, picture.content_type)
        headers, body = in_parts({"media_category": "tweet_image"}, "media", part)
        path = "/2/media/upload"
        reply = await service.call(
            context,
            "POST",
            path,
            headers=headers,
            credentials=_signed(signer, service.base + path),
            body=body,
            seconds=90,
        )
        name = service.taken(reply).text("data", "id")
        if not _ID.fullmatch(name):
            raise ToolError("bad_answer", "X took the picture and gave no name for it.")
        return name


Signer = Mapping[str, str]
"""The four secrets by their names."""


async def _signer(context: ToolContext) -> Signer:
    return {name: await secret_of(context, name) for name in SECRETS}


def _signed(signer: Signer, url: str) -> dict[str, str]:
    """The header that proves who posts; a body that is no form is no part of the proof."""
    from oauthlib.oauth1 import Client

    key, secret, token, token_secret = (signer[name] for name in SECRETS)
    client = Client(key, secret, token, token_secret)
    _, headers, _ = client.sign(url, http_method="POST")
    return {"Authorization": str(headers["Authorization"])}
