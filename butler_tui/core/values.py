"""Resolving values and conditions from earlier outputs, labels kept leaf by leaf.

Raises ToolError with code `no_such_part` or `bad_value` when a value is not as the plan expects;
the messages speak of the plan's own words, types and sizes, never of the values.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ge, gt, le, lt
from typing import Any, cast

from butler_tui.core.errors import ToolError
from butler_tui.core.labels import NO_LABEL, Json, Label, Labelled, Labels, Source, join, text_of
from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Attribute,
    Compare,
    Condition,
    DictOf,
    EachValue,
    Index,
    ListOf,
    Literally,
    Name,
    Not,
    Slice,
    Text,
    Value,
)
from butler_tui.core.plan_write import write_value

Known = Mapping[str, Labelled]


def resolve(value: Value, known: Known, literals: Label) -> Labelled:
    """The value of an expression; `literals` is the label of what the plan's author wrote."""
    match value:
        case Literally():
            return Labelled.with_label(value.value, literals)
        case Name():
            if value.name not in known:
                raise ToolError("no_such_part", f"{value.name} is not there.")
            return known[value.name]
        case Attribute():
            return _field(resolve(value.of, known, literals), value.name, value)
        case Index():
            return _element(resolve(value.of, known, literals), value)
        case Slice():
            return _slice(resolve(value.of, known, literals), value)
        case ListOf():
            return Labelled.of_list(
                [resolve(item, known, literals) for item in value.items], literals
            )
        case DictOf():
            items = {key: resolve(item, known, literals) for key, item in value.items}
            return Labelled.of_dict(items, literals)
        case Text():
            return _text(value, known, literals)
        case EachValue():
            return _each(value, known, literals)


def _field(of: Labelled, name: str, shown: Value) -> Labelled:
    if isinstance(of.value, dict) and name in of.value:
        return Labelled(of.value[name], of.labels.at(name))
    raise ToolError("no_such_part", f"{write_value(shown)} is not there: {_what(of.value)}.")


def _element(of: Labelled, shown: Index) -> Labelled:
    key = shown.key
    if isinstance(key, str):
        return _field(of, key, shown)
    if isinstance(of.value, list | str):
        size = len(of.value)
        if -size <= key < size:
            place = key % size
            return Labelled(of.value[place], of.labels.at(place))
    raise ToolError("no_such_part", f"{write_value(shown)} is not there: {_what(of.value)}.")


def _slice(of: Labelled, shown: Slice) -> Labelled:
    if isinstance(of.value, str):
        return Labelled(of.value[shown.start : shown.stop], of.labels)
    if isinstance(of.value, list):
        places = range(len(of.value))[shown.start : shown.stop]
        items = [Labelled(of.value[place], of.labels.at(place)) for place in places]
        return Labelled.of_list(items, of.labels.own)
    raise ToolError("bad_value", f"{write_value(shown.of)} is no list or text: {_what(of.value)}.")


def _text(text: Text, known: Known, literals: Label) -> Labelled:
    words: list[str] = []
    label = literals
    for part in text.parts:
        if isinstance(part, str):
            words.append(part)
        else:
            made = resolve(part, known, literals)
            words.append(text_of(made.value))
            label = label | made.labels.overall()
    return Labelled.with_label("".join(words), label)


def _each(value: EachValue, known: Known, literals: Label) -> Labelled:
    """Which element stands where is decided by every condition, so each carries their labels."""
    decided = NO_LABEL
    kept: list[Labelled] = []
    over = resolve(value.over, known, literals)
    for element in elements(over, value.over):
        inner = {**known, value.name: element}
        if value.condition is not None:
            holding, label = holds(value.condition, inner, literals)
            decided = decided | label
            if not holding:
                continue
        kept.append(resolve(value.value, inner, literals))
    return Labelled.of_list(
        [Labelled(one.value, one.labels.with_added(decided)) for one in kept],
        over.labels.own | decided,
    )


def elements(over: Labelled, shown: Value) -> list[Labelled]:
    """The elements of a list, each with its labels."""
    if not isinstance(over.value, list):
        raise ToolError("bad_value", f"{write_value(shown)} is not a list: {_what(over.value)}.")
    return [Labelled(item, over.labels.at(place)) for place, item in enumerate(over.value)]


