"""A held call is changed in a typed form, shown as it would be, and allowed exactly so."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_butler import dinner, held
from textual.widgets import Input, Select, TextArea

from butler_tui.core.tool import Again, Effect, tool
from butler_tui.tui.argument import argument_of
from butler_tui.tui.screens.edit import EditScreen


@tool(effect=Effect.SEND, again=Again.ONCE, targets=("to",))
async def send_note(
    context,
    to: list[str],
    subject: str,
    body: Annotated[str, "the text"],
    copies: int = 1,
    kind: Literal["plain", "rich"] = "plain",
    urgent: bool = False,
    extra: dict[str, str] | None = None,
) -> dict[str, str]:
    """Send a note."""
    return {}


NOTE = {"to": ["anna@example.org"], "subject": "Hi", "body": "one\ntwo", "copies": 2}


async def editing(it, **more) -> str:
    it.butler.tools["send_note"] = send_note
    run = await it.start()
    note = held(tool="send_note", args=NOTE, effect=Effect.SEND, undoable=False, **more)
    it.butler.play(run, *dinner(), note)
    await it.listen()
    await it.pilot.press("e")
    await it.until(lambda: isinstance(it.app.screen, EditScreen))
    await it.pilot.pause()
    return run


def field(it, name: str):
    place = [one.name for one in it.app.screen._arguments].index(name)
    return it.app.screen.query_one(f"#argument-{place}")


async def test_the_changed_call_is_shown_and_a_second_key_allows_exactly_that(table):
    async with table() as it:
        await editing(it)
        field(it, "to").text = "anna@example.org\nbob@example.org"
        field(it, "copies").value = "3"
        field(it, "kind").value = 1
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "it would do this" in it.screen())
        assert it.butler.decisions == []
        await it.pilot.press("y")  # too soon
        await it.settle()
        assert it.butler.decisions == []
        await it.keep("y")
        (decision,) = it.butler.decisions
        assert decision.id == "a1b2c3d4"
        assert decision.args == {
            **NOTE,
            "to": ["anna@example.org", "bob@example.org"],
            "copies": 3,
            "kind": "rich",
        }


async def test_each_argument_has_the_field_of_its_type(table):
    async with table() as it:
        await editing(it)
        kinds = {name: type(field(it, name)) for name in ("to", "subject", "copies", "urgent")}
        assert issubclass(kinds["to"], TextArea)
        assert issubclass(kinds["subject"], TextArea)
        assert kinds["copies"] is Input
        assert kinds["urgent"] is Select
        assert "not given" in it.screen()


async def test_what_nobody_changed_stays_as_it_is_and_not_given_stays_not_given(table):
    async with table() as it:
        await editing(it)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "it would do this" in it.screen())
        await it.keep("y")
        assert it.butler.decisions[0].args == NOTE


async def test_escape_goes_back_to_the_fields_and_again_changes_nothing(table):
    async with table() as it:
        await editing(it)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "it would do this" in it.screen())
        await it.pilot.press("escape")
        assert field(it, "subject").text == "Hi"
        await it.pilot.press("escape")
        await it.settle()
        assert it.app.screen is it.app.main
        assert it.butler.decisions == []


async def test_errors_are_shown_in_the_form(table):
    async with table() as it:
        await editing(it)
        field(it, "extra").text = "{no"
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "extra is no JSON" in it.screen())
        field(it, "extra").text = ""
        field(it, "subject").text = "bad"
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "path must not be bad" in it.screen())
        assert isinstance(it.app.screen, EditScreen)
        assert it.butler.decisions == []


async def test_what_would_do_something_else_by_then_is_not_allowed(table):
    async with table(notifications=True) as it:
        await editing(it)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "it would do this" in it.screen())
        it.butler.previewing = "it would do that"
        await it.keep("y")
        assert it.butler.decisions == []
        assert "has changed meanwhile" in it.screen()


async def test_typing_y_into_a_field_allows_nothing(table):
    async with table() as it:
        await editing(it)
        for _ in range(3):
            it.clock.advance(2)
            await it.pilot.press("y", "enter", "Y")
        await it.settle()
        assert it.butler.decisions == []


async def test_enter_in_the_field_of_a_path_goes_on_and_adds_nothing(table):
    async with table() as it:
        await it.card()
        await it.pilot.press("e")
        await it.until(lambda: isinstance(it.app.focused, TextArea))
        path = it.app.focused
        await it.pilot.press("x", "enter")
        assert path.text == "dinner.mdx"
        assert it.app.focused is not path


@pytest.mark.parametrize("hidden", ["a\u200bb.md", "a\x1b[31m.md"])
async def test_hidden_characters_survive_a_form_that_nobody_changed(table, hidden):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), held(args={"path": hidden, "content": "x"}))
        await it.listen()
        await it.pilot.press("e")
        await it.until(lambda: isinstance(it.app.screen, EditScreen))
        await it.pilot.press("ctrl+s")
        await it.until(lambda: it.app.screen._now is not None)
        await it.keep("y")
        assert it.butler.decisions[0].args["path"] == hidden


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["to", "body", "copies", "kind", "urgent", "extra", "unknown"]))
def test_every_value_reads_back_from_its_own_text(value, name):
    argument = argument_of(name, {name: value}, send_note.parameter(name))
    assert argument.read(argument.text) == value
