"""post_social against six networks as they are documented, on loopback."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import Awaitable
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

import pytest
from call_providers import answer_json
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image
from social_networks import DID, PERSON, POSTS, SECRETS, Networks, json_of, parts_in, settings
from tool_context import Context
from web_site import Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, ToolResult
from butler_tui.tools.social import network as network_module
from butler_tui.tools.social import post_social
from butler_tui.tools.social.facets import facets_of, parts_of
from butler_tui.tools.social.lengths import graphemes, links, mastodon_length, x_weight
from butler_tui.tools.social.linkedin import escaped

TEXT_NETWORKS = [name for name in POSTS if name != "instagram"]


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_module, "PAUSES", (0.0,))


@pytest.fixture
def networks(context: Context, web_site: Site) -> Networks:
    """All networks, and a person who is on each."""
    context.origins.clear()  # the addresses in the settings are enough
    context.options |= settings(web_site.origin)
    context.secrets |= SECRETS
    return Networks(web_site)


async def post(context: Context, network: str, text: str = "Hello", **more: Any) -> ToolResult:
    return await post_social.run(context, network, text, **more)


async def preview(context: Context, network: str, text: str = "Hello", **more: Any) -> str:
    assert post_social.preview is not None
    return (await post_social.preview(context, network=network, text=text, **more)).text


async def check(context: Context, network: str, text: str = "Hello", **more: Any) -> None:
    assert post_social.check is not None
    await post_social.check(context, network=network, text=text, **more)


async def error_of(work: Awaitable[Any]) -> ToolError:
    """The ToolError that the work ends with; its message is one sentence without controls."""
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value)[-1] in ".?" and str(caught.value).isprintable()
    return caught.value


def picture(
    context: Context,
    name: str = "a.png",
    size: tuple[int, int] = (4, 3),
    mode: str = "RGB",
    **how: Any,
) -> bytes:
    """A picture in the context's folder; its bytes."""
    kind = {"png": "PNG", "jpg": "JPEG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP"}[
        name.rpartition(".")[2]
    ]
    written = io.BytesIO()
    Image.new(mode, size).save(written, kind, **how)
    (context.folder / name).write_bytes(written.getvalue())
    return written.getvalue()


def test_it_says_what_it_is() -> None:
    assert post_social.signature() == "post_social(network, text, image=None) -> {url}"
    assert (post_social.effect, post_social.again) == (Effect.SEND, Again.ONCE)
    assert (post_social.targets, post_social.recipients) == (("network",), ("network",))
    assert post_social.reaches and not post_social.untrusted


# What each network is sent


async def test_x(context: Context, networks: Networks) -> None:
    data = picture(context)
    result = await post(context, "x", "Hi é", image="a.png")
    assert networks.paths == [("POST", "/2/media/upload"), ("POST", "/2/tweets")]
    upload, sent = networks.site.visits
    parts = parts_in(upload)
    assert parts == {"media_category": (b"tweet_image", "text/plain"), "media": (data, "image/png")}
    assert json_of(sent) == {"text": "Hi é", "media": {"media_ids": ["1146654567674912769"]}}
    for visit in (upload, sent):
        proof = dict(re.findall(r'(\w+)="([^"]*)"', visit.headers["authorization"]))
        assert visit.headers["authorization"].startswith("OAuth ")
        assert (proof["oauth_consumer_key"], proof["oauth_token"]) == ("x-key", "x-token")
        assert proof["oauth_signature_method"] == "HMAC-SHA1"
        assert unquote(proof["oauth_signature"]) == _signature(networks, visit.path, proof)
    assert result.output.url == "https://x.com/i/web/status/1445880548472328192"


def _signature(networks: Networks, path: str, proof: dict[str, str]) -> str:
    """The signature of RFC 5849 for such a request."""
    import base64
    import hashlib
    import hmac
    from urllib.parse import quote

    fields = sorted((name, one) for name, one in proof.items() if name != "oauth_signature")
    normal = "&".join(f"{name}={one}" for name, one in fields)
    base = "&".join(quote(one, "") for one in ("POST", networks.site.origin + path, normal))
    signed = hmac.new(b"x-secret&x-token-secret", base.encode(), hashlib.sha1).digest()
    return base64.b64encode(signed).decode()


