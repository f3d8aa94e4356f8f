"""Values come from earlier outputs, and every source that had a part in one is in its label."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_strategies import Maker

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import NO_LABEL, Json, Label, Labelled, Labels, Source, join, text_of
from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Attribute,
    Call,
    Compare,
    Condition,
    DictOf,
    Each,
    EachValue,
    If,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    OrElse,
    Slice,
    Text,
    Value,
)
from butler_tui.core.plan_text import read_statement
from butler_tui.core.values import elements, holds, labels_of, resolve, with_labels

LITERALS = Label.of(Source("planner"))


# An oracle: a value whose every leaf and container has a source of its own.


class Leaf:
    """A value with the sources that had a part in it, followed by hand."""

    def __init__(self, value: Any, sources: frozenset[Source]) -> None:
        self.value, self.sources = value, sources

    def every(self) -> frozenset[Source]:
        """All sources of it and its parts."""
        if isinstance(self.value, list):
            return self.sources.union(*(part.every() for part in self.value))
        if isinstance(self.value, dict):
            return self.sources.union(*(part.every() for part in self.value.values()))
        return self.sources

    def bare(self) -> Json:
        if isinstance(self.value, list):
            return [part.bare() for part in self.value]
        if isinstance(self.value, dict):
            return {key: part.bare() for key, part in self.value.items()}
        return self.value

    def labelled(self) -> Labelled:
        return Labelled(self.bare(), self._labels())

    def _labels(self) -> Labels:
        own = Label(self.sources)
        if isinstance(self.value, list):
            return Labels(own, {place: one._labels() for place, one in enumerate(self.value)})
        if isinstance(self.value, dict):
            return Labels(own, {key: one._labels() for key, one in self.value.items()})
        return Labels(own)


def tagged(value: Json, numbers: Any) -> Leaf:
    """The value with one source per leaf and container, each untrusted and told by its number."""
    source = frozenset([Source("step", str(next(numbers)), untrusted=True)])
    if isinstance(value, list):
        return Leaf([tagged(part, numbers) for part in value], source)
    if isinstance(value, dict):
        return Leaf({key: tagged(part, numbers) for key, part in value.items()}, source)
    return Leaf(value, source)


Known = Mapping[str, Leaf]
NONE: frozenset[Source] = frozenset()


def expected(value: Value, known: Known) -> Leaf:
    """What the value is, and the least that its label must hold."""
    match value:
        case Literally():
            return Leaf(value.value, NONE)
        case Name():
            return known[value.name]
        case Attribute() | Index():
            of = expected(value.of, known)
            part = of.value[value.name if isinstance(value, Attribute) else value.key]
            return part if isinstance(part, Leaf) else Leaf(part, of.sources)
        case Slice():
            of = expected(value.of, known)
            return Leaf(of.value[value.start : value.stop], of.sources)
        case ListOf():
            return Leaf([expected(item, known) for item in value.items], NONE)
        case DictOf():
            return Leaf({key: expected(item, known) for key, item in value.items}, NONE)
        case Text():
            made = [
                Leaf(part, NONE) if isinstance(part, str) else expected(part, known)
                for part in value.parts
            ]
            text = "".join(text_of(part.bare()) for part in made)
            return Leaf(text, NONE.union(*(part.every() for part in made)))
        case EachValue():
            return _each(value, known)


def _each(value: EachValue, known: Known) -> Leaf:
    over = expected(value.over, known)
    if not isinstance(over.value, list):
        raise TypeError
    made: list[Leaf] = []
    decided = NONE
    for element in over.value:
        inner = {**known, value.name: element}
        if value.condition is not None:
            holding, sources = decides(value.condition, inner)
            decided |= sources
            if not holding:
                continue
        made.append(expected(value.value, inner))
    return Leaf([_joined(one, decided) for one in made], over.sources | decided)


def _joined(one: Leaf, sources: frozenset[Source]) -> Leaf:
    if isinstance(one.value, list):
        return Leaf([_joined(part, sources) for part in one.value], one.sources | sources)
    if isinstance(one.value, dict):
        parts = {key: _joined(part, sources) for key, part in one.value.items()}
        return Leaf(parts, one.sources | sources)
    return Leaf(one.value, one.sources | sources)


def decides(condition: Condition, known: Known) -> tuple[bool, frozenset[Source]]:
    """Whether it holds, and the sources of all that was looked at."""
    match condition:
        case Compare():
            left, right = expected(condition.left, known), expected(condition.right, known)
            return _compared(left.bare(), right.bare(), condition), left.every() | right.every()
        case Not():
            holding, sources = decides(condition.condition, known)
            return not holding, sources
        case AllOf() | AnyOf():
            sources = NONE
            for one in condition.conditions:
                holding, more = decides(one, known)
                sources |= more
                if holding is isinstance(condition, AnyOf):
                    return holding, sources
            return isinstance(condition, AllOf), sources
        case _:
            made = expected(condition, known)
            return bool(made.bare()), made.every()


COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda left, right: left in right,
    "not in": lambda left, right: left not in right,
}


def _compared(left: Any, right: Any, condition: Compare) -> bool:
    if "in" in condition.compares and isinstance(right, dict) and not isinstance(left, str):
        return condition.compares == "not in"
    if condition.compares[0] in "<>" and isinstance(left, list):
        raise TypeError
    return COMPARED[condition.compares](left, right)


KEYS = st.sampled_from(["text", "url", "n"])
OUTPUTS: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "text", "ab"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, min_size=1, max_size=3)
        | st.fixed_dictionaries({"text": inner, "url": inner})
    ),
    max_leaves=8,
)


HITS = st.lists(st.fixed_dictionaries({"text": OUTPUTS, "url": OUTPUTS}), max_size=3)
PAGES = st.fixed_dictionaries({"text": OUTPUTS, "url": OUTPUTS, "n": HITS})
"""What the name `one` stands for: mostly there is what a plan looks for."""


class Fitting(Maker):
    """Draws values that mostly find what they look for."""

    def text(self, in_text: bool = False) -> str:
        return self.draw(KEYS)

    def place(self) -> int:
        return self.below(5) - 2

    def bound(self) -> str:
        return "each"

    def name(self) -> str:
        return ["one", "two"][self.below(2)]

    def value(self, deep: int = 3, in_text: bool = False) -> Value:
        hits = Attribute(Name("one"), "n")
        match super().value(deep, in_text):
            case Attribute(of=of):
                return Attribute(Name("one") if self.below(3) else of, self.text())
            case Index(of=of, key=int()):
                return Index(hits if self.below(3) else of, self.place())
            case Index(of=of):
                return Index(Name("one") if self.below(3) else of, self.text())
            case EachValue(value=value, over=over, condition=condition):
                inner = Attribute(Name("each"), self.text()) if self.below(3) else value
                return EachValue(inner, "each", hits if self.below(3) else over, condition)
            case made:
                return made


@st.composite
def fitting(draw: st.DrawFn) -> Value:
    return Fitting(draw).value(3)


@settings(max_examples=250)
@given(fitting(), PAGES, OUTPUTS)
def test_every_source_that_had_a_part_is_in_the_label(value: Value, one: Json, two: Json) -> None:
    numbers = count()
    known = {"one": tagged(one, numbers), "two": tagged(two, numbers)}
    try:
        hoped = expected(value, known)
    except (KeyError, IndexError, TypeError):
        with pytest.raises(ToolError) as refused:
            resolve(value, {name: leaf.labelled() for name, leaf in known.items()}, LITERALS)
        assert refused.value.code in ("no_such_part", "bad_value")
        return
    made = resolve(value, {name: leaf.labelled() for name, leaf in known.items()}, LITERALS)
    assert made.value == hoped.bare()
    _hold(hoped, made.labels)


def _hold(hoped: Leaf, labels: Labels) -> None:
    """Leaf by leaf the label has all it must, and of the marked sources nothing else."""
    assert labels.own.marked.sources == hoped.sources
    if isinstance(hoped.value, list):
        for place, part in enumerate(hoped.value):
            _hold(part, labels.at(place))
    if isinstance(hoped.value, dict):
        for key, part in hoped.value.items():
            _hold(part, labels.at(key))


@settings(max_examples=150)
@given(st.composite(lambda draw: Fitting(draw).condition(3))(), PAGES, OUTPUTS)
def test_a_condition_has_the_sources_of_what_was_looked_at(
    condition: Condition, one: Json, two: Json
) -> None:
    numbers = count()
    known = {"one": tagged(one, numbers), "two": tagged(two, numbers)}
    try:
        holding, sources = decides(condition, known)
    except (KeyError, IndexError, TypeError):
        return
    found, label = holds(
        condition, {name: leaf.labelled() for name, leaf in known.items()}, LITERALS
    )
    assert found is holding
    assert label.marked.sources == sources


WEB = Source("step", "search", "web page example.org", untrusted=True)
MINE = Source("step", "mail", "mail", private=True)
SEARCH = Labelled(
    {"results": [{"url": "u0", "title": "t0"}, {"url": "u1", "title": "t1"}], "count": 2},
    Labels(
        NO_LABEL,
        {"results": Labels(NO_LABEL, {1: Labels(NO_LABEL, {"url": Labels(Label.of(WEB))})})},
    ),
)
KNOWN = {
    "search": SEARCH,
    "mail": Labelled.with_label({"text": "secret plans", "lines": ["a", "b"]}, Label.of(MINE)),
    "pages": Labelled([{"text": "x"}, None]),
}


def value_of(text: str) -> Value:
    (call,) = read_statement(f"t({text})", "t", {"t": ["a"]}).calls()
    argument = call.args[0][1]
    assert not isinstance(argument, Call | OrElse | If | Each)
    return argument


def condition_of(text: str) -> Condition:
    made = value_of(f"[1 for x in [1] if {text}]")
    assert isinstance(made, EachValue)
    assert made.condition is not None
    return made.condition


@pytest.mark.parametrize(
    ("text", "value", "marked"),
    [
        ("search.results[0].url", "u0", []),
        ("search.results[1].url", "u1", [WEB]),
        ("search.results[-1].url", "u1", [WEB]),
        ('search["results"][1]["title"]', "t1", []),
        ("search.results[1:][0].url", "u1", [WEB]),
        ("search.results[:1]", [{"url": "u0", "title": "t0"}], []),
        ("[h.url for h in search.results][0]", "u0", []),
        ("[h.url for h in search.results][1]", "u1", [WEB]),
        ('[h.title for h in search.results if h.url != "x"][0]', "t0", [WEB]),
        ('[h.title for h in search.results if mail.text == "x"]', [], [MINE]),
        ('f"{search.count} in {search.results[1].url}"', "2 in u1", [WEB]),
        ('f"{search.results[0].url}"', "u0", []),
        ("mail.text[:6]", "secret", [MINE]),
        ("mail.lines[0]", "a", [MINE]),
        ("[mail.text, search.results[1].url][1]", "u1", [WEB]),
        ('{"a": mail.text, "b": 1}', {"a": "secret plans", "b": 1}, [MINE]),
        ('f"{pages}"', '[{"text": "x"}, null]', []),
        ('f"{[p.text for p in pages if p]}"', '["x"]', []),
    ],
)
def test_labels_follow_the_leaves(text: str, value: Json, marked: list[Source]) -> None:
    made = resolve(value_of(text), KNOWN, LITERALS)
    assert made.value == value
    assert made.labels.overall().marked == Label.of(*marked)


def test_what_the_planner_wrote_says_so() -> None:
    assert resolve(value_of('"x"'), {}, LITERALS).labels.own == LITERALS
    assert resolve(value_of('f"x{mail.text}"'), KNOWN, LITERALS).labels.own == LITERALS | Label.of(
        MINE
    )


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("nobody.text", "no_such_part", "nobody is not there."),
        ("search.hits", "no_such_part", "search.hits is not there: it is an object with 2 fields"),
        (
            "search.results.url",
            "no_such_part",
            "search.results.url is not there: it is a list of 2",
        ),
        ("search.results[2]", "no_such_part", "search.results[2] is not there: it is a list of 2."),
        ("search.results[-3]", "no_such_part", "it is a list of 2."),
        ('search["hits"]', "no_such_part", 'search["hits"] is not there'),
        ("search[0]", "no_such_part", "it is an object with 2 fields."),
        ("search.count.x", "no_such_part", "it is a number."),
        ("search.count[:1]", "bad_value", "search.count is no list or text: it is a number."),
        ("pages[1].text", "no_such_part", "it is None, as a failed or skipped element is"),
        ("[h for h in search]", "bad_value", "search is not a list: it is an object"),
        ("[h for h in mail.text]", "bad_value", "mail.text is not a list: it is text of 12"),
        ("[h for h in pages if h < 1]", "bad_value", "< compares two numbers or two texts"),
        ("[h for h in pages if h in 5]", "bad_value", "5 holds no parts: it is a number."),
    ],
)
def test_what_is_not_there_is_told_in_the_plan_s_own_words(
    text: str, code: str, words: str
) -> None:
    with pytest.raises(ToolError) as refused:
        resolve(value_of(text), KNOWN, LITERALS)
    assert refused.value.code == code
    assert words in str(refused.value)


@given(st.text(min_size=5), st.sampled_from(["x.y", "x[0].y", "x[:1].y", "[z for z in x]"]))
def test_an_error_never_quotes_a_value(value: str, text: str) -> None:
    known = {"x": Labelled(value)}
    with pytest.raises(ToolError) as refused:
        resolve(value_of(text), known, LITERALS)
    assert value not in str(refused.value).replace(text, "")


@pytest.mark.parametrize(
    ("condition", "holding"),
    [
        ("search.count == 2", True),
        ("search.count != 2", False),
        ("2 <= search.count", True),
        ("search.count > 1.5", True),
        ('"a" < "b"', True),
        ('"plans" in mail.text', True),
        ('"a" in mail.lines', True),
        ('"c" not in mail.lines', True),
        ('"count" in search', True),
        ("2 in search", False),
        ("[1] in search", False),
        ("[1] in [[1], 2]", True),
        ("not pages[1]", True),
        ("pages[1] or pages[0]", True),
        ("pages[0] and pages[1]", False),
        ("pages[1] and pages[1].text", False),
        ("[]", False),
        ('""', False),
        ("0", False),
        ("{}", False),
        ('f"{pages[1]}"', False),
    ],
)
def test_conditions(condition: str, holding: bool) -> None:
    assert holds(condition_of(condition), KNOWN, LITERALS)[0] is holding


def test_what_is_not_looked_at_has_no_part_in_a_condition() -> None:
    _, label = holds(condition_of("search.count or mail.text"), KNOWN, LITERALS)
    assert label.marked == NO_LABEL
    _, label = holds(condition_of("mail.text or search.results[1].url"), KNOWN, LITERALS)
    assert label.marked == Label.of(MINE)
    _, label = holds(condition_of("mail.text and search.results[1].url"), KNOWN, LITERALS)
    assert label.marked == Label.of(MINE, WEB)


def test_elements_have_their_own_labels() -> None:
    found = elements(resolve(value_of("search.results"), KNOWN, LITERALS), Name("x"))
    assert [one.labels.overall().untrusted for one in found] == [False, True]


@given(OUTPUTS, OUTPUTS)
def test_arguments_survive_the_journal(one: Json, two: Json) -> None:
    numbers = count()
    args = {"a": tagged(one, numbers).labelled(), "b": tagged(two, numbers).labelled()}
    values = {name: arg.value for name, arg in args.items()}
    assert with_labels(values, labels_of(args)) == args
    assert join(arg.labels.overall() for arg in with_labels(values, {}).values()) == NO_LABEL
