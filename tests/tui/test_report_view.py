"""Rehearsals, receipts, reports and undoing as they are shown."""

from __future__ import annotations

from scripted_butler import chosen, dinner, held, of_step, proposed

from butler_tui.core import events as ev
from butler_tui.core.tool import Effect


def text_of(view) -> str:
    return "\n".join(getattr(part, "plain", getattr(part, "text", "")) for part in view.parts)


REHEARSED = [
    proposed("save", 'save = write_file("a.md", "x")  # Save', write_file=["path", "content"]),
    proposed("mail", 'mail = send_mail("a@example.org", "x")', send_mail=["to", "body"]),
    ev.PlanProposed(revision=1, title="Save and send"),
    ev.ModelCalled(role="planner", model="m", cost=0.004),
    ev.StepRehearsed(
        step="save",
        tool="write_file",
        effect=Effect.CHANGE,
        args={"path": "a.md", "content": "x"},
        labels={"path": chosen()},
        preview="+x",
        preview_kind="diff",
        decision="ask",
        because="it changes something on this machine",
    ),
    ev.StepRehearsed(
        step="mail",
        tool="send_mail",
        effect=Effect.SEND,
        args={"to": "a@example.org", "body": "x"},
        preview="To: a@example.org",
        decision="allow",
    ),
]


async def test_a_key_in_the_goal_rehearses_it_and_the_end_says_what_would_happen(table):
    async with table(size=(120, 60)) as it:
        await it.pilot.press(*"dinner", "ctrl+t")
        await it.until(lambda: it.butler.journals)
        await it.settle()
        assert it.butler.requests[0].goal == "dinner"
        assert it.butler.requests[0].rehearse is True
        (run,) = it.butler.journals
        it.butler.play(run, *REHEARSED, ev.RunFinished(answer="Saved."))
        await it.settle()
        screen = it.screen()
        assert "rehearsal: dinner" in screen
        assert "plan · revision 1 · rehearsal" in screen
        assert "~ save" in screen
        for said in ("would be changed: 1 call", "would be sent: 1 call", "To: a@example.org"):
            assert said in screen
        assert "it would be asked because it changes something" in screen
        assert "what the rehearsal cost" in screen
        assert "0.4 ct in 1 call" in screen


async def test_enter_does_not_rehearse_and_an_empty_goal_rehearses_nothing(table):
    async with table() as it:
        await it.pilot.press("ctrl+t")
        await it.settle()
        assert it.butler.requests == []
        await it.start("dinner")
        assert it.butler.requests[0].rehearse is False
        assert "goal: dinner" in it.screen()


async def test_g_on_a_rehearsal_rehearses_again(table):
    async with table() as it:
        await it.pilot.press(*"dinner", "f4")
        await it.until(lambda: it.butler.journals)
        await it.settle()
        await it.pilot.press("g")
        await it.until(lambda: len(it.butler.requests) == 2)
        assert it.butler.requests[1].rehearse is True


def done(step: str, verdict: str, detail: str = "") -> list[ev.Event]:
    started = ev.StepStarted(step=step, tool="write_file", effect=Effect.CHANGE)
    receipt = {"summary": f"wrote {step}.md", "facts": {"path": f"{step}.md"}}
    finished = ev.StepFinished(step=step, output={}, receipt=receipt, seconds=0.1)
    plan = proposed(step, f"{step} = write_file('{step}', 'c')", write_file=["path", "content"])
    if not verdict:
        return [plan, started, finished]
    return [plan, started, finished, ev.ReceiptChecked(step=step, verdict=verdict, detail=detail)]


def checked_run() -> list[ev.Event]:
    return [
        *done("a", "verified"),
        *done("b", "unverified", "the server does not say"),
        *done("c", "failed", "the file is not there"),
        *done("d", ""),
        ev.PlanProposed(revision=1),
        held("e1", step="e"),
        ev.ApprovalDecided(id="e1", decision="deny", reason="not this"),
        ev.RunFinished(answer="All written."),
    ]


async def test_the_report_is_what_code_found_not_what_was_said(table):
    async with table(size=(120, 60)) as it:
        run = await it.start("write four notes")
        it.butler.play(run, *checked_run())
        await it.settle()
        await it.pilot.press("R")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.pause()
        screen = it.screen()
        for said in (
            "write four notes",
            "✓ a: wrote a.md  verified",
            "? b: wrote b.md  unverified: the server does not say",
            "✗ c: wrote c.md  failed: the file is not there",
            "? d: wrote d.md  unverified",
            "- e denied: write_file(",
        ):
            assert said in screen


async def test_verdicts_stand_in_the_plan_and_beside_it(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *checked_run())
        await it.settle()
        states = {name: it.bench.plan.row((name, None)) for name in "abc"}
        assert [row.state for row in states.values()] == ["verified", "unverified", "found failed"]
        assert states["c"].mark.sign == "✗"
        await it.pilot.press("home", "down", "down")
        await it.settle()
        assert "? unverified: the server does not say" in it.screen()


async def test_U_shows_the_run_that_undoes_and_asks_nothing_before(table):  # noqa: N802
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *checked_run())
        await it.settle()
        await it.pilot.press("U")
        await it.settle()
        assert it.butler.undone == [(run, None)]
        assert it.app.desk.current.run.startswith("u")
        assert it.butler.driven[-1] == it.app.desk.current.run


async def test_U_on_a_step_undoes_that_step(table):  # noqa: N802
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *checked_run())
        await it.settle()
        await it.pilot.press("home", "down")
        await it.settle()
        await it.pilot.press("U")
        await it.settle()
        assert it.butler.undone == [(run, "a")]


async def test_what_was_undone_says_so(table):
    async with table() as it:
        run = await it.start()
        undone = ev.StepUndone(step="a", by="u002", left=["a.md changed since"])
        it.butler.play(run, *checked_run(), undone)
        await it.settle()
        assert it.bench.plan.row(("a", None)).state == "undone"
        await it.pilot.press("home", "down")
        await it.settle()
        assert "undone by run u002" in it.screen()
        assert "left alone: a.md changed since" in it.screen()


async def test_v_shows_the_text_that_an_argument_came_from(table):
    async with table(size=(120, 60)) as it:
        run = await it.start("Dinner for two")
        origin = of_step("pages", "web page example.org")
        text = held(labels={"path": chosen(), "content": origin})
        it.butler.play(run, *dinner(), text)
        await it.listen()
        it.bench.needs.focus()
        await it.pilot.press("v")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.pause()
        screen = it.screen()
        assert "output of pages[0]" in screen
        assert "Fresh pasta, open until 23:00." in screen
        assert "butler chose" in screen
        await it.pilot.press("escape")
        assert it.butler.decisions == []


async def test_v_shows_the_goal_where_a_value_came_from_it(table):
    async with table() as it:
        run = await it.start("Save it in dinner.md")
        from butler_tui.core.labels import Label, Labels, Source

        goal = Labels(Label.of(Source("goal"))).dump()
        it.butler.play(run, *dinner(), held(labels={"path": goal, "content": chosen()}))
        await it.listen()
        it.bench.needs.focus()
        await it.pilot.press("v")
        await it.until(lambda: it.app.screen is not it.app.main)
        await it.pilot.pause()
        assert "your goal" in it.screen()
        assert it.screen().count("Save it in dinner.md") == 1