async def test_mastodon(context: Context, networks: Networks) -> None:
    context.options |= {
        "social.mastodon.visibility": "unlisted",
        "social.mastodon.language": "en",
    }
    networks.media = 2
    data = picture(context, "a.gif")
    result = await post(context, "mastodon", image="a.gif")
    assert networks.paths == [
        ("POST", "/api/v2/media"),
        ("GET", "/api/v1/media/22345792"),
        ("GET", "/api/v1/media/22345792"),
        ("POST", "/api/v1/statuses"),
    ]
    assert parts_in(networks.site.visits[0]) == {"file": (data, "image/gif")}
    sent = networks.site.visits[-1]
    assert json_of(sent) == {
        "status": "Hello",
        "visibility": "unlisted",
        "language": "en",
        "media_ids": ["22345792"],
    }
    assert sent.headers["idempotency-key"] == "key-1"
    tokens = {one.headers["authorization"] for one in networks.site.visits}
    assert tokens == {"Bearer mastodon-token"}
    assert result.output.url == f"{networks.site.origin}/@me/1032"


async def test_bluesky(context: Context, networks: Networks) -> None:
    context.options["social.bluesky.language"] = "de"
    data = picture(context, size=(8, 6))
    text = "Grüße @anna.example, @nobody.example: https://example.org/a. #tee"
    result = await post(context, "bluesky", text, image="a.png")
    session, *asked = networks.site.visits
    assert json_of(session) == {"identifier": "me.example", "password": "bluesky-password"}
    assert "authorization" not in session.headers
    assert [one.query for one in asked[:2]] == ["handle=anna.example", "handle=nobody.example"]
    upload, sent = asked[2:]
    assert (upload.path, upload.body) == ("/xrpc/com.atproto.repo.uploadBlob", data)
    assert upload.headers["content-type"] == "image/png"
    assert {one.headers["authorization"] for one in (upload, sent)} == {"Bearer jwt-1"}
    value = json_of(sent)
    created = value["record"].pop("createdAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", created)
    blob = {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "image/png", "size": 9}
    shape = {"width": 8, "height": 6}
    kind = "app.bsky.richtext.facet"
    assert value == {
        "repo": DID,
        "collection": "app.bsky.feed.post",
        "record": {
            "$type": "app.bsky.feed.post",
            "text": text,
            "langs": ["de"],
            "facets": [
                {
                    "index": {"byteStart": 8, "byteEnd": 21},
                    "features": [{"$type": f"{kind}#mention", "did": "did:plc:anna"}],
                },
                {
                    "index": {"byteStart": 40, "byteEnd": 61},
                    "features": [{"$type": f"{kind}#link", "uri": "https://example.org/a"}],
                },
                {
                    "index": {"byteStart": 63, "byteEnd": 67},
                    "features": [{"$type": f"{kind}#tag", "tag": "tee"}],
                },
            ],
            "embed": {
                "$type": "app.bsky.embed.images",
                "images": [{"alt": "", "image": blob, "aspectRatio": shape}],
            },
        },
    }
    assert result.output.url == f"https://bsky.app/profile/{DID}/post/3k4duaz5vfs2b"


async def test_linkedin(context: Context, networks: Networks) -> None:
    data = picture(context, "a.jpg")
    result = await post(context, "linkedin", "We (all) win: 50_50 #tea # 1", image="a.jpg")
    begun, upload, sent = networks.site.visits
    assert (begun.path, begun.query) == ("/rest/images", "action=initializeUpload")
    assert json_of(begun) == {"initializeUploadRequest": {"owner": PERSON}}
    assert (upload.method, upload.path, upload.body) == ("PUT", "/dms-uploads/1", data)
    assert json_of(sent) == {
        "author": PERSON,
        "commentary": r"We \(all\) win: 50\_50 #tea \# 1",
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
        "content": {"media": {"id": "urn:li:image:C4E10"}},
    }
    for visit in (begun, sent):
        assert visit.headers["linkedin-version"] == "202609"
        assert visit.headers["x-restli-protocol-version"] == "2.0.0"
    tokens = {one.headers["authorization"] for one in networks.site.visits}
    assert tokens == {"Bearer linkedin-token"}
    share = "urn:li:share:6844785523593134080"
    assert result.output.url == f"https://www.linkedin.com/feed/update/{share}/"


async def test_facebook(context: Context, networks: Networks) -> None:
    result = await post(context, "facebook")
    [sent] = networks.site.visits
    assert (sent.path, json_of(sent)) == ("/v24.0/123/feed", {"message": "Hello"})
    assert sent.headers["authorization"] == "Bearer facebook-token"
    assert result.output.url == "https://www.facebook.com/123_456"


