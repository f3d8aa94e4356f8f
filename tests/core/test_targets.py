# ruff: noqa: RUF001  (letters in disguise are what is tested)
"""What a call acts on, and whether somebody named it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.targets import Target, names, targets_of


def found(**args: str) -> set[tuple[str, str]]:
    return {(one.kind, one.text) for one in targets_of(list(args), args, {})}


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("https://Example.org/a?b", ("host", "example.org")),
        ("https://example.org.:8443", ("host", "example.org")),
        ("https://anna@evil.org/x", ("host", "evil.org")),
        ("/home/me/a.md", ("path", "/home/me/a.md")),
        ("Anna@Example.org", ("address", "anna@example.org")),
        ("Anna <anna@example.org>", ("address", "anna@example.org")),
        ("#general", ("text", "#general")),
    ],
)
def test_what_an_argument_leads_to(text: str, target: tuple[str, str]) -> None:
    assert found(to=text) == {target}


def test_several_addresses_are_several_targets_and_nothing_is_none() -> None:
    assert found(to="a@x.org, B <b@x.org>; c@x.org") == {
        ("address", "a@x.org"),
        ("address", "b@x.org"),
        ("address", "c@x.org"),
    }
    assert found(to="") == set()
    listed = targets_of(["to"], {"to": "[...]"}, {"to": ["a@x.org", "/p"]})
    assert {one.text for one in listed} == {"a@x.org", "/p"}


HOST, ADDRESS = Target("host", "example.org"), Target("address", "anna@example.org")


@pytest.mark.parametrize(
    ("goal", "target", "named"),
    [
        ("look at example.org", HOST, True),
        ("look at https://example.org/x.", HOST, True),
        ("Look at EXAMPLE.ORG!", HOST, True),
        ("look at (example.org)", HOST, True),
        ("look at example.org.", HOST, True),
        ("look at www.example.org", HOST, False),
        ("look at example.org.evil.net", HOST, False),
        ("look at evil-example.org", HOST, False),
        ("look at example.organic", HOST, False),
        ("mail anna@example.org", HOST, False),
        ("look at exаmple.org", HOST, False),
        ("mail anna@example.org, please", ADDRESS, True),
        ("mail Anna <Anna@Example.org>", ADDRESS, True),
        ("mail susanna@example.org", ADDRESS, False),
        ("mail x.anna@example.org", ADDRESS, False),
        ("mail anna@example.org.evil.net", ADDRESS, False),
        ("mail anna@example.orgs", ADDRESS, False),
        ("mail anna+x@example.org", ADDRESS, False),
        ("mail аnna@example.org", ADDRESS, False),
        ("mail Anna", ADDRESS, False),
        ("post in #general now", Target("text", "#general"), True),
        ("post in #generals", Target("text", "#general"), False),
        ("whatever", Target("text", ""), False),
    ],
)
def test_only_the_target_itself_is_named(goal: str, target: Target, named: bool) -> None:
    assert names(goal, target) is named


@given(st.text(), st.sampled_from("xü9_.@-+"), st.text())
def test_a_letter_before_it_makes_another_name(before: str, joint: str, after: str) -> None:
    assert not names(f"{joint}anna@example.org", ADDRESS)
    text = f"{before}{joint}anna@example.org {after}"
    assert not names(text, ADDRESS) or "anna@example.org" in f"{before} {after}".lower()


@given(st.sampled_from(["x", "ü", "9", "_", "@", "-", ".x", ".evil.net"]), st.text())
def test_a_letter_after_it_makes_another_name(joint: str, after: str) -> None:
    assert not names(f"anna@example.org{joint}", ADDRESS)
    assert not names(f"anna@example.org{joint}{after}", ADDRESS) or "anna@example.org" in after
