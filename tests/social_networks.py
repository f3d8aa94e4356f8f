"""Six social networks as their documentation shows them, on a web site of a test.

    networks = Networks(site)

Everything that was asked is in `site.visits`.
"""

from __future__ import annotations

import email
import email.policy
import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from call_providers import answer_json
from web_site import Site, Visit

DID = "did:plc:abc123"
PERSON = "urn:li:person:me1"
SECRETS = {
    "X_API_KEY": "x-key",
    "X_API_SECRET": "x-secret",
    "X_ACCESS_TOKEN": "x-token",
    "X_ACCESS_TOKEN_SECRET": "x-token-secret",
    "MASTODON_TOKEN": "mastodon-token",
    "BLUESKY_APP_PASSWORD": "bluesky-password",
    "LINKEDIN_TOKEN": "linkedin-token",
    "FACEBOOK_PAGE_TOKEN": "facebook-token",
    "INSTAGRAM_TOKEN": "instagram-token",
}
POSTS = {
    "x": "/2/tweets",
    "mastodon": "/api/v1/statuses",
    "bluesky": "/xrpc/com.atproto.repo.createRecord",
    "linkedin": "/rest/posts",
    "facebook": "/v24.0/123/feed",
    "instagram": "/v24.0/178/media_publish",
}
"""Where each network takes a post."""


def settings(origin: str) -> dict[str, str]:
    """The settings of a person who is on all of them."""
    return {
        "social.x.api_base": origin,
        "social.mastodon.server": origin,
        "social.bluesky.handle": "me.example",
        "social.bluesky.server": origin,
        "social.linkedin.author": PERSON,
        "social.linkedin.version": "202609",
        "social.linkedin.api_base": origin,
        "social.facebook.page": "123",
        "social.facebook.version": "v24.0",
        "social.facebook.api_base": origin,
        "social.instagram.account": "178",
        "social.instagram.version": "v24.0",
        "social.instagram.api_base": origin,
    }


def parts_in(visit: Visit) -> dict[str, tuple[bytes, str]]:
    """The parts of a form with a file, each with its content type."""
    kind = visit.headers["content-type"].encode()
    whole = email.message_from_bytes(
        b"Content-Type: " + kind + b"\r\n\r\n" + visit.body, policy=email.policy.HTTP
    )
    return {
        str(part.get_param("name", header="content-disposition")): (
            part.get_payload(decode=True) or b"",
            part.get_content_type(),
        )
        for part in whole.iter_parts()  # type: ignore[attr-defined]
    }


@dataclass
class Networks:
    """All six, which take every post; `media` is how often a picture is not ready yet."""

    site: Site
    media: int = 1
    bodies: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        site = self.site
        self._gives("/2/media/upload", {"data": {"id": "1146654567674912769", "media_key": "3_1"}})
        self._gives("/2/tweets", {"data": {"id": "1445880548472328192", "text": "t"}}, 201)
        self._gives("/api/v2/media", {"id": "22345792", "type": "image", "url": None}, 202)
        site.on("/api/v1/media/22345792", self._media)
        self._gives(
            "/api/v1/statuses", {"id": "103254962155278888", "url": f"{site.origin}/@me/1032"}
        )
        limits = {"configuration": {"statuses": {"max_characters": 1_000}}}
        self._gives("/api/v2/instance", limits)
        session = {"accessJwt": "jwt-1", "refreshJwt": "jwt-2", "did": DID, "handle": "me.example"}
        self._gives("/xrpc/com.atproto.server.createSession", session)
        blob = {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 9}
        self._gives("/xrpc/com.atproto.repo.uploadBlob", {"blob": blob})
        site.on("/xrpc/com.atproto.identity.resolveHandle", self._resolve)
        record = {"uri": f"at://{DID}/app.bsky.feed.post/3k4duaz5vfs2b", "cid": "bafy"}
        self._gives(POSTS["bluesky"], record)
        upload = {"uploadUrl": f"{site.origin}/dms-uploads/1", "image": "urn:li:image:C4E10"}
        self._gives("/rest/images", {"value": upload})
        self._gives("/dms-uploads/1", {}, 201)
        self._gives("/rest/posts", {}, 201, {"x-restli-id": "urn:li:share:6844785523593134080"})
        self._gives("/v24.0/123/feed", {"id": "123_456"})
        self._gives("/v24.0/123/photos", {"id": "789", "post_id": "123_457"})
        self._gives("/v24.0/178/media", {"id": "17889455560051444"})
        site.on("/v24.0/17889455560051444", self._container)
        self._gives("/v24.0/178/media_publish", {"id": "17895695668004550"})
        self._gives(
            "/v24.0/17895695668004550",
            {"permalink": "https://www.instagram.com/p/CabcD1/", "id": "17895695668004550"},
        )

    def asked(self, path: str) -> list[Visit]:
        """What was asked of that path."""
        return [one for one in self.site.visits if one.path == path]

    @property
    def paths(self) -> list[tuple[str, str]]:
        """Everything that was asked."""
        return [(one.method, one.path) for one in self.site.visits]

    def _gives(self, path: str, value: Any, status: int = 200, headers: Any = None) -> None:
        self.site.on(path, lambda visit: answer_json(visit, value, status, headers))

    def _media(self, visit: BaseHTTPRequestHandler) -> None:
        self.media -= 1
        answer_json(visit, {"id": "22345792"}, 206 if self.media > 0 else 200)

    def _container(self, visit: BaseHTTPRequestHandler) -> None:
        self.media -= 1
        code = "IN_PROGRESS" if self.media > 0 else "FINISHED"
        answer_json(visit, {"status_code": code, "id": "17889455560051444"})

    def _resolve(self, visit: BaseHTTPRequestHandler) -> None:
        if visit.path.endswith("handle=anna.example"):
            answer_json(visit, {"did": "did:plc:anna"})
        else:
            answer_json(visit, {"error": "InvalidRequest", "message": "no such handle"}, 400)


def json_of(visit: Visit) -> Any:
    """The JSON that was sent."""
    return json.loads(visit.body)
