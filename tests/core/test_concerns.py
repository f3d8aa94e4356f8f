"""The three reasons to ask whatever mode, rule or flag says, and what lifts which."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from butler_tui.core.concerns import Concern, Flow, concerns_of, kinds_of
from butler_tui.core.labels import NO_LABEL, Label, Source
from butler_tui.core.policy import Asked, Mode, Verdict, decide, rule_for
from butler_tui.core.rules import Decision, Lift, Rule
from butler_tui.core.targets import Target
from butler_tui.core.tool import Effect

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
WEB = Label.of(Source("step", "p", "web page evil.example", untrusted=True))
MINE = Label.of(Source("step", "n", "file notes.md", private=True))
GOAL = Label.of(Source("goal"))
ANNA = frozenset({Target("address", "anna@example.org")})


def kinds(**flow: Any) -> list[tuple[str, str]]:
    flow.setdefault("labels", {})
    return [(one.kind, one.argument) for one in concerns_of(Flow(**flow))]


def test_rule_one_is_for_effects_and_looks_at_every_argument_and_the_control() -> None:
    labels = {"to": GOAL, "body": WEB | MINE, "subject": WEB}
    assert kinds(labels=labels, bounds=True) == [("untrusted", "body"), ("untrusted", "subject")]
    assert kinds(labels={"to": GOAL}, control=WEB, bounds=True) == [("untrusted", "control")]
    assert kinds(labels=labels, control=WEB) == []
    assert kinds(labels={"to": GOAL | MINE}, bounds=True) == []


def test_content_of_a_plain_file_is_not_its_business_but_all_else_is() -> None:
    content = frozenset({"content"})
    labels = {"path": GOAL, "content": WEB}
    assert kinds(labels=labels, control=WEB, bounds=True, content=content) == []
    labels = {"path": WEB, "content": WEB}
    assert kinds(labels=labels, bounds=True, content=content) == [("untrusted", "path")]
    assert kinds(labels=labels, bounds=True, content=frozenset()) != []


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["mail anna@example.org my notes"], False),
        (["who?", "anna@example.org"], False),
        (["mail anna my notes"], True),
        (["mail anna@example.org.evil.net"], True),
        ([], True),
    ],
)
def test_rule_two_lets_private_things_go_to_whom_the_person_named(
    words: list[str], asked: bool
) -> None:
    flow: dict[str, Any] = {"labels": {"text": MINE}, "reaches": True, "recipients": ANNA}
    assert kinds(**flow, words=words) == ([("private", "text")] if asked else [])


def test_rule_two_wants_every_recipient_named_and_at_least_one() -> None:
    both = ANNA | {Target("address", "eve@evil.example")}
    words = ["mail anna@example.org"]
    assert kinds(labels={"t": MINE}, reaches=True, recipients=both, words=words)
    assert kinds(labels={"t": MINE}, reaches=True, words=words)
    assert not kinds(labels={"t": MINE}, recipients=both, words=words)
    assert not kinds(labels={"t": GOAL | WEB}, reaches=True, recipients=both)


def test_rule_three() -> None:
    assert kinds(changed=True) == [("changed", "")]


@pytest.mark.parametrize(
    ("concern", "words"),
    [
        (
            Concern("untrusted", "body", ("web page x",)),
            "body comes from web page x, which strangers may write",
        ),
        (Concern("untrusted", "control", ("a",)), "that it runs was decided by a, which strangers"),
        (Concern("private", "q", ("mail",)), "q is private, from mail, and would go to whom"),
        (Concern("changed"), "the tool is not the one that was allowed before"),
        (Concern("untrusted", "b", ("1", "2", "3", "4", "5")), "from 1, 2, 3 and 2 more"),
    ],
)
def test_reasons_are_in_words_and_survive_the_journal(concern: Concern, words: str) -> None:
    assert words in concern.describe()
    assert Concern.load(concern.dump()) == concern


# What lifts which.

CONCERNS = (
    Concern("untrusted", "body", ("web page evil.example",)),
    Concern("untrusted", "control", ("mail",)),
    Concern("private", "body", ("file notes.md",)),
    Concern("changed"),
)
LIFTS: list[Lift] = ["untrusted", "private", "changed"]


def said(
    *concerns: Concern,
    rules: tuple[Rule, ...] = (),
    lifted: tuple[Lift, ...] = (),
    mode: Mode = Mode.TRUSTING,
    effect: Effect = Effect.CHANGE,
) -> Verdict:
    asked = Asked("act", effect, True, {"to": "anna"}, "r1", concerns=concerns)
    return decide(asked, mode, rules, NOW, lifted=lifted)


def allow(**more: Any) -> Rule:
    return Rule(tool="act", decision=Decision.ALLOW, **more)


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("concern", CONCERNS)
def test_no_mode_and_no_plain_rule_allows_a_concern(mode: Mode, concern: Concern) -> None:
    assert said(concern, mode=mode).decision is Decision.ASK
    verdict = said(concern, mode=mode, rules=(allow(), Rule(tool="*", decision=Decision.ALLOW)))
    assert (verdict.decision, verdict.by, verdict.concerns) == (
        Decision.ASK,
        "concern",
        (concern,),
    )


@given(
    st.lists(st.sampled_from(CONCERNS), unique=True),
    st.sets(st.sampled_from(LIFTS)),
    st.sets(st.sampled_from(LIFTS)),
)
def test_exactly_what_is_said_is_lifted(
    concerns: list[Concern], by_rule: set[Lift], by_flag: set[Lift]
) -> None:
    rules = (allow(even_if=tuple(by_rule)),)
    verdict = said(*concerns, rules=rules, lifted=tuple(by_flag))
    left = tuple(one for one in concerns if one.kind not in by_rule | by_flag)
    assert verdict.concerns == left
    assert verdict.decision is (Decision.ASK if left else Decision.ALLOW)


def test_a_flag_lifts_reasons_and_allows_nothing_that_the_mode_asks() -> None:
    verdict = said(CONCERNS[0], lifted=("untrusted",), mode=Mode.NORMAL)
    assert (verdict.decision, verdict.concerns) == (Decision.ASK, ())


def test_only_a_rule_that_covers_the_call_lifts() -> None:
    elsewhere = allow(args={"to": "eve"}, even_if=("untrusted",))
    over = allow(even_if=("untrusted",), expires=NOW)
    other_run = allow(even_if=("untrusted",), run="r2")
    assert said(CONCERNS[0], rules=(elsewhere, over, other_run)).decision is Decision.ASK


def test_sources_must_be_all_there_are() -> None:
    rule = allow(sources={"body": "web page *.example"})
    assert said(CONCERNS[0], rules=(rule,)).decision is Decision.ALLOW
    two = Concern("untrusted", "body", ("web page evil.example", "mail"))
    assert said(two, rules=(rule,)).decision is Decision.ASK
    nowhere = Concern("untrusted", "body", ())
    assert said(nowhere, rules=(rule,)).decision is Decision.ASK
    assert said(CONCERNS[2], rules=(rule,)).decision is Decision.ASK


def test_deny_stays_deny_and_a_secret_goes_nowhere() -> None:
    deny = Rule(tool="act", decision=Decision.DENY)
    both = (deny, allow(even_if=("untrusted", "private", "changed")))
    assert said(CONCERNS[0], rules=both, lifted=("untrusted",)).decision is Decision.DENY
    asked = Asked("act", Effect.SEND, False, {}, "r1", secret=("body",))
    verdict = decide(asked, Mode.TRUSTING, both[1:], NOW, lifted=LIFTS)
    assert (verdict.decision, verdict.by) == (Decision.DENY, "secret")


@pytest.mark.parametrize("decision", [Decision.ASK, Decision.DENY])
def test_a_rule_that_does_not_allow_lifts_nothing(decision: Decision) -> None:
    with pytest.raises(ValidationError, match="only a rule that allows"):
        Rule(tool="x", decision=decision, even_if=("untrusted",))
    with pytest.raises(ValidationError, match="only a rule that allows"):
        Rule(tool="x", decision=decision, sources={"a": "*"})


def test_a_kept_rule_lifts_what_was_shown_but_never_a_changed_tool() -> None:
    asked = Asked("act", Effect.CHANGE, True, {"to": "anna"}, "r1")
    assert rule_for(asked, ["to"], concerns=CONCERNS).even_if == ("untrusted", "private")
    assert rule_for(asked, ["to"]).even_if == ()
    assert kinds_of(CONCERNS) == ("untrusted", "private", "changed")
    assert NO_LABEL.marked == NO_LABEL
