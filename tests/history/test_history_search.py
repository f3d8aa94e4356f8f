"""Whatever runs were about is found, as soon as it is in the journal, whatever is typed."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.core import events as ev
from butler_tui.core.tool import Effect
from butler_tui.history import History
from butler_tui.settings import Places


async def add(history: History, run: str, *events: ev.Event) -> None:
    await history.journal.append(run, events)


async def found(history: History, text: str) -> list[tuple[str, str]]:
    return [(hit.step, hit.kind) for hit in await history.search.find(text)]


@pytest.mark.parametrize(
    ("event", "where"),
    [
        (ev.PlanProposed(revision=1, title="The needle plan"), ("", "title")),
        (ev.StepProposed(step="s", text='s = f("x")  # A needle'), ("s", "step")),
        (ev.StepStarted(step="s", args={"a": {"b": ["the needle"]}}), ("s", "arguments")),
        (
            ev.ApprovalRequested(
                id="1", step="s", tool="t", effect=Effect.SEND, args={"a": "needle"}
            ),
            ("s", "arguments"),
        ),
        (ev.ApprovalDecided(id="1", decision="deny", reason="a needle"), ("", "reason")),
        (ev.StepFinished(step="s", output={"text": "hay " * 5000 + "needle"}), ("s", "output")),
        (ev.StepFinished(step="s", output=[{"x": "hay " * 30_000 + "needle"}]), ("s", "output")),
        (ev.StepFailed(step="s", code="x", error="no needle here"), ("s", "error")),
        (ev.QuestionAsked(id="1", step="s", question="Which needle?"), ("s", "question")),
        (ev.QuestionAnswered(id="1", answer={"x": "that needle"}), ("", "answer")),
        (ev.RunFinished(answer="Here is the needle."), ("", "answer")),
        (ev.RunFailed(error="There was no needle."), ("", "error")),
    ],
)
async def test_every_kind_of_text_is_found(
    history: History, run: str, event: ev.Event, where: tuple[str, str]
) -> None:
    assert await found(history, "needle") == []
    await add(history, run, event)
    (hit,) = await history.search.find("needle")
    assert (hit.step, hit.kind) == where
    assert (hit.run, hit.status) == (run, (await history.runs.newest())[0].status)
    assert "[needle]" in hit.snippet
    assert "\n" not in hit.snippet


async def test_the_goal_is_found_and_the_newest_run_comes_first(history: History) -> None:
    for number in range(5):
        await add(history, f"r{number}", ev.RunAccepted(goal=f"Restaurants in Munich {number}"))
        await add(history, f"r{number}", ev.StepStarted(step="s", args={"query": "munich"}))
    hits = await history.search.find("munich", limit=3)
    assert [hit.run for hit in hits] == ["r4", "r3", "r2"]
    assert hits[0].title == "Restaurants in Munich 4"
    assert [hit.run for hit in await history.search.find("munich 2")] == ["r2"]


@pytest.mark.parametrize(
    "typed", ["rest", "Restau", "restaurants", "italian rest", "mün", "mun", "munich rest"]
)
async def test_the_last_word_is_found_while_it_is_typed(history: History, typed: str) -> None:
    await add(history, "r", ev.RunAccepted(goal="Italian restaurants in München and Munich"))
    assert await found(history, typed) == [("", "goal")]


async def test_a_word_that_is_complete_is_found_as_it_is(history: History) -> None:
    await add(history, "r", ev.RunAccepted(goal="Compare C++ with cars"))
    assert await found(history, "c++") == [("", "goal")]
    assert await found(history, "car") == [("", "goal")]
    assert await found(history, "car ") == []
    assert await found(history, '"cars with"') == []
    assert await found(history, '"with cars"') == [("", "goal")]


@pytest.mark.parametrize(
    "typed",
    [
        *("c++", "what's", '"', '""', '"a', "a OR", "NOT", "a AND", "NEAR(a b)", "text:x"),
        *("-a", "*", "a*b", "(", "^a", "{x}", "+", "\0", "a\0b", "\ud800", "", "   "),
        *("'; drop table runs", "a" * 9999),
    ],
)
async def test_any_text_may_be_typed(history: History, run: str, typed: str) -> None:
    await history.search.find(typed)
    assert len(await history.runs.newest()) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(st.characters(exclude_categories=[]), max_size=20))
async def test_no_text_is_syntax(history: History, text: str) -> None:
    await history.search.find(text)


WORDS = st.text("abcdefghijklmnopqrstuvwxyz0123456789äöü", min_size=1, max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=6), data=st.data())
async def test_every_beginning_of_a_word_finds_its_run(
    history: History, words: list[str], data: st.DataObject
) -> None:
    run = history.runs.new_id()
    await add(history, run, ev.RunAccepted(goal=" ".join(words)))
    word = data.draw(st.sampled_from(words))
    typed = word[: data.draw(st.integers(1, len(word)))]
    assert run in [hit.run for hit in await history.search.find(typed, limit=1000)]


async def test_output_cannot_pass_for_something_else(history: History, run: str) -> None:
    await add(
        history, run, ev.StepFinished(step="s", output="\x1b[2J\x02needle\x03\nhay\x00\x9b31m")
    )
    (hit,) = await history.search.find("needle")
    assert hit.snippet.isprintable()


async def test_what_is_found_is_in_step_with_the_events(
    history: History, places: Places, run: str
) -> None:
    """Of appends that fail nothing is found."""
    await add(history, run, ev.RunFinished(answer="kept"))
    with pytest.raises(Exception, match="already"):
        await add(
            history, run, ev.StepFailed(step="s", code="c", error="lost"), ev.RunAccepted(goal="x")
        )
    assert await found(history, "lost") == []
    assert await found(history, "kept") == [("", "answer")]
    with sqlite3.connect(places.db) as db:
        orphans = "SELECT count(*) FROM search WHERE rowid NOT IN (SELECT id FROM events)"
        assert db.execute(orphans).fetchone() == (0,)
        db.execute("INSERT INTO search(search) VALUES ('integrity-check')")
    db.close()


async def test_a_found_run_says_how_much_of_it_waits_for_the_person(
    history: History, run: str
) -> None:
    asked = ev.ApprovalRequested(id="1", step="s", tool="t", effect=Effect.SEND, args={})
    await add(history, run, ev.PlanProposed(revision=1, title="needle"), asked)
    (hit,) = await history.search.find("needle")
    assert hit.waiting == 1
    await add(history, run, ev.ApprovalDecided(id="1", decision="allow"))
    (hit,) = await history.search.find("needle")
    assert hit.waiting == 0