def holds(condition: Condition, known: Known, literals: Label) -> tuple[bool, Label]:
    """Whether a condition holds, and the label of everything that decided it."""
    match condition:
        case Compare():
            left = resolve(condition.left, known, literals)
            right = resolve(condition.right, known, literals)
            label = left.labels.overall() | right.labels.overall()
            return _compare(left.value, right.value, condition), label
        case Not():
            holding, label = holds(condition.condition, known, literals)
            return not holding, label
        case AllOf() | AnyOf():
            return _several(condition, known, literals)
        case _:
            made = resolve(condition, known, literals)
            return bool(made.value), made.labels.overall()


def _several(condition: AllOf | AnyOf, known: Known, literals: Label) -> tuple[bool, Label]:
    """As Python does, what comes after the deciding one is not looked at."""
    stops_at = isinstance(condition, AnyOf)
    label = NO_LABEL
    for one in condition.conditions:
        holding, its_label = holds(one, known, literals)
        label = label | its_label
        if holding is stops_at:
            return stops_at, label
    return not stops_at, label


_ORDER = {"<": lt, "<=": le, ">": gt, ">=": ge}


def _compare(left: Json, right: Json, shown: Compare) -> bool:
    match shown.compares:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "in":
            return _contains(right, left, shown)
        case "not in":
            return not _contains(right, left, shown)
        case order:
            alike = isinstance(left, str) and isinstance(right, str)
            numbers = isinstance(left, int | float) and isinstance(right, int | float)
            if not alike and not numbers:
                raise ToolError(
                    "bad_value",
                    f"{order} compares two numbers or two texts: left, {_what(left)}; "
                    f"right, {_what(right)}.",
                )
            return bool(_ORDER[order](cast(Any, left), cast(Any, right)))


def _contains(container: Json, part: Json, shown: Compare) -> bool:
    if isinstance(container, str) and isinstance(part, str):
        return part in container
    if isinstance(container, list):
        return part in container
    if isinstance(container, dict):
        return isinstance(part, str) and part in container
    raise ToolError("bad_value", f"{write_value(shown.right)} holds no parts: {_what(container)}.")


def _what(value: Json) -> str:
    match value:
        case None:
            return "it is None, as a failed or skipped element is (add `if` and the name)"
        case dict():
            return f"it is an object with {len(value)} fields"
        case list():
            return f"it is a list of {len(value)}"
        case str():
            return f"it is text of {len(value)} characters"
        case bool():
            return "it is True or False"
        case _:
            return "it is a number"


def edited(before: Labelled | None, value: Json) -> Labelled:
    """What the person made of an argument: the leaves they changed are their own, the rest stays.

    Text is one leaf: who changes it has read it, and answers for all of it.
    """
    own = Label.of(Source("person"))
    if before is None:
        return Labelled.with_label(value, own)
    if _same(before.value, value):
        return before
    match before.value, value:
        case dict() as old, dict():
            fields = {
                key: edited(Labelled(old[key], before.labels.at(key)) if key in old else None, one)
                for key, one in value.items()
            }
            return Labelled.of_dict(fields, before.labels.own | own)
        case list() as old, list():
            items = [_edited_item(before.labels, old, at, one) for at, one in enumerate(value)]
            return Labelled.of_list(items, before.labels.own | own)
        case _:
            return Labelled.with_label(value, own)


def _edited_item(labels: Labels, old: list[Json], at: int, value: Json) -> Labelled:
    """An element of a list after an edit: where it stood before elsewhere, it is still that one."""
    if at < len(old) and _same(old[at], value):
        return Labelled(value, labels.at(at))
    if moved := [place for place, one in enumerate(old) if _same(one, value)]:
        first, *others = moved
        added = join(labels.at(place).overall() for place in others)
        return Labelled(value, labels.at(first).with_added(added))
    return edited(Labelled(old[at], labels.at(at)) if at < len(old) else None, value)


def _same(one: Json, other: Json) -> bool:
    return one == other and type(one) is type(other)


def labels_of(args: Mapping[str, Labelled]) -> dict[str, Any]:
    """The labels of a call's arguments, as JSON for the journal."""
    return {name: arg.labels.dump() for name, arg in args.items()}


def with_labels(args: Mapping[str, Json], labels: Mapping[str, Any]) -> dict[str, Labelled]:
    """Arguments from the journal with their labels; the inverse of `labels_of`."""
    return {
        name: Labelled(value, Labels.load(labels.get(name, {}))) for name, value in args.items()
    }
