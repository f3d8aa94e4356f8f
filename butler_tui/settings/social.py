"""`[social]`: the accounts that posts are made from, a table for each network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from butler_tui.settings.section import Origin, Section

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,200}$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{6}$")]
# Not `\w`: all letters of Unicode, so often repeated, take 45 ms to compile at each start.
Author = Annotated[str, Field(pattern=r"^urn:li:(person|organization):[A-Za-z0-9_-]{1,100}$")]
GraphVersion = Annotated[str, Field(pattern=r"^v[0-9]{1,3}\.[0-9]$")]


class XSettings(Section):
    """`[social.x]`: all that X needs are its four secrets."""

    api_base: Origin | None = None


class MastodonSettings(Section):
    """`[social.mastodon]`: the server of the account, and who sees what is posted."""

    server: Origin | None = None
    visibility: Literal["public", "unlisted", "private"] = "public"
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] | None = None


class BlueskySettings(Section):
    """`[social.bluesky]`: the account's handle, its server, and the language of its posts."""

    handle: Name | None = None
    server: Origin = "https://bsky.social"
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None


class LinkedInSettings(Section):
    """`[social.linkedin]`: who posts (`urn:li:person:...` or `urn:li:organization:...`)."""

    author: Author | None = None
    visibility: Literal["PUBLIC", "CONNECTIONS"] = "PUBLIC"
    version: Version = "202609"
    api_base: Origin | None = None


class FacebookSettings(Section):
    """`[social.facebook]`: the page that posts, by its number."""

    page: Annotated[str, Field(pattern=r"^[0-9]{1,30}$")] | None = None
    version: GraphVersion = "v24.0"
    api_base: Origin | None = None


class InstagramSettings(Section):
    """`[social.instagram]`: the professional account that posts, by its number."""

    account: Annotated[str, Field(pattern=r"^[0-9]{1,30}$")] | None = None
    version: GraphVersion = "v24.0"
    api_base: Origin | None = None


class SocialSettings(Section):
    """`[social]`: a table for each network that posts are made on."""

    x: XSettings = XSettings()
    mastodon: MastodonSettings = MastodonSettings()
    bluesky: BlueskySettings = BlueskySettings()
    linkedin: LinkedInSettings = LinkedInSettings()
    facebook: FacebookSettings = FacebookSettings()
    instagram: InstagramSettings = InstagramSettings()