async def test_facebook_with_a_picture(context: Context, networks: Networks) -> None:
    data = picture(context, "a.jpg")
    result = await post(context, "facebook", image="a.jpg")
    [sent] = networks.site.visits
    assert sent.path == "/v24.0/123/photos"
    assert parts_in(sent) == {"message": (b"Hello", "text/plain"), "source": (data, "image/jpeg")}
    assert result.output.url == "https://www.facebook.com/123_457"


def jpeg_at(context: Context, monkeypatch: pytest.MonkeyPatch, data: bytes) -> str:
    """The address of a picture on a web server, which is asked for no look at it."""
    from butler_tui.tools.network import Fetched
    from butler_tui.tools.social import meta

    async def fetch(_context: Any, url: str, **_how: Any) -> Fetched:
        return Fetched(200, url, {}, data)  # type: ignore[arg-type]

    monkeypatch.setattr(meta, "fetch", fetch)
    return "https://pictures.example/a.jpg"


async def test_instagram(
    context: Context, networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = jpeg_at(context, monkeypatch, picture(context, "a.jpg"))
    networks.media = 2
    result = await post(context, "instagram", image=address)
    assert networks.paths == [
        ("POST", "/v24.0/178/media"),
        ("GET", "/v24.0/17889455560051444"),
        ("GET", "/v24.0/17889455560051444"),
        ("POST", "/v24.0/178/media_publish"),
        ("GET", "/v24.0/17895695668004550"),
    ]
    assert json_of(networks.site.visits[0]) == {"image_url": address, "caption": "Hello"}
    assert json_of(networks.site.visits[3]) == {"creation_id": "17889455560051444"}
    assert networks.site.visits[1].query == "fields=status_code"
    tokens = {one.headers["authorization"] for one in networks.site.visits}
    assert tokens == {"Bearer instagram-token"}
    assert result.output.url == "https://www.instagram.com/p/CabcD1/"


async def test_instagram_takes_only_a_jpeg_with_a_public_address(
    context: Context, networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(context, "a.jpg")
    for image, said in (
        (None, "no post without a picture"),
        ("a.jpg", "must have a public address"),
        ("http://pictures.example/a.jpg", "must have a public address"),
    ):
        assert said in str(await error_of(preview(context, "instagram", image=image)))
        assert said in str(await error_of(post(context, "instagram", image=image)))
    private = "https://127.0.0.1/a.jpg"
    error = await error_of(check(context, "instagram", image=private))
    assert error.code == "private_address"
    address = jpeg_at(context, monkeypatch, b"\x89PNG")
    error = await error_of(post(context, "instagram", image=address))
    assert "no JPEG" in str(error)
    assert networks.site.visits == []


async def test_a_picture_that_instagram_cannot_take(
    context: Context, networks: Networks, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = jpeg_at(context, monkeypatch, picture(context, "a.jpg"))
    networks.site.on(
        "/v24.0/17889455560051444", lambda visit: answer_json(visit, {"status_code": "ERROR"})
    )
    assert (await error_of(post(context, "instagram", image=address))).code == "bad_image"
    assert networks.asked(POSTS["instagram"]) == []


# What is shown before


async def test_the_preview_shows_the_account_the_text_and_the_picture(
    context: Context, networks: Networks
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    size = len(picture(context, "a.jpg", exif=exif))
    said = await preview(
        context, "mastodon", "Hi\u202e!\nhttps://example.org/" + "a" * 50, image="a.jpg"
    )
    host = networks.site.origin.removeprefix("http://")
    lines = said.splitlines()
    assert lines[:4] == [
        f"Post on Mastodon: your account on {host}, public",
        "Text (28 of 500 characters by Mastodon's count):",
        "│ Hi⟨U+202E⟩!",
        "│ https://example.org/" + "a" * 50,
    ]
    found = re.fullmatch(
        r"Picture: a\.jpg \(JPEG, 4 by 3, (\d+) bytes; the place where it was taken and its other "
        r"notes are left out\)",
        lines[4],
    )
    assert found and int(found[1]) < size
    assert networks.site.visits == []


@pytest.mark.parametrize(
    ("network", "said"),
    [
        ("x", "Post on X: the account of your access token\nText (5 of 280"),
        ("bluesky", "Post on Bluesky: @me.example\nText (5 of 300"),
        ("linkedin", f"Post on LinkedIn: {PERSON}, public\nText (5 of 3,000"),
        ("facebook", "Post on Facebook: the page 123\nText (5 of 63,206"),
    ],
)
async def test_the_preview_says_who_posts(
    context: Context, networks: Networks, network: str, said: str
) -> None:
    assert (await preview(context, network)).startswith(said)


async def test_instagrams_preview_names_the_address(context: Context, networks: Networks) -> None:
    said = await preview(context, "instagram", image="https://pictures.example/a.jpg")
    assert "Picture: https://pictures.example/a.jpg (must be a JPEG; Instagram fetches" in said


# Pictures


async def test_what_a_picture_says_of_itself_is_not_posted(
    context: Context, networks: Networks
) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "SecretCam"
    exif.get_ifd(0x8825)[1] = "N"
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "SecretCam")
    picture(context, "a.jpg", exif=exif, comment=b"SecretCam")
    picture(context, "a.png", pnginfo=notes)
    picture(context, "a.webp", exif=exif)
    for name in ("a.jpg", "a.png", "a.webp"):
        await post(context, "mastodon", image=name)
        data, _ = parts_in(networks.asked("/api/v2/media")[-1])["file"]
        assert b"SecretCam" in (context.folder / name).read_bytes()
        assert b"SecretCam" not in data
        with Image.open(io.BytesIO(data)) as sent:
            assert sent.size == (4, 3)
            assert dict(sent.getexif()) == ({} if name == "a.png" else {0x0112: 6})


@pytest.mark.parametrize(
    ("network", "name", "how", "said"),
    [
        ("bluesky", "a.png", {"size": (1200, 1200), "compress_level": 0}, "at most 1,000,000"),
        ("facebook", "a.webp", {}, "Facebook takes JPEG, PNG, GIF"),
        ("x", "a.bmp", {}, "is no picture that can be posted"),
        (
            "mastodon",
            "a.png",
            {"size": (8000, 5000), "mode": "1"},
            "more dots than can be posted there",
        ),
    ],
)
async def test_a_picture_that_a_network_does_not_take(
    context: Context, networks: Networks, network: str, name: str, how: Any, said: str
) -> None:
    picture(context, name, **how)
    assert said in str(await error_of(preview(context, network, image=name)))
    assert said in str(await error_of(post(context, network, image=name)))
    assert networks.site.visits == []


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("../a.png", "outside"),
        ("/etc/hostname", "outside"),
        ("nothing.png", "not_found"),
        ("text.png", "bad_image"),
        ("half.png", "bad_image"),
        ("bomb.png", "too_big"),
        ("link.png", "outside"),
        ("https://example.org/a.png", "bad_image"),
        (".", "is_folder"),
        ("a\0b", "bad_path"),
    ],
)
async def test_only_a_picture_in_the_allowed_folders_is_posted(
    context: Context, networks: Networks, image: str, code: str
) -> None:
    whole = picture(context, size=(400, 400), compress_level=0)
    (context.folder / "text.png").write_text("hello")
    (context.folder / "half.png").write_bytes(whole[:-200])
    bomb = bytearray(picture(context, "bomb.png"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    bomb[29:33] = zlib.crc32(bytes(bomb[12:29])).to_bytes(4, "big")
    (context.folder / "bomb.png").write_bytes(bytes(bomb))
    (context.folder / "link.png").symlink_to("/etc/hostname")
    assert (await error_of(preview(context, "mastodon", image=image))).code == code
    assert (await error_of(post(context, "mastodon", image=image))).code == code
    assert networks.site.visits == []


# Texts


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("a" * 280, 280),
        ("日本", 4),
        ("é", 1),
        ("e\u0301", 1),
        ("👩‍👩‍👧‍👦", 2),
        ("🇩🇪", 2),
        ("1\ufe0f\u20e3", 2),
        ("see https://example.org/" + "a" * 100 + ".", 28),
        ("see (https://example.org/a_(b)).", 30),
        ("see example.org/x", 27),
        ("me@example.org", 14),
    ],
)
def test_x_counts_in_its_own_way(text: str, weight: int) -> None:
    assert x_weight(text) == weight


def test_mastodon_counts_in_its_own_way() -> None:
    assert mastodon_length("@anna@example.org hi") == len("@anna hi")
    assert mastodon_length("https://example.org/" + "a" * 100) == 23
    assert graphemes("👩‍👩‍👧‍👦e\u0301") == 2


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ("x", "日" * 141),
        ("mastodon", "a" * 1_001),
        ("bluesky", "a" * 301),
        ("bluesky", "👩‍👩‍👧‍👦" * 200),
        ("linkedin", "a" * 3_001),
        ("facebook", "a" * 63_207),
        ("instagram", "a" * 2_201),
        ("instagram", "#a " * 31),
        ("facebook", "a" * 1_000_000),
    ],
)
async def test_a_text_that_is_too_long(
    context: Context, networks: Networks, network: str, text: str
) -> None:
    error = await error_of(preview(context, network, text, image=None))
    assert error.code == "too_long" and "shorten it" in str(error)
    assert (await error_of(post(context, network, text))).code == "too_long"
    assert networks.asked(POSTS[network]) == []


