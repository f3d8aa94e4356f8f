"""The plan: a DAG of statements, each made of steps (tool calls) and what joins them.

A statement has a name that later statements may refer to, or none. Its calls are numbered in the
order in which they are written: the first has the statement's id, the others `id.1`, `id.2`, ...
Everything here is plain data; `plan_text` reads and writes it, `ready` says what can start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from butler_tui.core.labels import Json

Compares = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Literally:
    """A value as it stands: None, a truth value, a number or text."""

    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Name:
    """An earlier statement's output, a comprehension's element, `goal`, `run` or a parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """A field of a value."""

    of: Value
    name: str


@dataclass(frozen=True, slots=True)
class Index:
    """An element of a list by its position, or of an object by its key."""

    of: Value
    key: int | str


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a list or text, from `start` up to but without `stop`."""

    of: Value
    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class DictOf:
    """An object: text keys and their values."""

    items: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Text:
    """An f-string: literal text and values that become text inside it."""

    parts: tuple[str | Value, ...]


@dataclass(frozen=True, slots=True)
class EachValue:
    """A list made from another: a value per element that meets the condition."""

    value: Value
    name: str
    over: Value
    condition: Condition | None


Value = Literally | Name | Attribute | Index | Slice | ListOf | DictOf | Text | EachValue


@dataclass(frozen=True, slots=True)
class Compare:
    """Two values compared."""

    left: Value
    compares: Compares
    right: Value


@dataclass(frozen=True, slots=True)
class Not:
    """A condition turned round."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class AllOf:
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Conditions of which one must hold."""

    conditions: tuple[Condition, ...]


Condition = Value | Compare | Not | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Call:
    """A step: one tool call. The first `positional` arguments were written without their names."""

    id: str
    tool: str
    args: tuple[tuple[str, Argument], ...]
    positional: int = 0
    after: tuple[str, ...] = ()
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class OrElse:
    """The second is tried when the first fails."""

    first: Doing
    second: Doing


@dataclass(frozen=True, slots=True)
class If:
    """One or the other, by a condition; without `otherwise`, nothing."""

    condition: Condition
    doing: Doing
    otherwise: Doing | None


@dataclass(frozen=True, slots=True)
class Each:
    """A step per element that meets the condition, in parallel; the output is their outputs."""

    doing: Doing
    name: str
    over: Value
    condition: Condition | None


Doing = Call | OrElse | If | Each
Argument = Value | Doing


@dataclass(frozen=True, slots=True)
class Statement:
    """One line of a plan. `name` is None when it was written without one; `id` is never empty."""

    id: str
    name: str | None
    doing: Doing
    title: str = ""

    def calls(self) -> Iterator[Call]:
        """Its calls, in the order in which they are written."""
        return calls_in(self.doing)

    def call(self, step: str) -> Call | None:
        """The call with that id."""
        return next((call for call in self.calls() if call.id == step), None)

    def needs(self) -> frozenset[str]:
        """The names of earlier statements that it refers to or comes after."""
        return names_in(self.doing)


@dataclass(frozen=True, slots=True)
class Plan:
    """Statements in order; each refers only to earlier ones."""

    statements: tuple[Statement, ...] = ()
    title: str = ""

    def statement_of(self, step: str) -> Statement | None:
        """The statement that a step belongs to."""
        for statement in self.statements:
            if step == statement.id or step.startswith(statement.id + "."):
                return statement
        return None

    def with_statement(self, statement: Statement) -> Plan:
        """The plan with one more statement at its end."""
        return replace(self, statements=(*self.statements, statement))


@dataclass(frozen=True, slots=True)
class Given:
    """Names a plan may use without making them, with the shape of each (a JSON schema)."""

    shapes: Mapping[str, Mapping[str, Json]] = field(default_factory=dict[str, Mapping[str, Json]])


RUN_SHAPE: Mapping[str, Json] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("date", "time", "id")},
}
GIVEN: Mapping[str, Mapping[str, Json]] = {"goal": {"type": "string"}, "run": RUN_SHAPE}
"""What every plan is given: the goal's text, and the run's date, time and id."""


def calls_in(doing: Argument) -> Iterator[Call]:
    """Every call of a part of a statement, in the order in which they are written."""
    match doing:
        case Call():
            yield doing
            for _, argument in doing.args:
                yield from calls_in(argument)
        case OrElse():
            yield from calls_in(doing.first)
            yield from calls_in(doing.second)
        case If():
            yield from calls_in(doing.doing)
            if doing.otherwise is not None:
                yield from calls_in(doing.otherwise)
        case Each():
            yield from calls_in(doing.doing)
        case _:
            return


def names_in(part: Argument | Condition) -> frozenset[str]:
    """Every name that a part of a statement uses and does not bind itself."""
    return frozenset(_names(part, frozenset()))


def _names(part: Argument | Condition | str | None, bound: frozenset[str]) -> Iterator[str]:
    """Every name that is used and not bound by a comprehension around it."""
    match part:
        case Name():
            if part.name not in bound:
                yield part.name
        case Attribute() | Index() | Slice():
            yield from _names(part.of, bound)
        case ListOf():
            yield from _all_names(part.items, bound)
        case DictOf():
            yield from _all_names([value for _, value in part.items], bound)
        case Text():
            yield from _all_names(part.parts, bound)
        case EachValue():
            yield from _names(part.over, bound)
            yield from _all_names([part.value, part.condition], bound | {part.name})
        case Compare():
            yield from _all_names([part.left, part.right], bound)
        case Not():
            yield from _names(part.condition, bound)
        case AllOf() | AnyOf():
            yield from _all_names(part.conditions, bound)
        case Call():
            yield from part.after
            yield from _all_names([argument for _, argument in part.args], bound)
        case OrElse():
            yield from _all_names([part.first, part.second], bound)
        case If():
            yield from _all_names([part.condition, part.doing, part.otherwise], bound)
        case Each():
            yield from _names(part.over, bound)
            yield from _all_names([part.doing, part.condition], bound | {part.name})
        case _:
            return


def _all_names(
    parts: Sequence[Argument | Condition | str | None], bound: frozenset[str]
) -> Iterator[str]:
    for part in parts:
        yield from _names(part, bound)
