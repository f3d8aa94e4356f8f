"""Posts on LinkedIn, of a person or of an organisation.

The interface is https://learn.microsoft.com/linkedin/marketing/community-management/shares/posts-api
and .../images-api.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, origin_of
from butler_tui.tools.service_calls import Service, in_json, secret_of
from butler_tui.tools.social.lengths import utf16_units
from butler_tui.tools.social.network import Measure, Options, Post, Sent, bearer, taken
from butler_tui.tools.social.pictures import Allowed, Picture

BASE = "https://api.linkedin.com"
SECRET = "LINKEDIN_TOKEN"  # noqa: S105  (its name)
_URN = re.compile(r"urn:li:(?:share|ugcPost):\d{1,30}")
_IMAGE = re.compile(r"urn:li:image:[\w-]{1,100}")
_RESERVED = re.compile(r"[\\|{}@\[\]()<>*_~]|#(?!\w)")


def escaped(text: str) -> str:
    """The text for LinkedIn's own markup, in which it means itself; tags stay tags."""
    return _RESERVED.sub(lambda found: f"\\{found.group()}", text)


PICTURES = Allowed(("JPEG", "PNG", "GIF"), 20_000_000, 36_152_319)


@dataclass(frozen=True, slots=True)
class LinkedIn:
    """LinkedIn."""

    title: str = "LinkedIn"
    needs: tuple[str, ...] = ("social.linkedin.author",)
    secrets: tuple[str, ...] = (SECRET,)
    pictures: Allowed | None = PICTURES

    def account(self, option: Options) -> str:
        """Who posts, and who sees it."""
        seen = "public" if option("social.linkedin.visibility") != "CONNECTIONS" else "connections"
        return f"{option('social.linkedin.author')}, {seen}"

    async def measure(self, context: ToolContext, text: str) -> Measure:
        """3,000 units of UTF-16."""
        return Measure(utf16_units(text), 3_000)

    async def send(self, context: ToolContext, post: Post) -> Sent:
        """Upload the picture, then post."""
        service = Service(self.title, context.option("social.linkedin.api_base") or BASE, SECRET)
        token = bearer(await secret_of(context, SECRET))
        versions = {
            "Linkedin-Version": context.option("social.linkedin.version") or "",
            "X-Restli-Protocol-Version": "2.0.0",
        }
        author = context.option("social.linkedin.author") or ""
        value: dict[str, Any] = {
            "author": author,
            "commentary": escaped(post.text),
            "visibility": context.option("social.linkedin.visibility") or "PUBLIC",
            "distribution": {
                "feedDistribution": "MAIN_FEED",
                "targetEntities": [],
                "thirdPartyDistributionChannels": [],
            },
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": False,
        }
        if post.picture is not None:
            upload = _Upload(context, service, token, versions)
            value["content"] = {"media": {"id": await upload.made(author, post.picture)}}
        headers, body = in_json(value)
        reply = await service.call(
            context,
            "POST",
            "/rest/posts",
            headers={**headers, **versions},
            credentials=token,
            body=body,
            acts=True,
        )
        name = taken(service, reply).headers.get("x-restli-id", "")
        if not _URN.fullmatch(name):
            return Sent(reply.status)
        return Sent(reply.status, name, f"https://www.linkedin.com/feed/update/{name}/")


@dataclass(frozen=True, slots=True)
class _Upload:
    """Brings a picture to LinkedIn."""

    context: ToolContext
    service: Service
    token: Mapping[str, str]
    versions: Mapping[str, str]

    async def made(self, owner: str, picture: Picture) -> str:
        """The picture's URN, once it is there."""
        headers, body = in_json({"initializeUploadRequest": {"owner": owner}})
        reply = await self.service.call(
            self.context,
            "POST",
            "/rest/images?action=initializeUpload",
            headers={**headers, **self.versions},
            credentials=self.token,
            body=body,
        )
        self.service.taken(reply)
        url, name = reply.text("value", "uploadUrl"), reply.text("value", "image")
        if not self._is_own(url) or not _IMAGE.fullmatch(name):
            raise ToolError("bad_answer", "LinkedIn named no place of its own for the picture.")
        put = await self.service.call(
            self.context,
            "PUT",
            url,
            headers={"Content-Type": "application/octet-stream"},
            credentials=self.token,
            body=picture.data,
            seconds=90,
        )
        self.service.taken(put)
        return name

    def _is_own(self, written: str) -> bool:
        """True for a place that the token may be sent to."""
        try:
            url, base = checked_url(written), checked_url(self.service.base)
        except ToolError:
            return False
        if origin_of(url) == origin_of(base):
            return True
        return url.scheme == "https" and f".{url.host}".endswith(".linkedin.com")
