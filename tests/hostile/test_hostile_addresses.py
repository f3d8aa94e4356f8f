# ruff: noqa: RUF001  (letters in disguise are what is tested)
"""Hostile addresses: each ends in a refusal, and no connection reaches what is forbidden."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from web_site import Running, Site
from world import SECRET, World

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Tool
from butler_tui.tools import guard
from butler_tui.tools.downloads import download_file
from butler_tui.tools.web import http_request, read_page

Names = dict[str, Sequence[str]]


class Listener:
    """A forbidden server on loopback that counts who connects."""

    def __init__(self) -> None:
        self._sockets = [self._listening(socket.AF_INET, "127.0.0.1", 0)]
        self.port: int = self._sockets[0].getsockname()[1]
        with suppress(OSError):  # a machine without IPv6
            self._sockets.append(self._listening(socket.AF_INET6, "::1", self.port))
        self.connections = 0
        self._threads = [threading.Thread(target=self._count, args=[one]) for one in self._sockets]
        for thread in self._threads:
            thread.start()

    def _listening(self, family: int, host: str, port: int) -> socket.socket:
        made = socket.socket(family)
        made.bind((host, port))
        made.listen()
        return made

    def _count(self, server: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                server.accept()[0].close()
                self.connections += 1

    def close(self) -> int:
        """Stop, and say how many came; whoever connected before is counted."""
        for one in self._sockets:
            one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()
        return self.connections


@pytest.fixture
def forbidden() -> Iterator[Listener]:
    """The server that nothing may reach: the test fails when anything did."""
    listener = Listener()
    yield listener
    assert listener.close() == 0


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    """A site on loopback that the settings allow."""
    with Running() as running:
        world.context.origins.append(running.origin)
        yield running


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """What the name server says; a name that is not in it does not exist."""
    known: Names = {}
    asked: dict[str, int] = {}

    async def resolve(host: str, port: int) -> Sequence[str]:
        if host not in known:
            return await system(host, port)
        asked[host] = asked.get(host, 0) + 1
        found = known[host]
        return [found[min(asked[host], len(found)) - 1]] if isinstance(found, tuple) else found

    system = guard.system_resolver
    monkeypatch.setattr(guard, "system_resolver", resolve)
    return known


CALLS: dict[str, tuple[Tool, Callable[[str], dict[str, Any]]]] = {
    "read": (read_page, lambda url: {"url": url}),
    "download": (download_file, lambda url: {"url": url, "path": "got.bin"}),
    "get": (http_request, lambda url: {"method": "GET", "url": url}),
    "post": (http_request, lambda url: {"method": "POST", "url": url, "body": "x"}),
}

WRITTEN = {
    "loopback": ("http://127.0.0.1:{port}/", "private_address"),
    "loopback by name": ("http://localhost:{port}/", "private_address"),
    "loopback with a dot": ("http://localhost.:{port}/", "private_address unknown_host"),
    "another loopback": ("http://127.9.9.9:{port}/", "private_address"),
    "hexadecimal": ("http://0x7f.1:{port}/", "private_address"),
    "one number": ("http://2130706433:{port}/", "private_address"),
    "octal": ("http://0177.0.0.1:{port}/", "bad_url"),
    "short": ("http://127.1:{port}/", "private_address"),
    "zero": ("http://0:{port}/", "private_address"),
    "full-width digits": ("http://１２７.0.0.1:{port}/", "bad_url"),
    "circled digits": ("http://①②⑦.0.0.1:{port}/", "bad_url"),
    "ideographic dots": ("http://127。0。0。1:{port}/", "private_address"),
    "IPv6 loopback": ("http://[::1]:{port}/", "private_address"),
    "mapped": ("http://[::ffff:127.0.0.1]:{port}/", "private_address"),
    "compatible": ("http://[::127.0.0.1]:{port}/", "private_address"),
    "NAT64": ("http://[64:ff9b::7f00:1]:{port}/", "private_address"),
    "6to4": ("http://[2002:7f00:1::]:{port}/", "private_address"),
    "Teredo": ("http://[2001:0:7f00:1::1]:{port}/", "private_address"),
    "link-local": ("http://[fe80::1]:{port}/", "private_address"),
    "metadata": ("http://169.254.169.254/latest/meta-data/", "private_address"),
    "private": ("http://10.0.0.1:{port}/", "private_address"),
    "carrier": ("http://100.64.0.1:{port}/", "private_address"),
    "multicast": ("http://224.0.0.1:{port}/", "private_address"),
    "broadcast": ("http://255.255.255.255:{port}/", "private_address"),
    "good name before @": ("http://example.org@127.0.0.1:{port}/", "bad_url"),
    "name and password": ("http://user:pw@127.0.0.1:{port}/", "bad_url"),
    "backslash": ("http://example.org\\@127.0.0.1:{port}/", "bad_url"),
    "tab in the host": ("http://127.0\t.0.1:{port}/", "bad_url"),
    "line in the address": ("http://127.0.0.1:{port}/\r\nHost: x", "bad_url"),
    "zero width": ("http://127.0.0.1\u200b:{port}/", "bad_url"),
    "percent in the host": ("http://127.0.0.%31:{port}/", "bad_url"),
    "port too large": ("http://127.0.0.1:99999/", "bad_url"),
    "no host": ("http:///127.0.0.1:{port}/", "bad_url"),
    "no scheme": ("127.0.0.1:{port}", "bad_url"),
    "file": ("file:///etc/passwd", "bad_url"),
    "gopher": ("gopher://127.0.0.1:{port}/_x", "bad_url"),
    "script": ("javascript:fetch('http://127.0.0.1:{port}')", "bad_url"),
    "data": ("data:text/html,x", "bad_url"),
    "endless": ("http://127.0.0.1:{port}/" + "a" * 9000, "bad_url"),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("case", WRITTEN)
async def test_a_hostile_address_is_refused_unvisited(
    world: World, forbidden: Listener, case: str, call: str
) -> None:
    text, code = WRITTEN[case]
    tool, args = CALLS[call]
    error = await world.refuses(tool, args(text.replace("{port}", str(forbidden.port))))
    assert error.code in code.split(), str(error)


RESOLVED: dict[str, Sequence[str]] = {
    "a private answer": ["192.168.0.1"],
    "loopback": ["127.0.0.1"],
    "one of two is private": ["93.184.216.34", "127.0.0.1"],
    "one of two is IPv6 loopback": ["2606:4700::1111", "::1"],
    "metadata": ["169.254.169.254"],
    "NAT64 of metadata": ["64:ff9b::a9fe:a9fe"],
    "unique local": ["fd00:ec2::254"],
    "scoped": ["fe80::1%lo"],
    "nonsense": ["evil"],
}


@pytest.mark.parametrize("call", ["read", "download", "post"])
@pytest.mark.parametrize("case", RESOLVED)
async def test_a_good_name_with_a_bad_answer_is_refused_unvisited(
    world: World, forbidden: Listener, names: Names, case: str, call: str
) -> None:
    names["good.test"] = RESOLVED[case]
    tool, args = CALLS[call]
    error = await world.refuses(tool, args(f"http://good.test:{forbidden.port}/"))
    assert error.code == "private_address"


LOCATIONS = {
    "loopback": ("http://127.0.0.1:{port}/", "private_address"),
    "without scheme": ("//127.0.0.1:{port}/", "private_address"),
    "metadata": ("http://169.254.169.254/", "private_address"),
    "mapped": ("http://[::ffff:7f00:1]:{port}/", "private_address"),
    "a name for loopback": ("http://inner.test:{port}/", "private_address"),
    "file": ("file:///etc/passwd", "bad_url"),
    "gopher": ("gopher://127.0.0.1:{port}/", "bad_url"),
    "with a password": ("http://a:b@127.0.0.1:{port}/", "bad_url"),
    "backslashes": ("\\\\127.0.0.1:{port}\\", "bad_url"),
}


@pytest.mark.parametrize("call", ["read", "download", "get"])
@pytest.mark.parametrize("status", [302, 308])
@pytest.mark.parametrize("case", LOCATIONS)
async def test_a_redirect_is_judged_like_an_address(
    world: World, forbidden: Listener, site: Site, names: Names, case: str, status: int, call: str
) -> None:
    names["inner.test"] = ["127.0.0.1"]
    location, code = LOCATIONS[case]
    where = {"Location": location.replace("{port}", str(forbidden.port))}
    tool, args = CALLS[call]
    url = site.page("/", status=status, headers=where)
    error = await world.refuses(tool, args(url))
    assert error.code == code, str(error)


@pytest.mark.parametrize("call", ["read", "download", "get"])
async def test_a_public_site_cannot_lead_into_a_private_origin_that_is_allowed(
    world: World, site: Site, names: Names, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    site.page("/", SECRET)
    known = guard.is_public
    monkeypatch.setattr(guard, "is_public", lambda one: one == "127.0.0.2" or known(one))
    names["public.test"] = ["127.0.0.2"]
    with Running(address="127.0.0.2", host="public.test") as public:
        url = public.page("/", status=302, headers={"Location": f"{site.origin}/"})
        tool, args = CALLS[call]
        error = await world.refuses(tool, args(url))
        assert len(public.visits) == 1
    assert error.code == "private_address"
    assert site.visits == []


async def test_an_answer_that_changes_between_check_and_use_changes_nothing(
    world: World, forbidden: Listener, names: Names
) -> None:
    """The address that was checked is the one that is used: there is no second look-up."""
    names["rebinding.test"] = ("192.0.2.1", "127.0.0.1")
    for _ in range(2):
        error = await world.refuses(read_page, {"url": f"http://rebinding.test:{forbidden.port}/"})
        assert error.code == "private_address"


async def test_what_was_sent_with_a_request_does_not_follow_it_elsewhere(
    world: World, site: Site
) -> None:
    headers = {"Subscription-Key": SECRET, "X-Mine": SECRET}
    with Running() as other:
        world.context.origins.append(other.origin)
        other.page("/", "done")
        url = site.page("/", status=302, headers={"Location": f"{other.origin}/"})
        await http_request.run(world.context, "GET", url, headers)
    assert site.visits[0].headers["subscription-key"] == SECRET
    assert SECRET not in str(other.visits[0])


async def test_a_post_is_not_sent_on(world: World, site: Site, forbidden: Listener) -> None:
    there = f"http://127.0.0.1:{forbidden.port}/"
    url = site.page("/", status=307, headers={"Location": there})
    answer = (await http_request.run(world.context, "POST", url, None, SECRET)).output
    assert answer.status == 307


def raw(*blocks: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        for block in blocks:
            visit.wfile.write(block)
        visit.close_connection = True

    return answer


def endless(visit: BaseHTTPRequestHandler) -> None:
    visit.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:  # until the reader hangs up
        visit.wfile.write(b"10000\r\n" + b"x" * 65536 + b"\r\n")


_BOMB = gzip.compress(b"\0" * 30_000_000)
ANSWERS: dict[str, tuple[Callable[[BaseHTTPRequestHandler], None], str]] = {
    "endless": (endless, "too_big"),
    "bomb": (
        raw(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
            + str(len(_BOMB)).encode()
            + b"\r\n\r\n",
            _BOMB,
        ),
        "too_big",
    ),
    "header flood": (
        raw(b"HTTP/1.1 200 OK\r\n", *[b"X-A: " + b"b" * 1000 + b"\r\n"] * 500),
        "bad_answer",
    ),
    "huge length": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), "too_big"),
    "negative length": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello"), "bad_answer"),
    "two lengths": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"),
        "bad_answer",
    ),
    "too short": (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"), "connection_lost"),
    "no HTTP": (raw(b"SSH-2.0-OpenSSH_9\r\n"), "connection_lost"),
    "other compression": (
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx"),
        "bad_encoding",
    ),
}


@pytest.mark.parametrize("call", ["read", "get", "download"])
@pytest.mark.parametrize("case", ANSWERS)
async def test_a_hostile_answer_is_refused_and_leaves_nothing_behind(
    world: World, site: Site, case: str, call: str
) -> None:
    answer, code = ANSWERS[case]
    tool, args = CALLS[call]
    given = args(site.on("/", answer))
    if call == "download":
        given["max_mb"] = 1
    before = world.seen()
    with pytest.raises(ToolError) as caught:
        await tool.run(world.context, **tool.validated(given))
    world.assert_clean(caught.value)
    assert caught.value.code == code, str(caught.value)
    assert {path: one[0] for path, one in world.seen().items()} == {
        path: one[0] for path, one in before.items()
    }
