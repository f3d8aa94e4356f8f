"""*Always* shows the exact rule, lets it be changed, and keeps it only by a key meant for that."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_butler import BEGAN
from textual.widgets import Input, TextArea

from butler_tui.tui.screens.rule import RuleScreen
from butler_tui.tui.signing import as_rule, globs_of, lifts_of, lines_of, moment_of, sources_of


async def shown(it) -> None:
    await it.card()
    await it.pilot.press("A")
    await it.until(lambda: isinstance(it.app.screen, RuleScreen))
    await it.pilot.pause()


async def test_always_shows_the_exact_rule_and_keeps_it_only_by_its_key(table):
    async with table() as it:
        await shown(it)
        assert "/home/me/dinner.md" in it.screen()
        assert "It allows any content." in it.screen()
        for key in ("y", "enter", "tab", "ctrl+s"):  # the last: right behind another key
            await it.pilot.press(key)
        await it.settle()
        assert (it.butler.decisions, it.butler.rules) == ([], [])
        it.app.screen.query_one("#tool", Input).value = "write_file"
        await it.keep()
        assert it.butler.decisions[0].scope == "always"
        assert [rule.tool for rule in it.butler.rules] == ["write_file"]


async def test_escape_from_the_rule_keeps_nothing(table):
    async with table() as it:
        await shown(it)
        await it.pilot.press("escape")
        await it.settle()
        assert it.app.screen is it.app.main
        assert "y once" in it.screen()
        assert (it.butler.decisions, it.butler.rules) == ([], [])


async def test_the_rule_is_kept_as_it_was_changed(table):
    async with table() as it:
        await shown(it)
        it.app.screen.query_one("#argument-0", TextArea).text = "/home/me/notes/**\n/home/me/*.md"
        it.app.screen.query_one("#even-if", Input).value = "untrusted"
        it.app.screen.query_one("#expires", Input).value = "30 days"
        it.app.screen.query_one("#because", Input).value = "my notes"
        await it.pilot.pause()
        assert "even if untrusted" in it.screen()
        await it.keep()
        (rule,) = it.butler.rules
        assert rule.args == {"path": ("/home/me/notes/**", "/home/me/*.md")}
        assert rule.even_if == ("untrusted",)
        assert rule.because == "my notes"
        assert 29 <= (rule.expires - it.clock.now()).days <= 30


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("#even-if", "everything", "everything is none of untrusted, private, changed"),
        ("#expires", "soon", "is no date"),
        ("#expires", "2020-01-01", "is over already"),
        ("#tool", "", "tool: a name"),
    ],
)
async def test_what_is_wrong_is_said_while_one_types_and_cannot_be_kept(table, field, typed, said):
    async with table() as it:
        await shown(it)
        it.app.screen.query_one(field, Input).value = typed
        await it.pilot.pause()
        assert said in it.screen()
        await it.keep()
        assert isinstance(it.app.screen, RuleScreen)
        assert (it.butler.decisions, it.butler.rules) == ([], [])


async def test_a_rule_that_does_not_cover_the_call_says_so(table):
    async with table() as it:
        await shown(it)
        it.app.screen.query_one("#argument-0", TextArea).text = "/elsewhere/*"
        await it.pilot.pause()
        assert "would not let this call pass" in it.screen()


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)))
def test_globs_are_read_back_as_they_were_written(globs):
    read = globs_of(lines_of(tuple(globs)))
    assert read == (None if not globs else globs[0] if len(globs) == 1 else tuple(globs))


def test_an_argument_that_must_not_be_given_is_written_in_words():
    assert globs_of(lines_of("")) == ""
    assert globs_of("") is None


def test_moments():
    now = BEGAN
    assert moment_of("", now) is None
    assert moment_of("2 days", now) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert moment_of("2026-12-24T18:00+00:00", now) == datetime(2026, 12, 24, 18, tzinfo=UTC)


def test_sources_name_an_argument_that_there_is():
    read = sources_of("body: web page *\ncontrol: file a.md\nbody: file *", ["body", "to"])
    assert read == {"body": ("web page *", "file *"), "control": ("file a.md",)}
    for wrong in ("body", "nobody: *"):
        with pytest.raises(ValueError, match=r"argument"):
            sources_of(wrong, ["body", "to"])


def test_a_rule_says_what_is_wrong_with_it():
    assert lifts_of("untrusted, private") == ("untrusted", "private")
    with pytest.raises(ValueError, match=r"most"):
        as_rule(tool="x", most=3)