async def test_a_server_that_allows_longer_texts_is_asked(
    context: Context, networks: Networks
) -> None:
    assert "900 of 1,000" in await preview(context, "mastodon", "a" * 900)
    assert "authorization" not in networks.asked("/api/v2/instance")[0].headers
    networks.site.on("/api/v2/instance", lambda visit: answer_json(visit, ["odd"]))
    assert "of 500" in str(await error_of(preview(context, "mastodon", "a" * 900)))


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "a\x1b[2J", "a\ud800"])
@pytest.mark.parametrize("network", TEXT_NETWORKS)
async def test_a_text_that_is_none(
    context: Context, networks: Networks, network: str, text: str
) -> None:
    assert (await error_of(preview(context, network, text))).code == "bad_arguments"
    assert (await error_of(post(context, network, text))).code == "bad_arguments"
    assert networks.site.visits == []


def test_linkedins_markup_means_itself() -> None:
    assert escaped(r"\ | {a} @[Me](urn:li:person:1) <b> *x* _y_ ~z~ #tag #") == (
        r"\\ \| \{a\} \@\[Me\]\(urn:li:person:1\) \<b\> \*x\* \_y\_ \~z\~ #tag \#"
    )


PIECES = st.sampled_from(
    [
        "https://example.org/ü",
        "@anna.example",
        "#täg",
        " ",
        "é",
        "👩‍👩‍👧‍👦",
        "日本",
        "a",
        ".",
        "(",
        ")",
    ]
)


