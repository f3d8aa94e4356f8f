"""Arbitrary plans: every kind of node, odd text, and only what the plan language can say."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, cast, get_args

from hypothesis import strategies as st

from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Argument,
    Attribute,
    Call,
    Compare,
    Compares,
    Condition,
    DictOf,
    Doing,
    Each,
    EachValue,
    If,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    OrElse,
    Plan,
    Slice,
    Statement,
    Text,
    Value,
)
from butler_tui.core.plan_text import clean_title

TOOLS: Mapping[str, tuple[str, ...]] = {
    "make": ("a", "b", "c"),
    "take_2": ("thing", "_count", "schema"),
    "mcp.box.open": ("lid",),
}
"""Tools whose arguments may be anything, with their arguments' names."""

_ODD = ["", '"', "'", "\\", "{{x}}", "\n", "\r\n", "#", "\x00", "\u202e", "é\u0301", "🦊", "%s\\n"]
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(_ODD)
_PLAIN = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="'\"\\{}#"), max_size=4
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(1 - 10**18, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
)
_PLACES = st.integers(1 - 2**53, 2**53 - 1)
_TITLES = st.builds(clean_title, st.text(max_size=12))
_WORDS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_]{0,6}", fullmatch=True).filter(
    lambda word: not keyword.iskeyword(word) and word not in ("after", "priority", *TOOLS)
)
_SMALL = [st.integers(0, most) for most in range(20)]


