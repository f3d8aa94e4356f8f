"""Facts kept across runs keep the label of what they were made from."""

from __future__ import annotations

from butler_tui.core.labels import NO_LABEL, Label, Source
from butler_tui.history import History

STRANGER = Label.of(Source("step", "page", "web page example.org", untrusted=True))


async def test_a_fact_is_found_by_its_words_best_first(history: History) -> None:
    memory = history.memory
    await memory.remember("a", "Anna is allergic to nuts", NO_LABEL, "run1")
    await memory.remember("b", "Anna's nuts and bolts are in the nuts drawer", NO_LABEL, "run1")
    await memory.remember("c", "The car is red", NO_LABEL, "run1")
    assert {one.id for one in await memory.recall("nuts", 10)} == {"a", "b"}
    assert [one.id for one in await memory.recall("ANNA allergic", 1)] == ["a"]
    assert len(await memory.recall("", 10)) == 3


async def test_no_word_is_syntax(history: History) -> None:
    await history.memory.remember("a", "C++ and what's AND OR NEAR(", NO_LABEL, "run1")
    for query in ('c++" OR', "what's", "NEAR(", "AND", '"', "*", "fact:car"):
        await history.memory.recall(query, 10)
    assert [one.id for one in await history.memory.recall("c++", 10)] == ["a"]


async def test_the_label_stays(history: History) -> None:
    await history.memory.remember("a", "Pay to DE99", STRANGER, "run1")
    (found,) = await history.memory.recall("pay", 10)
    assert set(found.sources) == set(STRANGER.sources)


async def test_remembered_twice_is_once_and_forgotten_is_gone(history: History) -> None:
    for _ in range(2):
        await history.memory.remember("a", "The car is red", NO_LABEL, "run1")
    assert len(await history.memory.recall("car", 10)) == 1
    assert await history.memory.forget("a") == "The car is red"
    assert await history.memory.forget("a") is None
    assert await history.memory.recall("car", 10) == []
