"""Which addresses count as public, and which spellings of a URL are refused."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import ToolError
from butler_tui.tools.addresses import (
    checked_url,
    is_public,
    joined_url,
    meant_origins,
    origin_of,
)

PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "100::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:0:808:808::f5f5:f5f5",
    "2001:2::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "2606:4700::1111%eth0",
    "0x7f.1",
    "not an address",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
    "2606:4700::1111",
    "2a00:1450:4001:80b::200e",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_keeps_its_verdict_however_it_is_wrapped(address: IPv4Address) -> None:
    plain = is_public(str(address))
    number = int(address)
    wrapped = [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | number << 80 | 1),
    ]
    if number > 0xFFFF:  # the lowest ones are addresses of their own: ::1, for one
        wrapped.append(IPv6Address(number))
    assert [is_public(str(one)) for one in wrapped] == [plain] * len(wrapped)


@given(st.ip_addresses())
def test_whatever_is_public_python_holds_for_global_too(address: IPv4Address | IPv6Address) -> None:
    if is_public(str(address)):
        mapped = getattr(ip_address(str(address)), "ipv4_mapped", None)
        wrapped = str(address).startswith(("2002:", "64:ff9b::"))
        assert wrapped or (mapped or address).is_global


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "//example.org/",
        "http:example.org",
        "http:///path",
        "http://",
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
        "data:text/html,hi",
        "http://good.example@evil.example/",
        "http://user:pass@example.org/",
        "http://@example.org/",
        "http://good.example\\@evil.example/",
        "http://example.org\\.evil.example/",
        "https://example.org/a\\b",
        "http://exam\tple.org/",
        "http://exam\nple.org/",
        "http://example.org/\r\nX-Header: 1",
        "http://example.org/\x00",
        "http://exa mple.org/",
        "http://exam\u200bple.org/",
        "http://example.org/\u202egnp.exe",
        "http://example%2eorg/",
        "http://[fe80::1%25eth0]/",
        "http://example.org:0/",
        "http://example.org:70000/",
        "http://example.org:x/",
        "http://[::1/",
        "http://①②⑦.0.0.1/",
        "http://" + "a" * 9000 + ".example/",
    ],
)
def test_a_url_that_could_mislead_is_refused(text: str) -> None:
    with pytest.raises(ToolError) as caught:
        checked_url(text)
    assert caught.value.code == "bad_url"
    assert str(caught.value).endswith(".")
    assert not any(ord(letter) < 32 for letter in str(caught.value))


@pytest.mark.parametrize(
    ("text", "read", "origin"),
    [
        ("https://example.org", "https://example.org", "https://example.org"),
        (" HTTP://Example.ORG:80/A?b=c#d ", "http://example.org/A?b=c#d", "http://example.org"),
        ("https://example.org:8443/", "https://example.org:8443/", "https://example.org:8443"),
        ("http://example.org:443/", "http://example.org:443/", "http://example.org:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080/x", "http://[::1]:8080"),
        ("https://example.org/?q=two words", "https://example.org/?q=two%20words", None),
        (
            "https://bücher.example/ä",
            "https://xn--bcher-kva.example/%C3%A4",
            "https://xn--bcher-kva.example",
        ),
    ],
)
def test_a_plain_url_is_read(text: str, read: str, origin: str | None) -> None:
    url = checked_url(text)
    assert str(url) == read
    assert origin_of(url) == (origin or "https://example.org")


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/b", "https://example.org/b"),
        ("?q=1", "https://example.org/a/page?q=1"),
        ("next page", "https://example.org/a/next%20page"),
        ("//other.example/c", "https://other.example/c"),
        ("http://other.example/", "http://other.example/"),
    ],
)
def test_a_redirect_is_joined(location: str, leads_to: str) -> None:
    assert str(joined_url(httpx.URL("https://example.org/a/page"), location)) == leads_to


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://example.org/",
        "javascript:alert(1)",
        "data:text/html,hi",
        "//good.example@evil.example/",
        "//good.example\\@evil.example/",
        "\\\\evil.example/",
        "/a\tb",
        "http://[",
    ],
)
def test_a_redirect_to_what_is_no_plain_web_address_is_refused(location: str) -> None:
    with pytest.raises(ToolError) as caught:
        joined_url(httpx.URL("https://example.org/a"), location)
    assert caught.value.code == "bad_url"


def test_origins_of_the_settings_are_compared_exactly() -> None:
    meant = meant_origins(["http://127.0.0.1:8080", "HTTPS://Intra.Example:443/", "nonsense"])
    assert meant == {"http://127.0.0.1:8080", "https://intra.example"}
