"""post_social: a text, and a picture where it is meant, on a network of the person's."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel

from butler_tui.core.clean import marked, visible
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.readiness import Missing, Setup
from butler_tui.core.tool import Again, Effect, Preview, Receipt, ToolContext, ToolResult, tool
from butler_tui.tools.addresses import checked_url
from butler_tui.tools.beforehand import check_address
from butler_tui.tools.receipts import answered_well
from butler_tui.tools.social.bluesky import Bluesky
from butler_tui.tools.social.linkedin import LinkedIn
from butler_tui.tools.social.mastodon import Mastodon
from butler_tui.tools.social.meta import Facebook, Instagram
from butler_tui.tools.social.network import Measure, Network, Options, Post
from butler_tui.tools.social.pictures import picture_at
from butler_tui.tools.social.x import X

Name = Literal["x", "mastodon", "bluesky", "linkedin", "facebook", "instagram"]
NETWORKS: Mapping[Name, Network] = {
    "x": X(),
    "mastodon": Mastodon(),
    "bluesky": Bluesky(),
    "linkedin": LinkedIn(),
    "facebook": Facebook(),
    "instagram": Instagram(),
}
LONGEST = 100_000
_UNFIT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Posted(BaseModel):
    """Where the post is; empty where the network did not say."""

    url: str


@tool(
    effect=Effect.SEND,
    again=Again.ONCE,
    timeout=300,
    at_once=1,
    reaches=True,
    targets=("network",),
)
async def post_social(
    context: ToolContext,
    network: Annotated[Name, "where to post"],
    text: Annotated[str, "what to post"],
    image: Annotated[str | None, "a picture's file; for Instagram its public web address"] = None,
) -> Annotated[ToolResult, Posted]:
    """Post a text on a social network, with a picture where one is given: the post's address."""
    where = NETWORKS[network]
    post, _ = await _ready_post(context, network, text, image)
    context.progress(f"posting on {where.title}")
    sent = await where.send(context, post)
    facts: dict[str, Json] = {
        "network": network,
        "url": sent.url,
        "id": sent.id,
        "status": sent.status,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
    if post.picture is not None:
        facts["image_sha256"] = hashlib.sha256(post.picture.data).hexdigest()
    at = f" at {sent.url}" if sent.url else f"; {where.title} did not say at which address"
    return ToolResult(Posted(url=sent.url), Receipt(f"posted on {where.title}{at}", facts))


post_social.verifies(answered_well)


@post_social.previews
async def _(context: ToolContext, network: Name, text: str, image: str | None = None) -> Preview:
    where = NETWORKS[network]
    post, measure = await _ready_post(context, network, text, image)
    lines = [f"Post on {where.title}: {where.account(context.option)}"]
    if post.text:
        lines += [f"Text ({measure}):", *marked(visible(post.text))]
    if post.picture is not None:
        lines.append(f"Picture: {post.picture}")
    if post.link is not None:
        lines.append(f"Picture: {post.link} (must be a JPEG; {where.title} fetches it itself)")
    return Preview("\n".join(lines))


@post_social.checks
async def _(context: ToolContext, network: Name, text: str, image: str | None = None) -> None:
    _check_set_up(context.option, network)
    for name in NETWORKS[network].secrets:
        if not await asyncio.to_thread(context.secret, name):
            raise ToolError("not_set_up", str(_without_secret(network, name)))
    if NETWORKS[network].pictures is None and image is not None:
        await check_address(context, image)


@post_social.ready
def _(setup: Setup) -> Missing | None:
    """Ready as soon as one network is."""
    lacking = [_missing(setup, name) for name in NETWORKS]
    if any(one is None for one in lacking):
        return None
    begun = [
        one
        for name, one in zip(NETWORKS, lacking, strict=True)
        if one is not None and one.command and _is_begun(setup, name)
    ]
    if begun:
        return begun[0]
    return Missing(
        "No social network is set up: name an account under [social] in config.toml (such as "
        "[social.mastodon] server) and keep its token."
    )


def _is_begun(setup: Setup, name: Name) -> bool:
    """True for a network of which something is there already."""
    where = NETWORKS[name]
    return bool(where.needs) or any(setup.has_secret(one) for one in where.secrets)


def _missing(setup: Setup, name: Name) -> Missing | None:
    """What keeps posts from that network; None where nothing does."""
    if lacking := _unset(setup.option, name):
        return Missing(lacking)
    absent = [one for one in NETWORKS[name].secrets if not setup.has_secret(one)]
    return _without_secret(name, absent[0]) if absent else None


def _without_secret(network: Name, secret: str) -> Missing:
    return Missing(f"{NETWORKS[network].title} wants {secret}.", f"butler secrets set {secret}")


def _unset(option: Options, network: Name) -> str:
    """The setting that a network lacks, in a sentence that says where it goes."""
    where = NETWORKS[network]
    for name in where.needs:
        if not option(name):
            table, _, key = name.rpartition(".")
            return f"{where.title} is not set up: set {key} under [{table}] in config.toml."
    return ""


def _check_set_up(option: Options, network: Name) -> None:
    if lacking := _unset(option, network):
        raise ToolError("not_set_up", lacking)


async def _ready_post(
    context: ToolContext, network: Name, text: str, image: str | None
) -> tuple[Post, Measure]:
    """The post as the network takes it, and its length there. Raises ToolError."""
    where = NETWORKS[network]
    _check_set_up(context.option, network)
    _check_text(text, has_image=image is not None)
    measure = await where.measure(context, text)
    if measure.length > measure.most:
        raise ToolError(
            "too_long", f"The text is too long for {where.title} ({measure}); shorten it."
        )
    if where.pictures is None:
        return Post(text, link=_address(where.title, image)), measure
    if image is None:
        return Post(text), measure
    picture = await asyncio.to_thread(picture_at, context, image, where.title, where.pictures)
    return Post(text, picture), measure


def _check_text(text: str, *, has_image: bool) -> None:
    if len(text) > LONGEST:
        raise ToolError("too_long", f"The text is longer than {LONGEST:,} characters; shorten it.")
    if _UNFIT.search(text):
        raise ToolError(
            "bad_arguments", "The text holds a character that no network shows; leave it out."
        )
    if not text.strip() and not has_image:
        raise ToolError("bad_arguments", "There is nothing to post; give a text.")


def _address(title: str, image: str | None) -> str:
    """The public address of a picture, for a network that fetches it itself."""
    if image is None:
        raise ToolError(
            "bad_image", f"{title} takes no post without a picture; give its public web address."
        )
    if not image.lower().startswith("https://"):
        raise ToolError(
            "bad_image",
            f"{title} fetches a picture itself, so it must have a public address; put the file "
            "on a web server and give its https:// address.",
        )
    return str(checked_url(image))
