"""What is allowed, asked or denied, and why: modes, rules, and the rules a decision leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from butler_tui.core.policy import Asked, Mode, as_text, decide, rule_for
from butler_tui.core.rules import Decision, Rule, matches
from butler_tui.core.tool import Effect

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
ALLOW, ASK, DENY = Decision.ALLOW, Decision.ASK, Decision.DENY


def asked(tool: str = "write_file", **given: Any) -> Asked:
    """A call as the policy sees it."""
    effect: Effect | None = given.pop("effect", Effect.CHANGE)
    undoable: bool = given.pop("undoable", True)
    run: str = given.pop("run", "r1")
    return Asked(tool, effect, undoable, given, run)


def verdict(call: Asked, *rules: Rule, mode: Mode = Mode.NORMAL, now: datetime = NOW) -> Decision:
    return decide(call, mode, rules, now).decision


def rule(decision: Decision, tool: str = "*", **more: Any) -> Rule:
    return Rule(tool=tool, decision=decision, **more)


@pytest.mark.parametrize(
    ("effect", "undoable", "careful", "normal", "trusting"),
    [
        (None, False, ALLOW, ALLOW, ALLOW),
        (Effect.OBSERVE, False, ASK, ALLOW, ALLOW),
        (Effect.FETCH, False, ASK, ALLOW, ALLOW),
        (Effect.CHANGE, False, ASK, ASK, ASK),
        (Effect.CHANGE, True, ASK, ASK, ALLOW),
        (Effect.SEND, False, ASK, ASK, ASK),
        (Effect.SEND, True, ASK, ASK, ASK),
        (Effect.EXECUTE, False, ASK, ASK, ASK),
        (Effect.EXECUTE, True, ASK, ASK, ASK),
    ],
)
def test_modes_by_effect(
    effect: Effect | None,
    undoable: bool,
    careful: Decision,
    normal: Decision,
    trusting: Decision,
) -> None:
    call = asked(effect=effect, undoable=undoable)
    assert verdict(call, mode=Mode.CAREFUL) is careful
    assert verdict(call, mode=Mode.NORMAL) is normal
    assert verdict(call, mode=Mode.TRUSTING) is trusting


@pytest.mark.parametrize("mode", list(Mode))
def test_deny_comes_before_ask_before_allow_in_whatever_order_they_stand(mode: Mode) -> None:
    allow, ask, deny = rule(ALLOW), rule(ASK), rule(DENY)
    call = asked(effect=Effect.SEND)
    assert verdict(call, allow, ask, deny, mode=mode) is DENY
    assert verdict(call, deny, allow, mode=mode) is DENY
    assert verdict(call, allow, ask, mode=mode) is ASK
    assert verdict(call, allow, mode=mode) is ALLOW


def test_a_rule_may_ask_for_what_the_mode_allows() -> None:
    assert verdict(asked("read_file", effect=Effect.OBSERVE), rule(ASK, "read_*")) is ASK


def test_engine_tools_are_beyond_rules() -> None:
    assert verdict(asked("answer", effect=None), rule(DENY)) is ALLOW


@pytest.mark.parametrize(
    ("glob", "tool", "covers"),
    [
        ("write_file", "write_file", True),
        ("write_*", "write_table", True),
        ("*", "mcp.files.read", True),
        ("mcp.files.*", "mcp.files.read", True),
        ("mcp.files.*", "mcp.files2.read", False),
        ("write_file", "write_files", False),
        ("WRITE_FILE", "write_file", False),
        ("write_?ile", "write_file", True),
    ],
)
def test_a_rule_names_tools_by_a_glob(glob: str, tool: str, covers: bool) -> None:
    assert (verdict(asked(tool), rule(ALLOW, glob)) is ALLOW) is covers


@pytest.mark.parametrize(
    ("args", "covers"),
    [
        ({"path": "/home/me/notes/a.md"}, True),
        ({"path": "/home/me/notes/b.md", "content": "x"}, True),
        ({"path": "/home/me/notes/deep/b.md", "content": "x"}, False),
        ({"path": "/home/me/notes\n/../x"}, False),
        ({"path": "/home/me/other/a.md"}, False),
        ({"path": "x/home/me/notes/a.md"}, False),
        ({"path": "/home/me/notes/a.md\nx"}, True),
        ({"content": "x"}, False),
        ({}, False),
    ],
)
def test_every_argument_the_rule_names_must_match(args: dict[str, str], covers: bool) -> None:
    one = rule(ALLOW, "write_file", args={"path": "/home/me/notes/*"})
    assert (verdict(asked(**args), one) is ALLOW) is covers


def test_all_globs_must_match_and_an_empty_one_is_for_what_is_not_given() -> None:
    one = rule(ALLOW, "send_mail", args={"to": "anna@*", "cc": ""})
    assert verdict(asked("send_mail", effect=Effect.SEND, to="anna@a.org"), one) is ALLOW
    assert verdict(asked("send_mail", effect=Effect.SEND, to="anna@a.org", cc=""), one) is ALLOW
    assert verdict(asked("send_mail", effect=Effect.SEND, to="anna@a.org", cc="eve"), one) is ASK
    assert verdict(asked("send_mail", effect=Effect.SEND, to="eve@a.org"), one) is ASK
    assert verdict(asked(), rule(ALLOW, args={"path": "*"})) is ASK


def test_a_rule_ends_when_it_says() -> None:
    one = rule(ALLOW, expires=NOW)
    assert verdict(asked(), one, now=NOW - timedelta(seconds=1)) is ALLOW
    assert verdict(asked(), one, now=NOW) is ASK
    elsewhere = NOW.astimezone(None)
    assert verdict(asked(), one, now=elsewhere - timedelta(seconds=1)) is ALLOW


def test_a_rule_s_end_has_a_time_zone() -> None:
    with pytest.raises(ValidationError, match="timezone"):
        rule(ALLOW, expires=datetime(2026, 11, 21))


def test_a_rule_of_one_run_is_for_that_run() -> None:
    one = rule(ALLOW, run="r1")
    assert verdict(asked(run="r1"), one) is ALLOW
    assert verdict(asked(run="r2"), one) is ASK


def test_the_reason_is_in_words_and_names_the_rule() -> None:
    mine = rule(DENY, "write_*", args={"path": "/etc/*"}, because="system files")
    found = decide(asked(path="/etc/passwd"), Mode.TRUSTING, [mine], NOW)
    assert (found.because, found.rule) == ("rule: system files", mine)
    nameless = rule(DENY, "write_*", args={"path": "/etc/*", "to": ""})
    found = decide(asked(path="/etc/passwd"), Mode.TRUSTING, [nameless], NOW)
    assert found.because == "rule: deny write_* where path is /etc/* and to is empty"
    found = decide(asked(effect=Effect.SEND), Mode.NORMAL, [], NOW)
    assert (found.because, found.rule) == ("it sends something out", None)
    found = decide(asked(effect=Effect.OBSERVE), Mode.CAREFUL, [], NOW)
    assert found.because.endswith("in careful mode every call is asked")
    assert rule(ASK, "x").describe() == "ask x"


def test_the_first_rule_of_the_strongest_kind_is_named() -> None:
    first, second = rule(ASK, because="one"), rule(ASK, because="two")
    found = decide(asked(), Mode.NORMAL, [rule(ALLOW), first, second], NOW)
    assert found.rule is first


def test_examples_are_checked_when_the_rule_is_read() -> None:
    args = {"path": "/n/*"}
    rule(ALLOW, "w", args=args, match=[{"path": "/n/a"}], not_match=[{"path": "/m"}, {}])
    with pytest.raises(ValidationError, match=r"does not match its example .*/m/a"):
        rule(ALLOW, "w", args=args, match=[{"path": "/n/a"}, {"path": "/m/a"}])
    with pytest.raises(ValidationError, match=r"/n/b.*, which it must not"):
        rule(ALLOW, "w", args=args, not_match=[{"path": "/n/b"}])


def test_a_rule_with_an_unknown_word_is_refused() -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({"tool": "x", "decision": "allow", "pfad": "y"})
    with pytest.raises(ValidationError):
        Rule.model_validate({"tool": "x", "decision": "maybe"})


@given(st.text(), st.text(), st.text())
def test_always_is_for_the_same_targets_and_no_others(path: str, other: str, to: str) -> None:
    """Whatever the targets hold: globs in them are only text."""
    call = asked(path=path, to=to, content="x")
    one = rule_for(call, ("path", "to"))
    assert verdict(call, one) is ALLOW
    assert verdict(asked(path=path, to=to, content="y"), one) is ALLOW
    assert (verdict(asked(path=other, to=to), one) is ALLOW) is (other == path)
    assert (verdict(asked(path=path), one) is ALLOW) is (to == "")
    assert verdict(asked("write_table", path=path, to=to), one) is ASK


@pytest.mark.parametrize("path", ["/a/*", "/a/[b]", "/a/?", "[!a]", "]", "[", "a]b[c"])
def test_globs_in_a_target_are_taken_literally(path: str) -> None:
    one = rule_for(asked(path=path), ("path",))
    assert verdict(asked(path=path), one) is ALLOW
    assert verdict(asked(path="/a/b"), one) is ASK
    assert verdict(asked(path="b"), one) is ASK


def test_a_target_that_was_not_given_stays_so() -> None:
    one = rule_for(asked("send_mail", to="anna"), ("to", "cc"))
    assert verdict(asked("send_mail", to="anna"), one) is ALLOW
    assert verdict(asked("send_mail", to="anna", cc="eve"), one) is ASK


def test_this_run_ends_with_the_run() -> None:
    one = rule_for(asked(path="/a"), ("path",), run="r1")
    assert verdict(asked(path="/a", run="r1"), one) is ALLOW
    assert verdict(asked(path="/a", run="r2"), one) is ASK


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (5, "5"),
        (None, "null"),
        (True, "true"),
        (["ä", 1], '["ä", 1]'),
        ({"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
    ],
)
def test_arguments_as_a_glob_sees_them(value: Any, text: str) -> None:
    assert as_text(value) == text


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("/a/*", "/a/b", True),
        ("/a/*", "/a/b/c", False),
        ("/a/**", "/a/b/c", True),
        ("/a/**", "/ab", False),
        ("/a/**/c", "/a/c", True),
        ("/a/**/c", "/a/b/d/c", True),
        ("/a/[!.]*", "/a/.env", False),
        ("/a/[!.]*", "/a/env", True),
        ("/a/[[]x[]]", "/a/[x]", True),
        ("/a/?.md", "/a/b.md", True),
        ("/a/?.md", "/a/bc.md", False),
        ("/a/[", "/a/[", True),
        ("/a/b.c", "/a/bxc", False),
        ("*@example.org", "a/b@example.org", True),
    ],
)
def test_a_star_in_a_path_stays_within_a_name(glob: str, text: str, fits: bool) -> None:
    assert matches(text, glob) is fits


def test_a_kept_rule_does_not_widen_what_was_signed_for_this_run() -> None:
    kept = Rule(tool="save", decision=Decision.ALLOW)
    bound = Rule(tool="save", args={"path": "/n/*"}, decision=Decision.ALLOW, run="r", most=1)
    inside = Asked("save", Effect.CHANGE, True, {"path": "/n/a"}, "r")
    outside = Asked("save", Effect.CHANGE, True, {"path": "/x/a"}, "r")
    rules = [kept, bound]
    assert decide(inside, Mode.NORMAL, rules, NOW).rule == bound
    stopped = decide(outside, Mode.NORMAL, rules, NOW)
    assert (stopped.decision, stopped.by) == (Decision.ASK, "bound")
    spent = decide(inside, Mode.NORMAL, rules, NOW, used=lambda _rule: 1)
    assert (spent.decision, spent.by) == (Decision.ASK, "bound")
    this_run = Rule(tool="save", decision=Decision.ALLOW, run="r")
    assert decide(outside, Mode.NORMAL, [*rules, this_run], NOW).decision is Decision.ALLOW
