"""Which web addresses Butler reaches: how a URL may be written, and which IP addresses are public.

Everything here is pure: it looks at text and numbers, never at the network.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from httpx import URL

LONGEST_URL = 8192
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PORTS = range(1, 65536)
_AUTHORITY = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<host>[^/?#]*)")
_HOST = re.compile(rb"[a-z0-9_]([a-z0-9._-]*[a-z0-9_.])?")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")

_IPV4_SPECIAL = tuple(
    IPv4Network(text) for text in ("192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4")
)
_IPV6_GLOBAL = IPv6Network("2000::/3")
_IPV6_SPECIAL = tuple(
    IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48")
)
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")


def checked_url(text: str) -> URL:
    """The URL that `text` plainly says; raises ToolError `bad_url` for one that could mislead.

    Only http and https, no user name or password, and nothing in it that programs read in
    different ways: backslashes, invisible characters, blanks or percent signs in the host.
    """
    import httpx

    text = text.strip(" ")
    _check_text(text)
    match = _AUTHORITY.match(text)
    if not match:
        raise _bad(text, "is not a web address; write it in full, as https://example.org/page")
    if match["scheme"].lower() not in _DEFAULT_PORTS:
        raise _bad(text, "is not a web address; only http:// and https:// are read")
    if "@" in match["host"]:
        raise _bad(text, "holds a user name or an @ before the host; write the address without it")
    if not match["host"] or any(mark in match["host"] for mark in "% "):
        raise _bad(text, "has no plain host name; write it as https://example.org/page")
    try:
        url = httpx.URL(match["scheme"].lower() + text[match.end("scheme") :])
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _bad(text, "is not a valid web address; check its host and port") from error
    named = ":" in url.host or _HOST.fullmatch(url.raw_host)
    if not named or url.userinfo or not (url.port is None or url.port in _PORTS):
        raise _bad(text, "is not a valid web address; check its host and port")
    return url


def joined_url(url: URL, location: str) -> URL:
    """Where a redirect from `url` leads; raises ToolError `bad_url` as `checked_url` does."""
    import httpx

    _check_text(location)
    if _AUTHORITY.match(location):
        return checked_url(location)
    try:
        return checked_url(str(url.join(location)))
    except (httpx.InvalidURL, UnicodeError) as error:
        raise _bad(location, "is no place that a site can lead to") from error


def origin_of(url: URL) -> str:
    """Scheme, host and port, as they stand in `[network] allow`: `http://127.0.0.1:8080`."""
    host = f"[{url.host}]" if ":" in url.host else url.raw_host.decode("ascii")
    port = url.port or _DEFAULT_PORTS.get(url.scheme)
    shown = "" if port == _DEFAULT_PORTS.get(url.scheme) else f":{port}"
    return f"{url.scheme}://{host}{shown}".lower()


def meant_origins(written: Iterable[str]) -> frozenset[str]:
    """The settings' origins in the form of `origin_of`; one that is no address counts for none."""
    origins: set[str] = set()
    for text in written:
        try:
            origins.add(origin_of(checked_url(text)))
        except ToolError:
            continue
    return frozenset(origins)


def is_public(address: str) -> bool:
    """True when an IP address, and each one wrapped in it, is plain global unicast."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return all(_is_plain(one) for one in _unwrapped(parsed))


def _unwrapped(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    """The addresses that a packet to this one may end up at."""
    if isinstance(address, IPv4Address):
        yield address
    elif address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _COMPATIBLE or address in _NAT64:
        yield IPv4Address(int(address) & 0xFFFFFFFF)
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    else:
        yield address


def _is_plain(address: IPv4Address | IPv6Address) -> bool:
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4_SPECIAL)
    if address.scope_id is not None or address not in _IPV6_GLOBAL:
        return False
    return not any(address in network for network in _IPV6_SPECIAL)


def _check_text(text: str) -> None:
    if _UNSEEN.search(text):
        raise _bad(text, "holds an invisible character; write it without")
    if "\\" in text:
        raise _bad(text, "holds a backslash; write /, or %5C where it is meant")
    if len(text) > LONGEST_URL:
        raise _bad(text, f"is longer than {LONGEST_URL} characters; shorten it")


def _bad(text: str, why: str) -> ToolError:
    shown = repr(text) if len(text) <= 120 else f"{text[:100]!r}..."
    return ToolError("bad_url", f"The address {shown} {why}.")