@dataclass
class Maker:
    """Draws parts of a plan.

    With `names`, every name is one of them and no value is misused: only `bases`, of which
    nothing is known, have parts taken.
    """

    draw: Callable[[st.SearchStrategy[Any]], Any]
    names: Sequence[str] = ()
    bases: Sequence[str] = ()

    def below(self, many: int) -> int:
        return self.draw(_SMALL[many - 1])

    def several(self, make: Callable[[], Any], least: int = 0, most: int = 3) -> tuple[Any, ...]:
        return tuple(make() for _ in range(least + self.below(most - least + 1)))

    def perhaps(self, make: Callable[[], Any]) -> Any:
        return make() if self.below(2) else None

    def name(self) -> str:
        return self.names[self.below(len(self.names))] if self.names else self.draw(_WORDS)

    def bound(self) -> str:
        """A name for a comprehension's element."""
        return "each_" + self.draw(_WORDS) if self.names else self.draw(_WORDS)

    def text(self, in_text: bool = False) -> str:
        return self.draw(_PLAIN if in_text else _TEXTS)

    def leaf(self, in_text: bool) -> Value:
        match self.below(4):
            case 0:
                return Literally(self.text(in_text))
            case 1:
                return Literally(self.draw(_SCALARS))
            case _:
                return Name(self.name())

    def value(self, deep: int = 3, in_text: bool = False) -> Value:
        kind = self.below(10) if deep else 0
        deep -= 1
        if kind < 3:
            return self.leaf(in_text)
        if kind == 3:
            return Attribute(self.base(deep, in_text), self.draw(_WORDS))
        if kind == 4:
            key = self.draw(_PLACES) if self.below(2) else self.text(in_text)
            return Index(self.base(deep, in_text), key)
        if kind == 5:
            start, stop = self.perhaps(self.place), self.perhaps(self.place)
            return Slice(self.base(deep, in_text), start, stop)
        if kind == 6:
            return ListOf(self.several(lambda: self.value(deep, in_text)))
        if kind == 7:
            condition = self.perhaps(lambda: self.condition(deep, in_text))
            over = self.base(deep, in_text)
            return EachValue(self.value(deep, in_text), self.bound(), over, condition)
        if in_text:
            return self.leaf(in_text)
        if kind == 8:
            pairs = dict(self.several(lambda: (self.text(), self.value(deep))))
            return DictOf(tuple(pairs.items()))
        return self.text_of(deep)

    def place(self) -> int:
        return self.draw(_PLACES)

    def base(self, deep: int, in_text: bool) -> Value:
        """What has parts: in a plan that fits, an output of which nothing is known."""
        if not self.names:
            return self.value(deep, in_text)
        return Name(self.bases[self.below(len(self.bases))])

    def text_of(self, deep: int) -> Text:
        """Literal parts are never empty nor neighbours; a literal in braces is a literal part."""
        parts: list[str | Value] = []
        for _ in range(self.below(4)):
            part = self.text() if self.below(2) else self.value(deep, in_text=True)
            if isinstance(part, Literally) or part == "":
                continue
            if isinstance(part, str) and parts and isinstance(last := parts[-1], str):
                parts[-1] = last + part
            else:
                parts.append(part)
        return Text(tuple(parts))

    def condition(self, deep: int = 2, in_text: bool = False) -> Condition:
        kind = self.below(6) if deep > 0 else self.below(3)
        deep -= 1
        if kind == 0:
            return self.value(max(deep, 0), in_text)
        if kind < 3:
            how = cast(Compares, get_args(Compares)[self.below(8)])
            left = self.value(max(deep, 0), in_text)
            return Compare(left, how, self.value(max(deep, 0), in_text))
        if kind == 3:
            return Not(self.condition(deep, in_text))
        kind_of = AllOf if kind == 4 else AnyOf
        return kind_of(self.several(lambda: self.condition(deep, in_text), least=2))

    def doing(self, step: str, numbers: Iterator[int], deep: int = 3) -> Doing:
        """Calls are numbered as they are written, which is the order they are drawn in."""
        kind = self.below(6) if deep else 0
        deep -= 1
        if kind < 3:
            return self.call(step, numbers, deep)
        if kind == 3:
            first = self.doing(step, numbers, deep)
            return OrElse(first, self.doing(step, numbers, deep))
        if kind == 4:
            doing = self.doing(step, numbers, deep)
            otherwise = self.perhaps(lambda: self.doing(step, numbers, deep))
            return If(self.condition(), doing, otherwise)
        condition = self.perhaps(self.condition)
        doing = self.doing(step, numbers, deep)
        over = self.base(1, False)
        return Each(doing, self.bound(), over, condition)

    def call(self, step: str, numbers: Iterator[int], deep: int) -> Call:
        number = next(numbers)
        tool = sorted(TOOLS)[self.below(len(TOOLS))]
        order = TOOLS[tool]
        positional = self.below(len(order) + 1)
        rest = [name for name in order[positional:] if self.below(2)]
        if self.below(2):
            rest.reverse()
        args = tuple(
            (name, self.argument(step, numbers, deep)) for name in (*order[:positional], *rest)
        )
        after = self.several(self.name, most=2)
        priority = self.perhaps(lambda: self.below(9) - 4)
        return Call(f"{step}.{number}" if number else step, tool, args, positional, after, priority)

    def argument(self, step: str, numbers: Iterator[int], deep: int) -> Argument:
        nested = deep > 0 and self.below(3) == 0
        return self.doing(step, numbers, deep - 1) if nested else self.value(2)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    """Any single statement, whatever its names stand for."""
    name = draw(st.none() | _WORDS)
    step = name or "step_1"
    return Statement(step, name, Maker(draw).doing(step, count()), draw(_TITLES))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Any plan that fits: each statement uses the names of earlier ones, all of unknown shape."""
    made = [Statement("first", "first", Call("first", "make", ()))]
    names, bases = ["first"], ["first"]
    for name in draw(st.lists(st.none() | _WORDS.map("n_{}".format), max_size=4, unique=True)):
        maker = Maker(draw, tuple(names), tuple(bases))
        if name is None:
            doing: Doing = Call("take_2", "take_2", (("thing", maker.value()),))
            made.append(Statement("take_2", None, doing, draw(_TITLES)))
            continue
        doing = maker.doing(name, count())
        made.append(Statement(name, name, doing, draw(_TITLES)))
        names.append(name)
        if not _is_list(doing):
            bases.append(name)
    return Plan(tuple(made), draw(_TITLES))


def _is_list(doing: Doing | None) -> bool:
    match doing:
        case Each():
            return True
        case OrElse():
            return _is_list(doing.first) or _is_list(doing.second)
        case If():
            return _is_list(doing.doing) or _is_list(doing.otherwise)
        case _:
            return False
