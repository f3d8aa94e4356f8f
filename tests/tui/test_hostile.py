"""Text from models, tools, files and strangers is shown, and never obeyed."""

from __future__ import annotations

import pytest
from scripted_butler import accepted, dinner, held, proposed
from textual.widgets import Markdown

from butler_tui.core import events as ev
from butler_tui.core.tool import Effect

HOSTILE = {
    "markup": "[/usr/bin] [b]bold[/] [red",
    "action": "[@click=app.leave]Quit[/] [@click=app.notify('owned')]press[/]",
    "link": "[link=https://evil.example]here[/link]",
    "title": "\x1b]0;owned\x07 \x1b]52;c;b3duZWQ=\x07",
    "colour": "\x1b[8mhidden\x1b[0m \x9b31mred",
    "bidi": "txt.\u202eexe\u2066\u200b",
    "tags": "pay\U000e0070\U000e0061\U000e0079\ufe00\ufe01",
    "hyperlink": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\ \x9d8;;x\x9c",
    "letters": "p\u0430ypal \u0440\u0430\u0443\u0440\u0430.com xn--80ak6aa92e.com a\u0338\u0301",
    "newline": "one\r\ntwo\x0bthree\x0cfour",
    "wide": "日本語" * 60,
    "long": "x" * 5000,
    "surrogate": "a\ud800b",
    "null": "a\x00b",
    "markdown": "[click](javascript:alert(1)) ![i](http://evil.example/x.png) <b>html</b>",
}


def painted(app) -> tuple[str, set[str]]:
    """The text on the screen, and every action that a click on it would run."""
    strips = app.screen._compositor.render_strips()
    metas = [
        segment.style.meta for strip in strips for segment in strip if segment.style is not None
    ]
    actions = {str(meta["@click"]) for meta in metas if "@click" in meta}
    return "\n".join(strip.text for strip in strips), actions


def assert_harmless(app) -> None:
    text, actions = painted(app)
    left = [char for char in text if (ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0]
    assert left == []
    assert not set(text) & set("\u202e\u2066\u200b\ud800\U000e0070\ufe01")
    assert all(action.startswith("link(") for action in actions)


def hostile_run(text: str) -> list[ev.Event]:
    """A run in which every text that others write is hostile."""
    return [
        proposed("one", f"one = read_page('x')  # {text.splitlines()[0][:60]}", read_page=["url"]),
        proposed("two", "two = write_file('p', 'c')", write_file=["path", "content"]),
        proposed("say", "say = answer('x')", answer=["text"]),
        ev.PlanProposed(revision=1, title=text),
        ev.StepStarted(step="one", tool=text[:80], effect=Effect.FETCH, args={text[:40]: text}),
        ev.StepFailed(step="one", code="bad", error=text),
        ev.StepStarted(step="say", tool="answer", args={"text": text}),
        ev.StepFinished(
            step="say", output={"text": text}, receipt={"summary": text, "facts": {text[:9]: text}}
        ),
        held("a1", step="two", args={"path": text, "content": text}, preview=text, because=text),
    ]


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_goes_through_plan_detail_and_card(table, kind):
    async with table() as it:
        run = await it.start()
        it.butler.play(run, *hostile_run(HOSTILE[kind]))
        await it.listen()
        assert_harmless(it.app)
        for _ in range(4):
            await it.pilot.press("down")
            await it.settle()
            assert_harmless(it.app)
        for key in ("d", "escape", "question_mark"):
            await it.pilot.press(key)
            await it.pilot.pause()
            assert_harmless(it.app)
        it.clock.advance(2)
        await it.pilot.press("A")
        await it.pilot.pause()
        assert_harmless(it.app)
        assert it.app.is_running
        assert it.butler.decisions == []


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_goes_through_questions_answers_and_notices(table, kind):
    text = HOSTILE[kind]
    async with table(notifications=True) as it:
        run = await it.start()
        question = ev.QuestionAsked(id="q1", step="ask", question=text, choices=[text, "no"])
        fields = ev.QuestionAsked(id="q2", step="ask", question=text, fields={text[:30]: "text"})
        it.butler.play(run, *dinner(), question, fields)
        await it.settle()
        assert_harmless(it.app)
        await it.pilot.press("tab")
        await it.settle()
        assert_harmless(it.app)
        it.butler.play(run, ev.RunFinished(answer=text, report=[{"step": text, "summary": text}]))
        it.app.notify(text)
        await it.settle()
        assert_harmless(it.app)
        await it.pilot.press("m")
        await it.pilot.pause()
        assert_harmless(it.app)
        it.butler.play(run, ev.RunFailed(error=text))
        await it.settle()
        assert_harmless(it.app)


@pytest.mark.parametrize("kind", HOSTILE)
async def test_hostile_text_goes_through_history_and_past_goals(table, kind):
    async with table() as it:
        it.butler.play("old", accepted(HOSTILE[kind]), ev.RunFinished())
        await it.pilot.press("ctrl+r")
        await it.until(lambda: it.app.screen.query_one("#runs").option_count)
        await it.pilot.pause()
        assert_harmless(it.app)
        await it.pilot.press("enter")
        await it.settle()
        assert_harmless(it.app)
        await it.pilot.press("i")
        it.app.main.goal.remember([HOSTILE[kind]])
        await it.pilot.press("up")
        await it.pilot.pause()
        assert_harmless(it.app)


async def test_a_pasted_goal_is_one_line_without_controls(table):
    async with table() as it:
        from textual.events import Paste

        it.app.post_message(Paste("first\nsecond\x1b[31m"))
        await it.pilot.pause()
        assert it.app.main.goal.value == "first second␛[31m"


async def test_a_link_in_an_answer_opens_nothing_before_y(table, monkeypatch):
    opened = []
    async with table() as it:
        monkeypatch.setattr(it.app, "open_url", lambda url, **_options: opened.append(url))
        run = await it.start()
        it.butler.play(
            run, *dinner(), ev.RunFinished(answer="see [there](https://evil.example/?q=1)")
        )
        await it.settle()
        markdown = it.bench.detail.query_one(Markdown)
        markdown.post_message(Markdown.LinkClicked(markdown, "https://evil.example/?q=1"))
        await it.pilot.pause()
        await it.until(lambda: "https://evil.example/?q=1" in it.screen())
        assert opened == []
        it.clock.advance(1)
        await it.pilot.press("y")
        await it.pilot.pause()
        assert opened == ["https://evil.example/?q=1"]


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", "ssh://x"])
async def test_only_web_and_mail_addresses_can_be_opened(table, monkeypatch, address):
    opened = []
    async with table(notifications=True) as it:
        monkeypatch.setattr(it.app, "open_url", lambda url, **_options: opened.append(url))
        run = await it.start()
        it.butler.play(run, *dinner(), ev.RunFinished(answer="see [there](x)"))
        await it.settle()
        markdown = it.bench.detail.query_one(Markdown)
        markdown.post_message(Markdown.LinkClicked(markdown, address))
        await it.pilot.pause()
        assert "is not opened" in it.screen()
        assert opened == []
