"""The plan tree shows its revisions, what they took out, and a diff of any two."""

from __future__ import annotations

from scripted_butler import dinner, proposed

from butler_tui.core import events as ev

OLD = """search = web_search("Italian restaurants Munich", limit=3)
save = write_file("dinner.md", "x")
"""
NEW = OLD.replace("save", "note").replace("dinner.md", "notes.md")


def revised(because: str = "failed: pages", number: int = 2) -> list[ev.Event]:
    """A revision that keeps the search and has another step instead of all others."""
    step = f"note{number}"
    return [
        proposed(step, f'{step} = write_file("notes.md", "x")', write_file=["path", "content"]),
        ev.PlanProposed(revision=number, because=because, text=NEW, steps=["search", step]),
    ]


async def has_revised(it, *more: ev.Event) -> str:
    run = await it.start()
    it.butler.play(run, *dinner()[:4], ev.PlanProposed(revision=1, text=OLD))
    it.butler.play(run, *dinner()[6:9])
    for place in range(3):
        at = {"step": "pages", "item": (place,)}
        started = ev.StepStarted(**at, tool="read_page", effect="fetch")
        failed = ev.StepFailed(**at, code="timeout", error="too slow")
        it.butler.play(run, started, failed)
    await it.settle()
    it.butler.play(run, *revised(), *more)
    await it.settle()
    return run


async def test_the_head_says_the_revision_and_why_it_was_made(table):
    async with table() as it:
        await has_revised(it)
        assert "plan · revision 2 · because pages failed" in it.screen()


async def test_what_was_taken_out_is_folded_below_one_quiet_line(table):
    async with table() as it:
        await has_revised(it)
        screen = it.screen()
        assert "3 superseded" in screen
        assert "Read each one" not in screen
        await it.pilot.press("end", "right")
        await it.settle()
        screen = it.screen()
        assert "Read each one" in screen
        assert screen.index("note2") < screen.index("3 superseded") < screen.index("Read each one")
        assert "taken out by revision 2, because pages failed" in screen
        await it.pilot.press("left")
        await it.settle()
        assert "Read each one" not in it.screen()


async def test_rows_of_a_later_revision_stand_in_its_order(table):
    async with table() as it:
        run = await has_revised(it)
        it.butler.play(run, *revised("you edited the plan", 3))
        await it.settle()
        screen = it.screen()
        assert "4 superseded" in screen
        assert "because you edited the plan" in screen
        assert screen.index("note3") < screen.index("4 superseded")
        assert "note2" not in screen


async def test_a_diff_shows_the_newest_change_and_others_by_arrow_keys(table):
    async with table() as it:
        run = await has_revised(it)
        third = ev.PlanProposed(revision=3, because="x", text=NEW + "more()", steps=["search"])
        it.butler.play(run, third)
        await it.settle()
        await it.pilot.press("D")
        await it.until(lambda: "revision 2 → 3" in it.screen())
        assert "+more()" in it.screen()
        await it.pilot.press("up")
        await it.until(lambda: "revision 1 → 3" in it.screen())
        await it.pilot.press("left")
        await it.until(lambda: "revision 1 → 2" in it.screen())
        assert '-save = write_file("dinner.md", "x")' in it.screen()
        await it.pilot.press("D")
        await it.until(lambda: it.app.screen is it.app.main)


async def test_one_revision_has_nothing_to_compare(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        await it.pilot.press("D")
        await it.settle()
        assert "one revision so far" in it.screen()


async def test_drafts_are_not_shown_before_their_revision_is_whole(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        it.butler.play(run, revised()[0])
        await it.settle()
        assert "note2" not in it.screen()
        assert "planning anew" in it.screen()
        it.butler.play(run, ev.PlanRefused(answer=1, problems=["no"]))
        await it.settle()
        assert "planning anew" not in it.screen()
        assert "note2" not in it.screen()
