"""Labels join like sets, travel leaf by leaf, and survive the journal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.labels import (
    NO_LABEL,
    Json,
    Label,
    Labelled,
    Labels,
    Source,
    join,
    text_of,
)

sources = st.builds(
    Source,
    kind=st.sampled_from(["goal", "person", "planner", "recipe", "settings", "run", "step"]),
    name=st.text(max_size=3),
    origin=st.text(max_size=3),
    untrusted=st.booleans(),
    private=st.booleans(),
    secret=st.booleans(),
)
labels = st.frozensets(sources, max_size=3).map(Label)
trees = st.recursive(
    st.builds(Labels, labels),
    lambda inner: st.builds(
        Labels, labels, st.dictionaries(st.text(max_size=3) | st.integers(0, 3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(labels, labels, labels)
def test_joining_is_union(one: Label, two: Label, three: Label) -> None:
    assert one | (two | three) == (one | two) | three
    assert one | two == two | one
    assert one | one == one
    assert one | NO_LABEL == one == NO_LABEL | one
    assert (one | two).sources == one.sources | two.sources
    assert join([one, two, three]) == one | two | three
    assert join([]) == NO_LABEL


@given(labels, labels)
def test_joining_loses_no_mark(one: Label, two: Label) -> None:
    both = one | two
    assert both.untrusted == (one.untrusted or two.untrusted)
    assert both.private == (one.private or two.private)
    assert both.secret == (one.secret or two.secret)
    assert both.marked == one.marked | two.marked
    assert all(source.marked for source in both.marked.sources)


@given(trees)
def test_the_journal_keeps_labels(tree: Labels) -> None:
    assert Labels.load(json.loads(json.dumps(tree.dump()))) == tree


@given(trees)
def test_the_same_labels_are_written_the_same(tree: Labels) -> None:
    again = Labels.load(tree.dump())
    assert json.dumps(again.dump()) == json.dumps(tree.dump())


@given(trees, labels)
def test_what_is_added_reaches_every_leaf(tree: Labels, label: Label) -> None:
    added = tree.with_added(label)
    assert added.overall() == tree.overall() | label
    for key, part in tree.parts.items():
        assert added.at(key) == part.with_added(label)
    assert added.at("no such part").own == tree.own | label


@given(trees)
def test_overall_is_the_sum_of_the_parts(tree: Labels) -> None:
    assert tree.overall() == tree.own | join(part.overall() for part in tree.parts.values())


def test_a_part_without_labels_of_its_own_has_the_whole_s() -> None:
    web = Label.of(Source("step", "search", untrusted=True))
    tree = Labels(web, {"title": Labels(NO_LABEL)})
    assert tree.at("url").at(0).own == web
    assert tree.at("title").own == NO_LABEL


def test_lists_and_objects_keep_the_labels_of_their_parts() -> None:
    goal, web = Label.of(Source("goal")), Label.of(Source("step", "s", untrusted=True))
    pair = [Labelled.with_label(1, goal), Labelled.with_label("x", web)]
    made = Labelled.of_list(pair)
    assert made.value == [1, "x"]
    assert [made.labels.at(place).own for place in range(2)] == [goal, web]
    named = Labelled.of_dict({"a": pair[0], "b": made}, own=goal)
    assert named.value == {"a": 1, "b": [1, "x"]}
    assert named.labels.own == goal
    assert named.labels.at("b").at(1).own == web


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (Source("goal"), "from your goal"),
        (Source("planner"), "butler chose"),
        (
            Source("step", "search", "web page example.org", untrusted=True),
            "from step search: web page example.org, untrusted",
        ),
        (Source("memory", origin="note 3", private=True), "from memory: note 3, private"),
        (Source("settings", secret=True), "from your settings, secret"),
    ],
)
def test_a_source_is_told_in_words(source: Source, words: str) -> None:
    assert source.describe() == words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n", "a\n"),
        (None, ""),
        (True, "True"),
        (5, "5"),
        (1.5, "1.5"),
        (["ä", None], '["ä", null]'),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_values_become_text(value: Any, text: str) -> None:
    assert text_of(value) == text


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=5,
)


@given(json_values, labels)
def test_one_label_for_a_whole_value_is_that_of_each_leaf(value: Json, label: Label) -> None:
    made = Labelled.with_label(value, label)
    assert made.labels.at("any").at(0).own == label
    assert made.labels.overall() == label
