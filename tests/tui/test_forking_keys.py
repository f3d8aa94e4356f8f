"""New runs are made from the plan of an old one: from a step on, with an output, as a follow-up."""

from __future__ import annotations

from model_server import Answer, ModelServer
from scripted_butler import accepted, proposed
from test_tui_whole import Person, Seat, person  # noqa: F401  (a fixture)
from textual.widgets import TextArea

from butler_tui.core import events as ev
from butler_tui.core.run import RunState


def state(seat: Seat) -> RunState:
    desk = seat.app.desk
    assert desk is not None and desk.current is not None
    return desk.current.state


async def copied(seat: Seat) -> str:
    await seat.asks("copy a.md to b.md")
    await seat.allows("write_file")
    await seat.sees("Copied to b.md.", "done")
    return state(seat).id


async def to_row(seat: Seat, statement: str) -> None:
    bench = seat.app.main.bench
    bench.plan.focus()
    await seat.pilot.press("home")
    while bench.key[0] != statement:
        await seat.pilot.press("down")
        await seat.pilot.pause()


async def other_run(seat: Seat, run: str) -> None:
    while state(seat).id in (run, ""):
        await seat.pilot.pause(0.02)


async def test_a_step_runs_again_in_a_new_run_and_is_asked_again(person: Person) -> None:  # noqa: F811
    async with person.sits_down() as seat:
        run = await copied(seat)
        (person.folder / "b.md").unlink()
        await to_row(seat, "saved")
        await seat.pilot.press("G")
        await other_run(seat, run)
        await seat.allows("write_file")
        await seat.sees("Copied to b.md.", "done")
        assert state(seat).calls["note", ()].taken == run
        assert (person.folder / "b.md").read_text() == "# A note\n"


async def test_on_the_whole_run_it_says_where_to_put_the_cursor(person: Person) -> None:  # noqa: F811
    async with person.sits_down() as seat:
        await copied(seat)
        seat.app.main.bench.plan.focus()
        await seat.pilot.press("home", "G")
        await seat.sees("Put the cursor on a step of the plan")
        await seat.pilot.press("O")
        await seat.sees("Put the cursor on a step of the plan to give its output.")


async def test_what_depends_on_a_changed_output_runs_again_with_it(person: Person) -> None:  # noqa: F811
    async with person.sits_down() as seat:
        run = await copied(seat)
        (person.folder / "b.md").unlink()
        await to_row(seat, "note")
        await seat.pilot.press("O")
        await seat.sees("the output of note", "Nothing is changed yet.", "ctrl+s run with it")
        seat.app.screen.query_one(TextArea).text = "# Mine\n"
        await seat.sees("Taken as its text; the other fields stay.")
        seat.clock.advance(3)
        await seat.pilot.press("ctrl+s")
        await other_run(seat, run)
        await seat.allows("write_file", "+# Mine")
        await seat.sees("Copied to b.md.", "done")
    assert (person.folder / "b.md").read_text() == "# Mine\n"
    assert (person.folder / "a.md").read_text() == "# A note\n"


async def test_a_title_is_given_and_stands_on_the_screen_and_in_the_history(
    person: Person,  # noqa: F811
) -> None:
    async with person.sits_down() as seat:
        await copied(seat)
        await seat.pilot.press("T")
        await seat.sees("the run's title")
        seat.app.screen.query_one("#title").value = "  Notes   for  Anna "
        await seat.pilot.press("enter")
        await seat.sees("Notes for Anna", "plan · revision 1")
        await seat.pilot.press("ctrl+r")
        await seat.sees("past runs", "Notes for Anna")


async def test_a_follow_up_uses_what_the_run_found(
    person: Person,  # noqa: F811
    model_server: ModelServer,
) -> None:
    person.model = model_server
    model_server.add(
        Answer('# Read\nnote = read_file("a.md")  # Read it\nanswer(note.text)\n', when="What is"),
        Answer('approve("Read.")', when="A note"),
        Answer("# Say it again\nanswer(note.text)\n", when="Say it again"),
        Answer('approve("Said.")', when="Say it again"),
    )
    async with person.sits_down() as seat:
        await seat.asks("What is in a.md?")
        await seat.sees("A note", "done", "F follow up")
        run = state(seat).id
        await seat.pilot.press("F")
        await seat.sees("a goal that follows this run")
        await seat.pilot.press("escape")
        await seat.sees("type a goal")
        await seat.pilot.press("F")
        await seat.sees("a goal that follows this run")
        seat.app.main.goal.value = "Say it again"
        await seat.pilot.press("enter")
        await other_run(seat, run)
        await seat.sees("done")
        earlier = state(seat).earlier
        assert earlier is not None
        assert (earlier.run, earlier.how) == (run, "further")
        assert state(seat).calls["note", ()].taken == run


async def test_a_run_that_was_cancelled_needs_nobody(person: Person) -> None:  # noqa: F811
    async with person.sits_down() as seat:
        await seat.asks("copy a.md to b.md")
        await seat.sees("write_file", "needs you", "p pause")
        seat.clock.advance(3)
        await seat.pilot.press("X")
        await seat.sees("cancelled", "not decided")
        assert "needs you" not in seat.screen()
        assert "p pause" not in seat.screen()
        assert "g again" in seat.screen()
    assert [one.name for one in person.folder.iterdir()] == ["a.md"]


async def test_an_output_that_nobody_saw_is_asked_for(table) -> None:
    async with table() as it:
        it.butler.play(
            "x1",
            accepted("ask"),
            proposed("a", 'a = read_page("x")', read_page=["url"]),
            proposed("b", "b = write_text(a.text)", write_text=["text"]),
            ev.PlanProposed(revision=1),
            ev.StepStarted(step="a", tool="read_page", effect="fetch"),
            ev.StepUnknown(step="a", evidence="it may have happened"),
            ev.QuestionAsked(
                id="q", step="a", question="?", choices=["mark as done"], about="unknown"
            ),
            ev.QuestionAnswered(id="q", answer="mark as done"),
            ev.StepFailed(step="b", code="no_output", error="a has no text"),
            ev.RunFailed(error="a has no text"),
        )
        await it.app.desk.open_run("x1")
        await it.settle()
        it.bench.plan.focus()
        await it.pilot.press("home", "down")
        await it.until(lambda: "Nobody saw its output; O gives it, in a new run." in it.screen())
        await it.pilot.press("down")
        await it.until(lambda: "O on a gives it." in it.screen())
