"""A plan's sheet is a card: its calls are rows, taken off, changed, and accepted with one key."""

from __future__ import annotations

import pytest
from scripted_butler import chosen, held, proposed
from textual.widgets import Input, TextArea

from butler_tui.core import events as ev
from butler_tui.core.tool import Again, Effect, tool
from butler_tui.tui.screens.bounds import BoundsScreen
from butler_tui.tui.screens.edit import EditScreen

SHEET = "sheet000"


@tool(effect=Effect.CHANGE, undoable=True, targets=("path",))
async def write_file(context, path: str, content: str) -> dict[str, str]:
    """Write a file."""
    return {}


@tool(effect=Effect.SEND, again=Again.ONCE, targets=("to",))
async def send_mail(context, to: str, body: str) -> dict[str, str]:
    """Send a mail."""
    return {}


def plan() -> list[ev.Event]:
    """Two files and a mail, whose body is not known before the mails were read."""
    return [
        proposed("one", 'one = write_file("one.md", "1")  # First', write_file=["path", "content"]),
        proposed("two", 'two = write_file("two.md", "2")  # Then', write_file=["path", "content"]),
        proposed("note", "note = read_mail(1)  # Read the mail", read_mail=["number"]),
        proposed("mail", 'mail = send_mail("a@example.org", note.text)', send_mail=["to", "body"]),
        ev.PlanProposed(revision=1, title="Two notes and a mail"),
        *[
            held(
                f"id{step}",
                step=step,
                args={"path": f"{step}.md", "content": number},
                preview=f"+preview of {step}",
                labels=dict.fromkeys(("path", "content"), chosen()),
            )
            for step, number in (("one", "1"), ("two", "2"))
        ],
        ev.PlanOffered(
            id=SHEET,
            revision=1,
            approvals=["idone", "idtwo"],
            later=[{"step": "mail", "tool": "send_mail", "effect": "send"}],
        ),
    ]


async def offered(it) -> str:
    it.butler.tools.update(write_file=write_file, send_mail=send_mail)
    run = await it.start()
    it.butler.play(run, *plan())
    await it.listen()
    return run


async def pick(it, *keys: str) -> None:
    it.bench.needs.focus()
    await it.pilot.press(*keys)
    await it.pilot.pause()
    it.clock.advance(2)


def decided(it) -> list[tuple[str, str]]:
    return [(one.id, one.decision) for one in it.butler.decisions]


async def test_the_sheet_lists_its_calls_with_previews_and_names_what_comes_later(table):
    async with table() as it:
        await offered(it)
        screen = it.screen()
        for said in ("plan · revision 1", "[x] one  write_file", "[x] two", "+preview of one"):
            assert said in screen
        assert "mail  send_mail · send" in screen
        assert "y accept 2" in screen


async def test_y_accepts_all_of_it(table):
    async with table() as it:
        await offered(it)
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == [("idone", "allow"), ("idtwo", "allow")]
        (acceptance,) = it.butler.acceptances
        assert (acceptance.without, acceptance.edits, acceptance.bounds) == (frozenset(), {}, ())
        assert not it.bench.needs.display


async def test_why_says_what_the_keys_do_on_a_sheet(table):
    async with table() as it:
        await offered(it)
        await it.pilot.press("question_mark")
        await it.pilot.pause()
        assert "y accepts the plan with 2 calls of these 2." in it.screen()
        assert "space takes the call under the cursor off" in it.screen()
        assert "y allows this one call" not in it.screen()


async def test_space_takes_a_call_off_and_puts_it_back(table):
    async with table() as it:
        await offered(it)
        await pick(it, "down", "space")
        assert "y accept 1" in it.screen()
        await pick(it, "space", "up", "space")
        await it.pilot.press("y")
        await it.settle()
        assert decided(it) == [("idone", "deny"), ("idtwo", "allow")]


async def test_e_changes_a_call_on_the_sheet_and_y_accepts_it_so(table):
    async with table() as it:
        await offered(it)
        await pick(it, "down")
        await it.pilot.press("e")
        await it.until(lambda: isinstance(it.app.screen, EditScreen))
        it.app.screen.query(TextArea).first().text = "second.md"
        await it.pilot.press("ctrl+s")
        await it.until(lambda: "it would do this" in it.screen())
        await it.keep("y")
        assert it.butler.decisions == []
        assert "changed by you" in it.screen()
        await it.listen()
        await it.pilot.press("y")
        await it.settle()
        (shown,) = it.butler.acceptances[0].edits.values()
        assert shown.args == {"path": "second.md", "content": "2"}
        assert shown.preview.startswith("it would do this")
        assert it.butler.decisions[1].args["path"] == "second.md"


