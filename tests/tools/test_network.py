"""The guarded HTTP client, against a site on loopback that the settings allow or do not."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.tools.bodies import BITE, Decoder
from butler_tui.tools.network import Fetched, client, fetch

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


def names(*answers: Sequence[str]) -> tuple[Resolve, list[str]]:
    """A resolver that gives these answers in turn, the last one for ever, and what it was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


async def error_of(work: Awaitable[Any]) -> ToolError:
    """The ToolError that the work ends with; its message is one sentence without controls."""
    with pytest.raises(ToolError) as caught:
        await work
    message = str(caught.value)
    assert message.endswith(".") and message.isprintable()
    return caught.value


def raw(*blocks: bytes, hang_up: bool = True) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer written byte by byte."""

    def answer(visit: BaseHTTPRequestHandler) -> None:
        for block in blocks:
            visit.wfile.write(block)
        visit.wfile.flush()
        visit.close_connection = hang_up

    return answer


# What is reached


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.1.2.3", "169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::"],
)
async def test_a_name_that_leads_to_a_private_address_is_refused(
    context: Any, web_site: Site, address: str
) -> None:
    resolve, _ = names([address])
    error = await error_of(fetch(context, f"http://site.test:{web_site.port}/", resolve=resolve))
    assert error.code == "private_address"
    assert f'"http://site.test:{web_site.port}" to [network] allow' in str(error)
    assert web_site.visits == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1", "0"])
async def test_loopback_in_any_spelling_is_refused(context: Any, host: str) -> None:
    with Running() as site:
        error = await error_of(fetch(context, f"http://{host}:{site.port}/"))
        assert error.code == "private_address"
        assert site.visits == []


async def test_one_private_answer_among_public_ones_is_enough(context: Any, web_site: Site) -> None:
    resolve, _ = names(["93.184.216.34", "127.0.0.1"])
    error = await error_of(fetch(context, f"http://site.test:{web_site.port}/", resolve=resolve))
    assert error.code == "private_address"


async def test_the_name_is_looked_up_once_and_kept_in_the_host_header(
    context: Any, web_site: Site
) -> None:
    """An answer that changes on the second look-up changes nothing: there is no second one."""
    web_site.page("/", "hello")
    origin = f"http://site.test:{web_site.port}"
    resolve, asked = names(["127.0.0.1"], ["192.0.2.1"])
    answer = await fetch(context, f"{origin}/", meant=[origin], resolve=resolve)
    assert answer.text == "hello"
    assert asked == ["site.test"]
    assert web_site.visits[0].headers["host"] == f"site.test:{web_site.port}"


async def test_an_address_that_does_not_answer_gives_way_to_the_next(
    context: Any, web_site: Site
) -> None:
    web_site.page("/", "hello")
    origin = f"http://site.test:{web_site.port}"
    resolve, _ = names(["::1", "127.0.0.1"])  # the site listens on IPv4 only
    assert (await fetch(context, origin, meant=[origin], resolve=resolve)).text == "hello"


async def test_an_exception_holds_for_its_exact_origin(context: Any, web_site: Site) -> None:
    web_site.page("/", "hello")
    assert (await fetch(context, web_site.origin)).text == "hello"
    error = await error_of(fetch(context, f"http://localhost:{web_site.port}/"))
    assert error.code == "private_address"
    error = await error_of(fetch(context, f"https://127.0.0.1:{web_site.port}/"))
    assert error.code == "private_address"


async def test_proxies_of_the_environment_are_not_used(
    context: Any, web_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    web_site.page("/", "hello")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert (await fetch(context, web_site.origin)).text == "hello"


async def test_the_client_refuses_credentials_in_a_url(context: Any, web_site: Site) -> None:
    async with client(context) as http:
        error = await error_of(http.get(f"http://user:pass@127.0.0.1:{web_site.port}/"))
    assert error.code == "bad_url"
    assert "pass" not in str(error).replace("password", "")
    assert web_site.visits == []


async def test_the_client_raises_what_httpx_raises(context: Any, web_site: Site) -> None:
    web_site.on("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"))
    async with client(context) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(web_site.origin)


# Redirects


async def test_redirects_are_followed_to_the_page(context: Any, web_site: Site) -> None:
    web_site.page("/a", status=301, headers={"Location": "/b"})
    web_site.page("/b", status=302, headers={"Location": f"{web_site.origin}/c d"})
    web_site.page("/c%20d", "here")
    answer = await fetch(context, f"{web_site.origin}/a")
    assert (answer.text, answer.url.path) == ("here", "/c d")


async def test_five_redirects_are_followed_and_six_are_not(context: Any, web_site: Site) -> None:
    for number in range(6):
        web_site.page(f"/{number}", status=302, headers={"Location": f"/{number + 1}"})
    web_site.page("/6", "far")
    assert (await fetch(context, f"{web_site.origin}/1")).text == "far"
    error = await error_of(fetch(context, f"{web_site.origin}/0"))
    assert error.code == "too_many_redirects"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "private_address"),
        ("http://127.0.0.1:9/", "private_address"),
        ("http://[::ffff:127.0.0.1]:9/", "private_address"),
        ("//localhost:9/", "private_address"),
        ("file:///etc/passwd", "bad_url"),
        ("http://good.example@127.0.0.1/", "bad_url"),
        ("//good.example\\@127.0.0.1/", "bad_url"),
    ],
)
async def test_a_redirect_is_checked_like_any_address(
    context: Any, web_site: Site, location: str, code: str
) -> None:
    web_site.page("/", status=302, headers={"Location": location})
    assert (await error_of(fetch(context, web_site.origin))).code == code


async def test_secrets_do_not_follow_a_redirect_to_another_origin(
    context: Any, web_site: Site
) -> None:
    headers = {"Authorization": "Bearer s3", "Cookie": "a=b", "X-Api-Key": "k", "Accept": "a/b"}
    with Running() as other:
        context.origins.append(other.origin)
        web_site.page("/a", status=307, headers={"Location": "/b", "Set-Cookie": "s=1; Path=/"})
        web_site.page("/b", status=307, headers={"Location": f"{other.origin}/c"})
        other.page("/c", "done")
        await fetch(context, f"{web_site.origin}/a", headers=headers)
    second, third = web_site.visits[1], other.visits[0]
    assert second.headers["authorization"] == "Bearer s3"
    assert not {"authorization", "x-api-key"} & set(third.headers)
    assert "a=b" not in third.headers.get("cookie", "")
    assert third.headers["accept"] == "a/b"


async def test_what_sends_is_not_redirected(context: Any, web_site: Site) -> None:
    web_site.page("/a", status=307, headers={"Location": "/b"})
    answer = await fetch(context, f"{web_site.origin}/a", method="POST", body=b"x")
    assert answer.status == 307
    assert [visit.path for visit in web_site.visits] == ["/a"]


# Limits


def bomb(size: int) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join(squeeze.compress(zeros) for _ in range(size >> 20)) + squeeze.flush()


async def test_a_gzip_bomb_is_stopped(context: Any, web_site: Site) -> None:
    web_site.page("/", bomb(100 << 20), headers={"Content-Encoding": "gzip"})
    error = await error_of(fetch(context, web_site.origin))
    assert error.code == "too_big"


def test_a_bomb_comes_out_in_small_pieces() -> None:
    squeezed = bomb(8 << 20)
    pieces = [len(piece) for piece in Decoder("gzip").feed(squeezed)]
    assert (max(pieces) <= BITE, sum(pieces)) == (True, 8 << 20)


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress", "x"])
async def test_an_encoding_that_was_not_asked_for_is_refused(
    context: Any, web_site: Site, encoding: str
) -> None:
    web_site.page("/", gzip.compress(b"x"), headers={"Content-Encoding": encoding})
    assert (await error_of(fetch(context, web_site.origin))).code == "bad_encoding"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", b"hello"),
        ("identity", b"hello"),
        ("gzip", gzip.compress(b"hello")),
        ("X-GZIP", gzip.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello", wbits=-15)),
    ],
)
async def test_encodings_are_undone(
    context: Any, web_site: Site, encoding: str, body: bytes
) -> None:
    web_site.page("/", body, headers={"Content-Encoding": encoding} if encoding else {})
    assert (await fetch(context, web_site.origin)).body == b"hello"


@pytest.mark.parametrize(
    ("body", "code", "transient"),
    [
        (b"\x1f\x8b no gzip at all", "bad_encoding", False),
        (gzip.compress(b"hello" * 1000)[:-12], "connection_lost", True),
    ],
)
async def test_broken_compression(
    context: Any, web_site: Site, body: bytes, code: str, transient: bool
) -> None:
    web_site.page("/", body, headers={"Content-Encoding": "gzip"})
    error = await error_of(fetch(context, web_site.origin))
    assert (error.code, error.transient) == (code, transient)


async def test_an_endless_answer_is_cut_at_the_limit(context: Any, web_site: Site) -> None:
    def endless(visit: BaseHTTPRequestHandler) -> None:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            visit.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    web_site.on("/", endless)
    assert (await error_of(fetch(context, web_site.origin, limit=300_000))).code == "too_big"


async def test_an_answer_that_says_it_is_too_big_is_not_read(context: Any, web_site: Site) -> None:
    web_site.on("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", hang_up=False))
    error = await error_of(fetch(context, web_site.origin))
    assert error.code == "too_big"
    assert "10 MB" in str(error)


async def test_a_head_request_may_announce_any_size(context: Any, web_site: Site) -> None:
    web_site.on("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"))
    answer = await fetch(context, web_site.origin, method="HEAD")
    assert answer.headers["content-length"] == "99999999999"


async def test_a_slow_drip_ends_in_time(context: Any, web_site: Site) -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    def drip(visit: BaseHTTPRequestHandler) -> None:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        visit.connection.settimeout(0.02)
        try:
            while True:
                visit.wfile.write(b"x")
                try:
                    if not visit.connection.recv(1):
                        break
                except TimeoutError:
                    continue
        finally:
            loop.call_soon_threadsafe(done.set)

    web_site.on("/", drip)
    error = await error_of(fetch(context, web_site.origin, seconds=0.3))
    assert (error.code, error.transient) == ("timeout", True)
    await done.wait()  # the connection was closed


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-Flood: yyyyyyyyyyyyyyy\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 banana\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["a long header", "many headers", "no status", "bad chunk"],
)
async def test_what_is_not_proper_http_is_refused(
    context: Any, web_site: Site, answer: bytes
) -> None:
    web_site.on("/", raw(answer))
    error = await error_of(fetch(context, web_site.origin))
    assert (error.code, error.transient) == ("bad_answer", False)


# What goes wrong


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_breaks_off(
    context: Any, web_site: Site, answer: bytes, method: str
) -> None:
    """Reading may be tried again; what was sent may have arrived, so that is never transient."""
    web_site.on("/", raw(answer))
    error = await error_of(fetch(context, web_site.origin, method=method))
    expected = ("connection_lost", True) if method == "GET" else ("no_answer", False)
    assert (error.code, error.transient) == expected


async def test_a_reset_connection_is_transient(context: Any, web_site: Site) -> None:
    def reset(visit: BaseHTTPRequestHandler) -> None:
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        visit.close_connection = True

    web_site.on("/", reset)
    error = await error_of(fetch(context, web_site.origin))
    assert (error.code, error.transient) == ("connection_lost", True)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_port_where_nobody_listens(context: Any, method: str) -> None:
    with Running() as site:
        context.origins.append(site.origin)
    error = await error_of(fetch(context, site.origin, method=method))
    assert (error.code, error.transient) == ("unreachable", True)


@pytest.mark.parametrize(
    ("number", "transient"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)]
)
async def test_a_host_that_is_not_known(context: Any, number: int, transient: bool) -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(number, "no luck")

    error = await error_of(fetch(context, "https://nowhere.test/x?key=s3", resolve=resolve))
    assert (error.code, error.transient) == ("unknown_host", transient)
    assert "https://nowhere.test/x" in str(error) and "s3" not in str(error)


async def test_a_host_without_an_address_or_with_too_long_a_name(context: Any) -> None:
    resolve, _ = names([])
    assert (await error_of(fetch(context, "http://a.test", resolve=resolve))).code == "unknown_host"
    assert (await error_of(fetch(context, f"http://{'a' * 70}.test"))).code == "unknown_host"


async def test_cancelling_ends_the_fetch(context: Any, web_site: Site) -> None:
    asked = asyncio.Event()
    left = asyncio.Event()
    loop = asyncio.get_running_loop()

    def silent(visit: BaseHTTPRequestHandler) -> None:
        loop.call_soon_threadsafe(asked.set)
        visit.connection.recv(1)  # returns when the client leaves
        loop.call_soon_threadsafe(left.set)
        visit.close_connection = True

    web_site.on("/", silent)
    task = asyncio.create_task(fetch(context, web_site.origin))
    await asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await left.wait()


# TLS


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this machine trusts for one test."""
    made = trustme.CA()
    file = tmp_path / "trusted.pem"
    made.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return made


