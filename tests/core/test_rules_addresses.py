"""A rule's glob for web addresses fits what would be visited, however it is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.rules import host_of, matches

GOOD = "https://*.good.org/**"


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        (GOOD, "https://a.good.org/x"),
        (GOOD, "HTTPS://A.Good.org/x"),
        (GOOD, "https://a.good.org:443/x"),
        (GOOD, "https://a.good.org./x"),
        (GOOD, "https://a.good.org"),
        (GOOD, "https://a.good.org?q=1"),
        (GOOD, "https://a.good.org#part"),
        (GOOD, " https://a.good.org/x "),
        ("https://good.org", "https://good.org"),
        ("https://good.org", "https://good.org/"),
        ("https://good.org/open/*", "https://good.org/closed/../open/x"),
        ("https://good.org/secret/*", "https://good.org/open/%2e%2E/secret/x"),
        ("https://good.org/secret/*", "https://good.org/./secret/x"),
        ("http://good.org:8080/*", "http://good.org:8080/x"),
    ],
)
def test_however_an_address_is_written_its_rule_speaks(glob: str, text: str) -> None:
    assert matches(text, glob)


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        (GOOD, "https://evil.org?.good.org/"),
        (GOOD, "https://evil.org#.good.org/"),
        (GOOD, "https://evil.org\\.good.org/"),
        (GOOD, "https://evil.org/.good.org/"),
        (GOOD, "https://evil.org%2f.good.org/"),
        (GOOD, "https://evil.org\n.good.org/"),
        (GOOD, "https://a.good.org@evil.org/"),
        (GOOD, "https://me@a.good.org/"),
        (GOOD, "https://a.good.org:8443/x"),
        (GOOD, "http://a.good.org/x"),
        (GOOD, "https://a.good.org.evil.org/"),
        (GOOD, "https://agood.org/"),
        (GOOD, "https:/a.good.org/"),
        (GOOD, "//a.good.org/"),
        ("https://good.org", "https://good.org/x"),
        ("https://good.org", "https://good.org?x"),
        ("https://good.org/open/*", "https://good.org/open/../closed"),
        ("https://good.org/open/*", "https://good.org/open/%2e%2e/closed"),
    ],
)
def test_no_way_of_writing_makes_another_address_fit(glob: str, text: str) -> None:
    assert not matches(text, glob)


@given(st.text("ao.:/?#@\\%2e ", max_size=20))
def test_what_fits_a_host_leads_to_that_host(rest: str) -> None:
    text = f"https://{rest}"
    if matches(text, "https://a.o/**"):
        assert host_of(text) == "a.o"
