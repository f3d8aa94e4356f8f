"""Long text is there in full, and laid out as one scrolls towards it."""

from __future__ import annotations

from scripted_butler import dinner, held

from butler_tui.core import events as ev

LONG = "\n".join(f"line {number}" for number in range(20_000))


async def test_a_card_holds_every_line_of_a_long_argument(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), held(args={"path": "p", "content": LONG}, preview=""))
        await it.listen()
        body = it.bench.needs.query_one("#card-body")
        assert len(body.children) <= 4
        it.bench.needs.focus()
        for _ in range(40):
            body.scroll_end(animate=False)
            await it.pilot.pause()
            if "line 19999" in it.screen():
                break
        assert "line 19999" in it.screen()


async def test_a_long_answer_is_shown_quickly_and_as_written(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), ev.RunFinished(answer=LONG))
        await it.settle()
        assert "line 20" in it.screen()


async def test_m_shows_markdown_as_it_was_written(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner(), ev.RunFinished(answer="# Title\n\nsome *words*"))
        await it.settle()
        assert "some words" in it.screen()
        await it.pilot.press("m")
        await it.pilot.pause()
        assert "some *words*" in it.screen()
        await it.pilot.press("m")
        await it.until(lambda: "some words" in it.screen())


async def test_the_whole_screen_shows_the_step_and_goes_back(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        await it.pilot.press("d")
        await it.pilot.pause()
        assert "https://example.org/pizzeria" in it.screen()
        assert "plan · revision" not in it.screen()
        await it.pilot.press("escape")
        assert it.app.screen is it.app.main


async def test_only_the_end_of_a_stream_is_shown_while_it_goes_on(table):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *dinner())
        await it.settle()
        it.butler.progress(
            run, "pages", (2,), text=" ".join(f"w{number}" for number in range(5000))
        )
        await it.until(lambda: "w4999" in it.screen())
        assert "so far" in it.screen()