@examples(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=12).map("".join)))
def test_the_parts_of_a_text_lie_at_their_bytes(text: str) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    end = 0
    for part in parts_of(text):
        assert end <= part.start < part.end <= len(encoded)
        end = part.end
        said = encoded[part.start : part.end].decode()
        assert said == {"link": "", "mention": "@", "tag": said[:1]}[part.kind] + part.value
    for start, stop in links(text):
        assert text[start:stop].lower().startswith(("http://", "https://"))
    assert x_weight(text) >= 0 and mastodon_length(text) >= 0


async def test_a_mention_of_nobody_stays_text() -> None:
    async def nobody(handle: str) -> None:
        return None

    assert await facets_of("hi @anna.example", nobody) == []
    assert parts_of("mail me@anna.example, #1 and a#b") == []


# What goes wrong


def _dropped(visit: BaseHTTPRequestHandler) -> None:
    visit.close_connection = True


@pytest.mark.parametrize("network", POSTS)
@pytest.mark.parametrize("answer", [_dropped, lambda visit: answer_json(visit, {}, 503)])
async def test_no_word_after_the_post_was_sent_is_unknown(
    context: Context,
    networks: Networks,
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    answer: Any,
) -> None:
    networks.site.on(POSTS[network], answer)
    error = await error_of(_post_on(context, monkeypatch, network))
    assert (error.code, error.transient) == ("no_answer", False)
    assert len(networks.asked(POSTS[network])) == 1


async def _post_on(context: Context, monkeypatch: pytest.MonkeyPatch, network: str) -> ToolResult:
    """A post that the network takes by itself."""
    if network != "instagram":
        return await post(context, network)
    address = jpeg_at(context, monkeypatch, picture(context, "a.jpg"))
    return await post(context, network, image=address)