async def test_the_detail_makes_room_while_it_would_say_what_the_sheet_says(table):
    async with table() as it:
        await offered(it)
        assert it.bench.key == ("one", ("one", ()))
        assert not it.bench.detail.display
        it.bench.plan.focus()
        await it.pilot.press("down")
        await it.until(lambda: "+preview of two" in it.screen())
        assert not it.bench.detail.display
        await it.pilot.press("down")
        await it.until(lambda: it.bench.detail.display)
        assert "Read the mail" in it.screen()
        assert "+preview of two" in it.screen()


async def test_paths_that_lead_where_they_say_are_said_once_and_others_each(table):
    async with table(size=(120, 50)) as it:
        it.butler.tools.update(write_file=write_file)
        run = await it.start()
        seen = {".": "/home/me", "path": "/home/me/one.md"}
        linked = {".": "/home/me", "path": "/srv/two.md"}
        it.butler.play(
            run,
            *plan()[:5],
            held("idone", step="one", args={"path": "one.md"}, seen=seen),
            held("idtwo", step="two", args={"path": "two.md"}, seen=linked),
            ev.PlanOffered(id=SHEET, revision=1, approvals=["idone", "idtwo"]),
        )
        await it.listen()
        assert "paths start in /home/me" in it.screen()
        assert "path is" not in it.screen()
        await pick(it, "down")
        assert "path is /srv/two.md" in it.screen()


async def test_n_denies_the_whole_sheet(table):
    async with table() as it:
        await offered(it)
        await it.pilot.press("n")
        await it.until(lambda: isinstance(it.app.focused, Input))
        await it.pilot.press(*"no", "enter")
        await it.settle()
        assert decided(it) == [("idone", "deny"), ("idtwo", "deny")]
        assert not it.bench.needs.display


@pytest.mark.parametrize("key", ["enter", "escape", "r", "A", "Y", "space"])
async def test_no_other_key_accepts_a_sheet(table, key):
    async with table() as it:
        await offered(it)
        it.bench.needs.focus()
        await it.pilot.press(key)
        await it.settle()
        assert it.butler.decisions == []
        assert it.app.screen is it.app.main


async def test_a_sheet_is_as_deaf_as_any_card(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *plan())
        await it.settle()
        it.clock.advance(0.4)
        await it.pilot.press("y")
        await it.settle()
        assert it.butler.decisions == []


async def test_a_sheet_decided_elsewhere_goes(table):
    async with table() as it:
        run = await offered(it)
        await it.butler.deny(SHEET)
        await it.settle()
        assert run in it.butler.journals
        assert not it.bench.needs.display


async def bounds(it, most: str = "3") -> BoundsScreen:
    await it.pilot.press("S")
    await it.until(lambda: isinstance(it.app.screen, BoundsScreen))
    await it.pilot.pause()
    screen = it.app.screen
    tools = [draft.tool for draft in screen._drafts]
    screen.query_one(f"#most-{tools.index('send_mail')}", Input).value = most
    names = list(screen._drafts[tools.index("send_mail")].args)
    to = screen.query_one(f"#argument-{tools.index('send_mail')}-{names.index('to')}", TextArea)
    to.text = "a@example.org\n*@example.com"
    screen.query_one(f"#sources-{tools.index('send_mail')}", TextArea).text = "body: mail from *"
    await it.pilot.pause()
    return screen


async def test_s_signs_bounds_with_the_sheet(table):
    async with table(size=(120, 50)) as it:
        run = await offered(it)
        screen = await bounds(it)
        screen.query_one("#cost", Input).value = "0.5"
        await it.pilot.pause()
        assert "allow at most 3 send_mail where to is a@example.org or *@example.com" in it.screen()
        assert "with body from mail from *" in " ".join(it.screen().split())
        assert "with any body" in it.screen()
        assert "models may cost at most $0.50" in it.screen()
        assert "also accepts the plan's sheet" in it.screen()
        assert it.butler.acceptances == []
        await it.keep()
        (acceptance,) = it.butler.acceptances
        files, bound = acceptance.bounds
        assert (files.tool, files.most) == ("write_file", 2)
        assert (bound.tool, bound.run, bound.most) == ("send_mail", run, 3)
        assert bound.args == {"to": ("a@example.org", "*@example.com")}
        assert bound.sources == {"body": ("mail from *",)}
        assert acceptance.cost_usd == 0.5


