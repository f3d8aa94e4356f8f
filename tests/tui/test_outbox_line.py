"""What sends waits where one key takes it back, and another lets it go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from scripted_butler import held, proposed

from butler_tui.core import events as ev
from butler_tui.core.calls import CallStatus
from butler_tui.core.tool import Effect


async def sending(it, *steps: str, body: str = "x") -> str:
    run = await it.start()
    for place, step in enumerate(steps):
        text = f'{step} = send_mail("{step}@example.org", "x")  # Send {step}'
        it.butler.play(
            run,
            proposed(step, text, send_mail=["to", "body"]),
            held(
                f"id{step}",
                step=step,
                tool="send_mail",
                args={"to": f"{step}@example.org", "body": body},
                effect=Effect.SEND,
                undoable=False,
                preview="",
            ),
            ev.ApprovalDecided(id=f"id{step}", decision="allow"),
            ev.SendHeld(step=step, until=it.clock.now() + timedelta(seconds=8 + place)),
        )
    await it.settle()
    return run


def status(it, step: str) -> CallStatus:
    return it.app.desk.current.state.calls[(step, ())].status


async def test_the_seconds_are_counted_down(table):
    async with table() as it:
        await sending(it, "anna")
        assert "sends in 8 s" in it.screen()
        assert "outbox · 1 call to send" in it.screen()
        it.clock.advance(3)
        await it.until(lambda: "sends in 5 s" in it.screen())
        it.clock.advance(30)
        await it.until(lambda: "sends now" in it.screen())


@pytest.mark.parametrize("size", [(120, 36), (100, 30), (80, 24)])
async def test_its_keys_are_named_however_long_the_call_is(table, size):
    async with table(size=size) as it:
        await sending(it, "anna", body="a long letter " * 40)
        assert "u take back" in it.screen()
        assert "b goes here first" in it.screen()


async def test_it_takes_no_focus_and_goes_when_it_is_empty(table):
    async with table() as it:
        run = await sending(it, "anna")
        assert it.app.focused is it.bench.plan
        it.butler.play(run, ev.StepStarted(step="anna", tool="send_mail", effect=Effect.SEND))
        await it.settle()
        assert not it.bench.outbox.display


async def test_u_takes_back_from_the_plan(table):
    async with table() as it:
        await sending(it, "anna")
        await it.pilot.press("u")
        await it.settle()
        assert status(it, "anna") is CallStatus.TAKEN_BACK
        assert "taken back" in it.screen()
        assert not it.bench.outbox.display


async def test_u_takes_back_the_step_under_the_cursor_else_what_goes_next(table):
    async with table() as it:
        await sending(it, "anna", "bob", "cleo")
        await it.pilot.press("home", "down", "down")
        await it.settle()
        await it.pilot.press("u")
        await it.settle()
        assert status(it, "bob") is CallStatus.TAKEN_BACK
        await it.pilot.press("home", "u")
        await it.settle()
        assert status(it, "anna") is CallStatus.TAKEN_BACK
        assert status(it, "cleo") is CallStatus.OUTBOX


async def test_enter_on_it_sends_now(table):
    async with table() as it:
        run = await sending(it, "anna", "bob")
        await it.pilot.press("b")
        assert it.bench.outbox.has_focus
        it.clock.advance(1)
        await it.pilot.press("down")
        it.clock.advance(1)
        await it.pilot.press("enter")
        await it.settle()
        released = [
            one.event for one in it.butler.journals[run] if isinstance(one.event, ev.SendReleased)
        ]
        assert [one.step for one in released] == ["bob"]


async def test_an_enter_right_behind_the_focus_or_in_the_plan_sends_nothing(table):
    async with table() as it:
        run = await sending(it, "anna")
        await it.pilot.press("enter", "enter", "b", "enter", "enter")
        await it.settle()
        events = [one.event for one in it.butler.journals[run]]
        assert not any(isinstance(one, ev.SendReleased) for one in events)


async def test_an_enter_meant_for_one_that_has_just_gone_does_not_send_the_next(table):
    async with table() as it:
        run = await sending(it, "anna", "bob")
        await it.pilot.press("b")
        it.clock.advance(1)
        it.butler.play(run, ev.StepStarted(step="anna", tool="send_mail", effect=Effect.SEND))
        await it.settle()
        await it.pilot.press("enter")
        await it.settle()
        events = [one.event for one in it.butler.journals[run]]
        assert not any(isinstance(one, ev.SendReleased) for one in events)


async def test_u_in_the_outbox_takes_back_what_is_looked_at_and_focus_goes_home(table):
    async with table() as it:
        await sending(it, "anna", "bob")
        await it.pilot.press("b", "down", "u")
        await it.settle()
        assert status(it, "bob") is CallStatus.TAKEN_BACK
        await it.pilot.press("u")
        await it.settle()
        assert status(it, "anna") is CallStatus.TAKEN_BACK
        assert it.app.focused is it.bench.plan


async def test_what_has_gone_cannot_be_taken_back_and_says_so(table):
    async with table(notifications=True) as it:
        run = await sending(it, "anna")
        await it.pilot.press("u")
        await it.settle()
        await it.pilot.press("u")
        await it.settle()
        assert "The outbox is empty." in it.screen()
        assert run in it.butler.journals


async def test_clicks_do_what_the_keys_do_but_the_first_only_focuses(table):
    async with table() as it:
        run = await sending(it, "anna", "bob")
        lines = it.screen().split("\n")
        row = next(y for y, line in enumerate(lines) if "send now" in line)
        column = lines[row].index("send now")
        await it.pilot.click(offset=(column, row))
        await it.settle()
        assert it.bench.outbox.has_focus
        assert status(it, "anna") is CallStatus.OUTBOX
        it.clock.advance(1)
        await it.pilot.click(offset=(column, row))
        await it.settle()
        events = [one.event for one in it.butler.journals[run]]
        assert [one.step for one in events if isinstance(one, ev.SendReleased)] == ["anna"]
        bob = next(y for y, line in enumerate(lines) if "bob@example.org" in line and y > 5)
        await it.pilot.click(offset=(column, bob))
        await it.pilot.click(offset=(lines[row].index("take back"), row))
        await it.settle()
        assert status(it, "bob") is CallStatus.TAKEN_BACK


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 36)])
async def test_the_panel_names_its_keys_with_and_without_the_focus(table, size):
    async with table(size=size) as it:
        run = await sending(it, "anna", "bob")
        it.butler.play(run, held("other"))
        await it.settle()
        for said in ("u take back", "enter send now", "b goes here first"):
            assert said in it.screen()
        await it.pilot.press("b")
        await it.settle()
        for said in ("u take back", "enter send now", "↑↓ which", "esc plan"):
            assert said in it.screen()
