"""Posts on a Facebook page and on Instagram, by Meta's Graph interface.

The interfaces are https://developers.facebook.com/docs/pages-api/posts and
https://developers.facebook.com/docs/instagram-platform/content-publishing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.network import fetch
from butler_tui.tools.service_calls import (
    FilePart,
    Reply,
    Service,
    in_json,
    in_parts,
    said_in,
    secret_of,
)
from butler_tui.tools.social import network
from butler_tui.tools.social.network import Measure, Options, Post, Sent, bearer, taken
from butler_tui.tools.social.pictures import Allowed

FACEBOOK, INSTAGRAM = "https://graph.facebook.com", "https://graph.instagram.com"
PAGE_SECRET, INSTAGRAM_SECRET = "FACEBOOK_PAGE_TOKEN", "INSTAGRAM_TOKEN"
MOST_TAGS = 30
JPEG_BYTES = 8_388_608
_ID = re.compile(r"\d{1,30}(_\d{1,30})?")
_TOO_OFTEN = frozenset({4, 9, 17, 32, 368, 613, 80001, 80002})
_BAD_TOKEN = frozenset({102, 190, 463, 467})
_DUPLICATE = 506


PICTURES = Allowed(("JPEG", "PNG", "GIF"), 10_000_000)


@dataclass(frozen=True, slots=True)
class Facebook:
    """A Facebook page."""

    title: str = "Facebook"
    needs: tuple[str, ...] = ("social.facebook.page",)
    secrets: tuple[str, ...] = (PAGE_SECRET,)
    pictures: Allowed | None = PICTURES

    def account(self, option: Options) -> str:
        """Which page posts."""
        return f"the page {option('social.facebook.page')}"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """63,206 characters."""
        return Measure(len(text), 63_206)

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Post the text, or the picture with the text below it."""
        base = context.option("social.facebook.api_base") or FACEBOOK
        service = Service(self.title, base, PAGE_SECRET)
        page = f"/{context.option('social.facebook.version')}/{context.option(self.needs[0])}"
        if post.picture is None:
            headers, body = in_json({"message": post.text})
            path = f"{page}/feed"
        else:
            part = FilePart("picture", post.picture.data, post.picture.content_type)
            headers, body = in_parts({"message": post.text}, "source", part)
            path = f"{page}/photos"
        reply = await service.call(
            context,
            "POST",
            path,
            headers=headers,
            credentials=bearer(await secret_of(context, PAGE_SECRET)),
            body=body,
            acts=True,
            seconds=30 if post.picture is None else 90,
        )
        _accepted(service, reply)
        name = reply.text("post_id") or reply.text("id")
        if not _ID.fullmatch(name):
            return Sent(reply.status)
        return Sent(reply.status, name, f"https://www.facebook.com/{name}")


@dataclass(frozen=True, slots=True)
class Instagram:
    """A professional account on Instagram, which takes a picture by its public address only."""

    title: str = "Instagram"
    needs: tuple[str, ...] = ("social.instagram.account",)
    secrets: tuple[str, ...] = (INSTAGRAM_SECRET,)
    pictures: Allowed | None = None

    def account(self, option: Options) -> str:
        """Which account posts."""
        return f"the account {option('social.instagram.account')}"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """2,200 characters, and 30 tags."""
        tags = len(re.findall(r"#\w", text))
        return Measure(tags, MOST_TAGS, "tags") if tags > MOST_TAGS else Measure(len(text), 2_200)

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Name the picture, wait until Instagram has it, publish it, ask for its address."""
        base = context.option("social.instagram.api_base") or INSTAGRAM
        service = Service(self.title, base, INSTAGRAM_SECRET)
        version = f"/{context.option('social.instagram.version')}"
        account = f"{version}/{context.option(self.needs[0])}"
        token = bearer(await secret_of(context, INSTAGRAM_SECRET))
        await _check_jpeg(context, post.link or "")
        headers, body = in_json({"image_url": post.link, "caption": post.text})
        reply = await service.call(
            context, "POST", f"{account}/media", headers=headers, credentials=token, body=body
        )
        made = _accepted(service, reply).text("id")
        if not _ID.fullmatch(made):
            raise ToolError("bad_answer", "Instagram gave no name for the picture.")
        await _fetched_by(context, service, f"{version}/{made}?fields=status_code", token)
        headers, body = in_json({"creation_id": made})
        published = await service.call(
            context,
            "POST",
            f"{account}/media_publish",
            headers=headers,
            credentials=token,
            body=body,
            acts=True,
        )
        name = _accepted(service, published).text("id")
        if not _ID.fullmatch(name):
            return Sent(published.status)
        url = await _address(context, service, f"{version}/{name}?fields=permalink", token)
        return Sent(published.status, name, url)


def _accepted(service: Service, reply: Reply) -> Reply:
    """The reply when Meta did as asked; its own error codes say what its statuses do not."""
    code = reply.at("error", "code")
    if reply.status < 400 or not isinstance(code, int):
        return taken(service, reply)
    words = f": {said}" if (said := said_in(reply.value)) else ""
    if code in _BAD_TOKEN:
        raise service.key_refused(words)
    if code in _TOO_OFTEN:
        raise ToolError(
            "rate_limited", f"{service.name} is posted to too often{words}.", transient=True
        )
    if code == _DUPLICATE:
        raise ToolError(
            "duplicate", f"{service.name} has this very post already; change the text{words}."
        )
    return taken(service, reply)


async def _check_jpeg(context: ToolContext, url: str) -> None:
    """Raises ToolError where what Instagram would fetch is no JPEG that it takes."""
    answer = await fetch(context, url, limit=JPEG_BYTES)
    if answer.status != 200 or not answer.body.startswith(b"\xff\xd8\xff"):
        raise ToolError("bad_image", "There is no JPEG picture at the address for Instagram.")


async def _fetched_by(
    context: ToolContext, service: Service, path: str, token: Mapping[str, str]
) -> None:
    """Wait until Instagram has the picture."""
    for look in range(network.MOST_LOOKS):
        reply = await service.call(context, "GET", path, credentials=token)
        match _accepted(service, reply).text("status_code"):
            case "FINISHED":
                return
            case "ERROR" | "EXPIRED":
                raise ToolError("bad_image", "Instagram could not take the picture.")
            case _:
                await asyncio.sleep(network.PAUSES[min(look, len(network.PAUSES) - 1)])
    raise ToolError("not_ready_yet", "Instagram did not finish the picture; try again later.")


async def _address(
    context: ToolContext, service: Service, path: str, token: Mapping[str, str]
) -> str:
    """The published post's address, where Instagram says it."""
    with suppress(ToolError):
        reply = await service.call(context, "GET", path, credentials=token, seconds=10)
        url = checked_url(reply.text("permalink"))
        if f".{url.host}".endswith(".instagram.com") and urlsplit(str(url)).scheme == "https":
            return str(url)
    return ""