async def test_signing_keeps_what_was_taken_off_the_sheet(table):
    async with table() as it:
        await offered(it)
        await pick(it, "space")
        await bounds(it)
        await it.keep()
        assert it.butler.acceptances[0].without == {"idone"}
        assert decided(it) == [("idone", "deny"), ("idtwo", "allow")]


async def test_neither_enter_nor_a_hasty_key_signs(table):
    async with table() as it:
        await offered(it)
        screen = await bounds(it)
        it.clock.advance(3)
        for key in ("enter", "y", "tab", "enter", "ctrl+s"):  # the last: right behind another key
            await it.pilot.press(key)
        await it.settle()
        assert it.app.screen is screen
        await it.pilot.press("escape")
        await it.settle()
        assert (it.butler.acceptances, it.butler.signed) == ([], [])


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [("#most-1", "0", "from 1 to 9999"), ("#sources-1", "nobody: x", "no argument nobody")],
)
async def test_bounds_that_are_wrong_say_so_and_cannot_be_signed(table, field, typed, said):
    async with table(size=(120, 50)) as it:
        await offered(it)
        screen = await bounds(it)
        one = screen.query_one(field)
        if isinstance(one, Input):
            one.value = typed
        else:
            one.text = typed
        await it.pilot.pause()
        assert said in it.screen()
        await it.keep()
        assert it.app.screen is screen
        assert it.butler.acceptances == []


async def test_s_without_a_sheet_signs_for_calls_to_come(table):
    async with table() as it:
        run = await offered(it)
        await it.pilot.press("y")
        await it.settle()
        it.clock.advance(2)
        await bounds(it)
        await it.keep()
        ((signed, rules, cost),) = it.butler.signed
        assert (signed, cost) == (run, None)
        assert [rule.tool for rule in rules] == ["send_mail"]
        await it.pilot.press("home")
        await it.settle()
        assert "allow at most 3 send_mail where to is" in it.screen()
        it.clock.advance(2)
        await it.pilot.press("S")
        await it.until(lambda: isinstance(it.app.screen, BoundsScreen))
        assert it.app.screen.query_one("#most-1", Input).value == "3"


async def test_bounds_start_from_the_calls_that_are_left_on_the_sheet(table):
    async with table(size=(120, 50)) as it:
        await offered(it)
        await it.pilot.press("S")
        await it.until(lambda: isinstance(it.app.screen, BoundsScreen))
        paths = it.app.screen.query_one("#argument-0-0", TextArea).text
        assert paths == "/home/me/one.md\n/home/me/two.md"
        assert it.app.screen.query_one("#most-0", Input).value == "2"
        assert "write_file  at most how many more, beside the 2 on the sheet" in it.screen()
        assert "send_mail  at most how many calls" in it.screen()
        assert "at most 2 write_file" in it.screen()
        assert ", beside the 2 on the sheet" in it.screen().split("at most 2 write_file")[1]
        assert it.app.screen.query_one("#most-1", Input).value == ""
        await it.pilot.press("escape")
        await it.until(lambda: it.app.screen is it.app.main)
        await pick(it, "space")
        await it.pilot.press("S")
        await it.until(lambda: isinstance(it.app.screen, BoundsScreen))
        assert it.app.screen.query_one("#argument-0-0", TextArea).text == "/home/me/two.md"
        assert it.app.screen.query_one("#most-0", Input).value == "1"
        assert "beside the 1 on the sheet" in it.screen()


async def test_bounds_start_from_no_count_without_a_sheet(table):
    async with table(size=(120, 50)) as it:
        it.butler.tools.update(write_file=write_file, send_mail=send_mail)
        run = await it.start()
        it.butler.play(run, *plan()[:6])
        await it.listen()
        await it.pilot.press("S")
        await it.until(lambda: isinstance(it.app.screen, BoundsScreen))
        assert it.app.screen.query_one("#argument-0-0", TextArea).text == "/home/me/one.md"
        assert it.app.screen.query_one("#most-0", Input).value == ""
        await it.keep()
        assert isinstance(it.app.screen, BoundsScreen)
