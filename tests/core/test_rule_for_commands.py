"""What *always* and *this run* keep of a command: those words in that order, and no others."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from butler_tui.core.policy import Asked, as_text, rule_for
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.tool import Effect

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def command(*words: str) -> Asked:
    args = {"argv": as_text(list(words)), "folder": "/home/me"}
    return Asked("run_command", Effect.EXECUTE, False, args, "r", {"argv": words})


def covers(rule: Rule, asked: Asked) -> bool:
    return rule.covers(asked.tool, asked.args, asked.lists, asked.run, NOW)


WORDS = ["mv", "draft *?.md", "[final]", 'say "x"', "https://example.org/a"]


def test_the_same_command_is_covered() -> None:
    asked = command(*WORDS)
    assert covers(rule_for(asked, ("argv", "folder")), asked)


@pytest.mark.parametrize(
    "words",
    [
        ["mv", "[final]", "draft *?.md", 'say "x"', "https://example.org/a"],
        WORDS[:2],
        [*WORDS, "mv"],
        [],
        ["mv", "draft of mine.md", *WORDS[2:]],
    ],
)
def test_the_same_words_in_another_order_or_number_are_not(words: list[str]) -> None:
    assert not covers(rule_for(command(*WORDS), ("argv", "folder")), command(*words))


def test_a_class_of_characters_stays_within_a_name() -> None:
    rule = Rule(tool="*", args={"path": "/home/me/notes[!x]a"}, decision=Decision.ALLOW)
    assert rule.covers_args({"path": "/home/me/notes-a"})
    assert not rule.covers_args({"path": "/home/me/notes/a"})