@pytest.mark.parametrize("network", POSTS)
async def test_half_an_answer_is_a_post_without_an_address(
    context: Context, networks: Networks, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    def half(visit: BaseHTTPRequestHandler) -> None:
        visit.wfile.write(b'HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n{"id": "1')
        visit.close_connection = True

    networks.site.on(POSTS[network], half)
    result = await _post_on(context, monkeypatch, network)
    assert result.output.url == ""
    assert result.receipt is not None and "did not say" in result.receipt.summary
    assert post_social.verify is not None
    assert (await post_social.verify(context, result.receipt.facts)).verdict == "verified"


@pytest.mark.parametrize("network", ["x", "mastodon", "bluesky", "linkedin"])
@pytest.mark.parametrize("answer", [_dropped, lambda visit: answer_json(visit, {}, 500)])
async def test_a_picture_that_did_not_arrive_posts_nothing(
    context: Context, networks: Networks, network: str, answer: Any
) -> None:
    picture(context)
    uploads = {
        "x": "/2/media/upload",
        "mastodon": "/api/v2/media",
        "bluesky": "/xrpc/com.atproto.repo.uploadBlob",
        "linkedin": "/dms-uploads/1",
    }
    networks.site.on(uploads[network], answer)
    error = await error_of(post(context, network, image="a.png"))
    assert error.code in ("no_reply", "site_failed")
    assert networks.asked(POSTS[network]) == []


@pytest.mark.parametrize(
    ("network", "status", "value", "code", "said"),
    [
        ("x", 401, {"title": "Unauthorized"}, "key_refused", "`butler secrets set X_ACCESS_TOKEN`"),
        (
            "x",
            403,
            {"detail": "You are not allowed to create a Tweet with duplicate content."},
            "duplicate",
            "has this very post already",
        ),
        (
            "mastodon",
            401,
            {"error": "The access token is invalid"},
            "key_refused",
            "token is invalid; get a new one and keep it with `butler secrets set MASTODON_TOKEN`",
        ),
        ("mastodon", 422, {"error": "Validation failed: Text\x1b[2J"}, "refused", "Text␛[2J"),
        ("bluesky", 400, {"error": "ExpiredToken", "message": "Token"}, "refused", "Token"),
        (
            "linkedin",
            401,
            {"code": "EXPIRED_ACCESS_TOKEN", "message": "expired"},
            "key_refused",
            "`butler secrets set LINKEDIN_TOKEN`",
        ),
        (
            "linkedin",
            422,
            {"message": "Content is a duplicate of urn:li:share:1"},
            "duplicate",
            "change the text",
        ),
        (
            "facebook",
            400,
            {"error": {"message": "Session has expired", "code": 190}},
            "key_refused",
            "`butler secrets set FACEBOOK_PAGE_TOKEN`",
        ),
        (
            "facebook",
            400,
            {"error": {"message": "(#506) Duplicate status message", "code": 506}},
            "duplicate",
            "change the text",
        ),
        ("facebook", 400, {"error": {"message": "limit", "code": 32}}, "rate_limited", "limit"),
        (
            "instagram",
            400,
            {"error": {"message": "x", "error_user_msg": "Too big", "code": 36000}},
            "refused",
            "Too big",
        ),
        ("x", 302, {}, "refused", "status 302"),
        ("x", 400, ["odd"], "refused", "status 400"),
    ],
)
async def test_a_refusal_is_told_plainly(
    context: Context,
    networks: Networks,
    monkeypatch: pytest.MonkeyPatch,
    network: str,
    status: int,
    value: Any,
    code: str,
    said: str,
) -> None:
    networks.site.on(POSTS[network], lambda visit: answer_json(visit, value, status))
    error = await error_of(_post_on(context, monkeypatch, network))
    assert error.code == code and said in str(error)
    assert len(networks.asked(POSTS[network])) == 1


async def test_a_wrong_app_password(context: Context, networks: Networks) -> None:
    value = {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
    path = "/xrpc/com.atproto.server.createSession"
    networks.site.on(path, lambda visit: answer_json(visit, value, 401))
    error = await error_of(post(context, "bluesky"))
    assert error.code == "key_refused" and "set BLUESKY_APP_PASSWORD`" in str(error)
    assert networks.paths == [("POST", path)]


@pytest.mark.parametrize(
    ("network", "header", "reset"),
    [
        ("x", "x-rate-limit-reset", lambda: str(int(time.time()) + 600)),
        ("bluesky", "ratelimit-reset", lambda: str(int(time.time()) + 600)),
        (
            "mastodon",
            "X-RateLimit-Reset",
            lambda: time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + 600)),
        ),
        ("linkedin", "Retry-After", lambda: "600"),
    ],
)
async def test_a_busy_network_says_when(
    context: Context, networks: Networks, network: str, header: str, reset: Any
) -> None:
    headers = {header: reset()}
    networks.site.on(POSTS[network], lambda visit: answer_json(visit, {}, 429, headers))
    error = await error_of(post(context, network))
    assert error.code == "rate_limited" and "try again in 10 minutes" in str(error)