def tls(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def visit_site(context: Any, certificate: trustme.LeafCert, host: str) -> Fetched:
    """Fetch from a TLS site that stands at 127.0.0.1 under the host's name."""
    with Running(tls(certificate), host) as site:
        site.page("/", "secret")
        resolve, _ = names(["127.0.0.1"])
        return await fetch(context, site.origin, meant=[site.origin], resolve=resolve)


async def test_a_certificate_is_checked_against_the_name_not_the_address(
    context: Any, authority: trustme.CA
) -> None:
    answer = await visit_site(context, authority.issue_cert("site.test"), "site.test")
    assert answer.text == "secret"


async def test_certificates_that_prove_nothing(context: Any, authority: trustme.CA) -> None:
    from datetime import UTC, datetime, timedelta

    past = datetime.now(UTC) - timedelta(days=1)
    wrong = {
        "mismatch": authority.issue_cert("other.test"),
        "expired": authority.issue_cert("site.test", not_after=past),
        "certificate": trustme.CA().issue_cert("site.test"),
    }
    for word, certificate in wrong.items():
        error = await error_of(visit_site(context, certificate, "site.test"))
        assert (error.code, error.transient) == ("bad_certificate", False)
        assert word in str(error)


async def test_a_redirect_from_https_to_http_is_refused(
    context: Any, authority: trustme.CA, web_site: Site
) -> None:
    with Running(tls(authority.issue_cert("localhost")), "localhost") as site:
        context.origins.append(site.origin)
        site.page("/", status=302, headers={"Location": web_site.origin})
        error = await error_of(fetch(context, site.origin))
    assert error.code == "downgrade"
    assert web_site.visits == []


async def test_a_site_that_speaks_no_tls(context: Any, web_site: Site) -> None:
    origin = web_site.origin.replace("http:", "https:")
    error = await error_of(fetch(context, origin, meant=[origin]))
    assert error.code in ("tls_failed", "unreachable")


# Text


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("grün".encode(), "text/plain", "grün"),
        ("grün".encode("latin-1"), "text/plain; charset=ISO-8859-1", "grün"),
        ("grün".encode("latin-1"), "text/plain", "grün"),
        ("€".encode("cp1252"), "text/plain; charset=latin1", "€"),
        ("grün".encode("utf-16"), "text/plain", "grün"),
        (b"\xef\xbb\xbfgr", "text/plain; charset=latin1", "gr"),
        ("日本".encode("shift_jis"), "text/html; charset='Shift_JIS'", "日本"),
        (b'<meta charset="koi8-r">\xc1', "text/html", '<meta charset="koi8-r">\u0430'),
        (b'say charset="koi8-r" \xe4', "text/plain", 'say charset="koi8-r" ä'),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"\\x41", "text/html; charset=unicode_escape", "\\x41"),
        (b"abc", "text/html; charset=zip", "abc"),
        (b"abc", "text/html; charset=no-such-thing", "abc"),
        (b"a\xffb", "text/html; charset=utf-8", "a\ufffdb"),
    ],
)
async def test_text_is_read_in_its_character_set(
    context: Any, web_site: Site, body: bytes, kind: str, text: str
) -> None:
    web_site.page("/", body, kind=kind)
    assert (await fetch(context, web_site.origin)).text == text
