"""Whatever a stranger decides, the label of what is done says so: by running plans twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flow_plans import TOOLS, WORDS, World, flowing, stopped
from hypothesis import given, settings
from hypothesis import strategies as st

from butler_tui.core.concerns import Flow, concerns_of
from butler_tui.core.errors import PlanError
from butler_tui.core.labels import Json, Label, Labelled, Labels, Source
from butler_tui.core.ready import ReadyCall
from butler_tui.core.values import edited

STRANGER = Source("step", "w", "web", untrusted=True)


def told(call: ReadyCall) -> bool:
    """True when arguments or control say that the stranger had a part in the call."""
    labels = [arg.labels.overall() for arg in call.args.values()]
    return any(STRANGER in label.sources for label in [*labels, call.control])


def reasons(call: ReadyCall) -> list[str]:
    """The origins for which the call would be asked, if it changes anything."""
    labels = {name: arg.labels.overall() for name, arg in call.args.items()}
    found = concerns_of(Flow(labels, call.control, bounds=True))
    return [origin for one in found if one.kind == "untrusted" for origin in one.origins]


def check_one_way(plan: str, one: World, other: World, other_drive: Any) -> int:
    """How many calls of one run the stranger decided; each of them must tell.

    Calls are told apart by step and arguments: at which place of a comprehension one stands is
    no effect. Of those that both runs have, only what is more in one is the stranger's doing.
    """
    mine, theirs = grouped(one), grouped(other)
    decided = 0
    for known, calls in mine.items():
        more = len(calls) - len(theirs.get(known, ()))
        if more <= 0 or (not theirs.get(known) and stopped(other, other_drive, known[0])):
            continue  # a stranger can stop what was planned, which is no effect
        decided += more
        telling = [call for call in calls if told(call)]
        assert len(telling) >= more, f"{known} in\n{plan}"
        assert all("web" in reasons(call) for call in telling)
    return decided


def grouped(world: World) -> dict[tuple[str, str], list[ReadyCall]]:
    """The calls of a run by their step, and their arguments as JSON."""
    groups: dict[tuple[str, str], list[ReadyCall]] = {}
    for call in world.ran.values():
        values = {name: arg.value for name, arg in call.args.items()}
        groups.setdefault((call.call.id, json.dumps(values)), []).append(call)
    return groups


@settings(max_examples=400)
@given(flowing(), st.sampled_from(WORDS), st.sampled_from(WORDS))
def test_every_call_that_a_stranger_decides_tells_of_them(plan: str, one: str, two: str) -> None:
    first, second = World(one), World(two)
    drives = [world.run(plan) for world in (first, second)]
    check_one_way(plan, first, second, drives[1])
    check_one_way(plan, second, first, drives[0])


@pytest.mark.parametrize(
    ("plan", "decided"),
    [
        ("put(w.text)", 1),
        ('put(f"a {w.text}")', 1),
        ("put([w.text, 1][0])", 1),
        ('put({"k": w.list[1]})', 1),
        ("put(w.text[1:])", 1),
        ('put("a") if w.text == "yes" else put("b")', 1),
        ('put("a") if w.n > 3', 1),
        ('[put("a") for x in w.list]', 1),
        ('[put(x) for x in ["yes", "no"] if x == w.text]', 1),
        ('put([x for x in ["yes", "longer text"] if x == w.text][0])', 1),
        ('check(w.text) or put("b")', 1),
        ('put(check(w.text)) or put("b")', 1),
        ("s = write(w.text)\nput(s.text)", 2),
        ('s = get("a") if w.text == "yes"\nput("c") if s', 2),
        ('s = [check(x) for x in [w.text, "yes"]]\nput("c") if s[0]', 2),
        ("put(w.list[2]) or put('b')", 1),
        ("put('fixed')", 0),
        ("put([w.text, goal][1])", 0),
        ("[put(x) for x in ['a', 'b']]", 0),
    ],
)
def test_the_ways_by_which_a_stranger_decides(plan: str, decided: int) -> None:
    """The property is not empty: in each of these it finds what it must find."""
    most = 0
    whole = f'w = web("x")\n{plan}\n'
    for one in WORDS:
        for two in WORDS:
            first, second = World(one), World(two)
            first.run(whole)
            most = max(most, check_one_way(whole, first, second, second.run(whole)))
    assert most >= decided
    assert bool(most) is bool(decided)


@settings(max_examples=60)
@given(flowing())
def test_a_plan_by_one_who_read_a_stranger_tells_so_in_every_call(plan: str) -> None:
    read = Source("step", "before", "mail from Eve", untrusted=True)
    world = World("yes")
    world.run(plan, labels=Labels(Label.of(read)).dump())
    assert world.ran
    for call in world.ran.values():
        assert read in call.control.sources
        assert "mail from Eve" in reasons(call)


# What the person changes.

LEAVES = st.sampled_from(["a", "b", "c", 1, True, None])
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=8,
)


def leaves(made: Labelled) -> list[tuple[Json, Label]]:
    """Every leaf that is no container, with its label."""
    match made.value:
        case list() as items:
            parts = [Labelled(one, made.labels.at(at)) for at, one in enumerate(items)]
        case dict() as fields:
            parts = [Labelled(one, made.labels.at(key)) for key, one in fields.items()]
        case value:
            return [(value, made.labels.own)]
    return [leaf for part in parts for leaf in leaves(part)]


@given(VALUES, VALUES)
def test_what_the_person_did_not_change_stays_the_stranger_s(before: Json, after: Json) -> None:
    stranger, person = Label.of(STRANGER), Source("person")
    made = edited(Labelled.with_label(before, stranger), after)
    assert made.value == after
    if json.dumps(before) == json.dumps(after):  # 1 and True are equal, and not the same
        assert made.labels.overall() == stranger
    for _, label in leaves(made):
        assert STRANGER in label.sources or person in label.sources
    if isinstance(before, list) and isinstance(after, list):
        for at, one in enumerate(after):
            if any(one == old and type(one) is type(old) for old in before):
                assert STRANGER in made.labels.at(at).overall().sources


@given(st.lists(LEAVES, min_size=1, max_size=4, unique_by=repr), st.data())
def test_taking_one_off_a_list_makes_the_others_nobody_else_s(
    items: list[Json], data: st.DataObject
) -> None:
    gone = data.draw(st.integers(0, len(items) - 1))
    each = [Source("step", str(at), untrusted=True) for at in range(len(items))]
    before = Labelled.of_list(
        [Labelled.with_label(one, Label.of(each[at])) for at, one in enumerate(items)]
    )
    kept = [at for at in range(len(items)) if at != gone]
    made = edited(before, [items[at] for at in kept])
    assert [made.labels.at(new).own for new in range(len(kept))] == [
        Label.of(each[at]) for at in kept
    ]


def test_the_tools_of_these_plans_are_those_that_count() -> None:
    assert {name for name, one in TOOLS.items() if one.effect and one.effect.bounds_the_world} == {
        "put"
    }
    with pytest.raises(PlanError):
        World("x").run("nothing(1)\n")