@pytest.mark.parametrize(
    ("network", "path", "value"),
    [
        ("x", "/2/tweets", {"data": {"id": "../evil"}}),
        ("mastodon", "/api/v1/statuses", {"id": "1", "url": "https://evil.example/@me/1"}),
        ("mastodon", "/api/v1/statuses", {"id": "1", "url": "javascript:alert(1)"}),
        ("bluesky", POSTS["bluesky"], {"uri": "at://did:plc:x/app.bsky.feed.post/a b"}),
        ("facebook", "/v24.0/123/feed", {"id": "1@evil.example"}),
    ],
)
async def test_an_address_that_is_not_the_networks_own_is_not_given_out(
    context: Context, networks: Networks, network: str, path: str, value: Any
) -> None:
    networks.site.on(path, lambda visit: answer_json(visit, value))
    assert (await post(context, network)).output.url == ""


async def test_a_token_goes_to_no_other_host(context: Context, networks: Networks) -> None:
    picture(context)
    for url in ("https://evil.example/up", "https://evillinkedin.com/up", "", "http://[bad"):
        value = {"value": {"uploadUrl": url, "image": "urn:li:image:C4E10"}}
        networks.site.on("/rest/images", lambda visit, value=value: answer_json(visit, value))
        assert (await error_of(post(context, "linkedin", image="a.png"))).code == "bad_answer"
    context.options["social.mastodon.server"] = "http://mastodon.example"
    assert (await error_of(post(context, "mastodon"))).code == "not_encrypted"
    context.options["social.mastodon.server"] = "http://127.0.0.1:9"
    assert (await error_of(post(context, "mastodon"))).code == "unreachable"


async def test_cancelling_ends_it(context: Context, networks: Networks) -> None:
    arrived = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(visit: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(arrived.set)
        visit.connection.recv(1)  # returns when the client leaves
        visit.close_connection = True

    networks.site.on("/2/tweets", silent)
    task = asyncio.create_task(post(context, "x"))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Ready or not


class Equipped:
    """A setup with these options and secrets."""

    def __init__(self, options: dict[str, str], *secrets: str) -> None:
        self.options, self.secrets = options, secrets

    def option(self, name: str) -> str | None:
        return self.options.get(name)

    def has_secret(self, name: str) -> bool:
        return name in self.secrets

    def program(self, *names: str) -> str | None:
        return None

    def package(self, name: str) -> bool:
        return False


MASTODON = {"social.mastodon.server": "https://mastodon.example"}
X_SECRETS = tuple(name for name in SECRETS if name.startswith("X_"))


@pytest.mark.parametrize(
    ("options", "secrets", "said"),
    [
        ({}, (), "No social network is set up"),
        (MASTODON, (), "`butler secrets set MASTODON_TOKEN` makes it ready"),
        (MASTODON, ("MASTODON_TOKEN",), "None"),
        ({}, X_SECRETS[:2], "`butler secrets set X_ACCESS_TOKEN` makes it ready"),
        ({}, X_SECRETS, "None"),
    ],
)
def test_it_is_ready_as_soon_as_one_network_is(
    options: dict[str, str], secrets: tuple[str, ...], said: str
) -> None:
    assert post_social.wants is not None
    assert said in str(post_social.wants(Equipped(options, *secrets)))


async def test_a_network_that_is_not_set_up_is_refused_with_what_it_lacks(
    context: Context, networks: Networks
) -> None:
    del context.options["social.mastodon.server"], context.secrets["LINKEDIN_TOKEN"]
    for work in (check(context, "mastodon"), preview(context, "mastodon")):
        assert "set server under [social.mastodon]" in str(await error_of(work))
    error = await error_of(check(context, "linkedin"))
    assert "`butler secrets set LINKEDIN_TOKEN`" in str(error)
    assert "`butler secrets set LINKEDIN_TOKEN`" in str(await error_of(post(context, "linkedin")))
    await check(context, "x")
    assert networks.site.visits == []
