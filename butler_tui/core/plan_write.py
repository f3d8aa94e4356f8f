"""Plan to text, in one canonical form; `plan_text` reads it back to the same plan."""

from __future__ import annotations

import json

from butler_tui.core.plan import (
    AllOf,
    AnyOf,
    Argument,
    Attribute,
    Call,
    Compare,
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


def write_plan(plan: Plan) -> str:
    """The plan's text: its title as a comment, then a line per statement."""
    lines = [f"# {plan.title}"] if plan.title else []
    lines += [write_statement(statement) for statement in plan.statements]
    return "".join(f"{line}\n" for line in lines)


def write_statement(statement: Statement, *, title: bool = True) -> str:
    """One statement on one line, its title as a comment behind it."""
    name = f"{statement.name} = " if statement.name is not None else ""
    comment = f"  # {statement.title}" if title and statement.title else ""
    return f"{name}{write_doing(statement.doing)}{comment}"


def write_doing(doing: Doing) -> str:
    """A call and what joins it to others."""
    match doing:
        case Call():
            return _call(doing)
        case OrElse():
            first = _in_parentheses(doing.first, If | OrElse)
            return f"{first} or {_in_parentheses(doing.second, If)}"
        case If():
            otherwise = "None" if doing.otherwise is None else write_doing(doing.otherwise)
            body = _in_parentheses(doing.doing, If)
            return f"{body} if {write_condition(doing.condition)} else {otherwise}"
        case Each():
            return f"[{write_doing(doing.doing)}{_for(doing.name, doing.over, doing.condition)}]"


def _in_parentheses(doing: Doing, when: object) -> str:
    text = write_doing(doing)
    return f"({text})" if isinstance(doing, when) else text  # pyright: ignore[reportArgumentType]


def _call(call: Call) -> str:
    args = [
        _argument(argument) if place < call.positional else f"{name}={_argument(argument)}"
        for place, (name, argument) in enumerate(call.args)
    ]
    if call.after:
        args.append(f"after=[{', '.join(call.after)}]")
    if call.priority is not None:
        args.append(f"priority={call.priority}")
    return f"{call.tool}({', '.join(args)})"


def _argument(argument: Argument) -> str:
    if isinstance(argument, Call | OrElse | If | Each):
        return write_doing(argument)
    return write_value(argument)


def _for(name: str, over: Value, condition: Condition | None) -> str:
    where = f" if {write_condition(condition)}" if condition is not None else ""
    return f" for {name} in {write_value(over)}{where}"


def write_value(value: Value, *, in_text: bool = False) -> str:
    """A value; inside an f-string's braces its text is in single quotes."""
    match value:
        case Literally():
            return _literal(value, in_text)
        case Name():
            return value.name
        case Attribute():
            return f"{_base(value.of, in_text)}.{value.name}"
        case Index():
            key = _quoted(value.key, in_text) if isinstance(value.key, str) else str(value.key)
            return f"{_base(value.of, in_text)}[{key}]"
        case Slice():
            start = "" if value.start is None else value.start
            stop = "" if value.stop is None else value.stop
            return f"{_base(value.of, in_text)}[{start}:{stop}]"
        case ListOf():
            return f"[{', '.join(write_value(item, in_text=in_text) for item in value.items)}]"
        case DictOf():
            pairs = [f"{_quoted(key, False)}: {write_value(item)}" for key, item in value.items]
            return f"{{{', '.join(pairs)}}}"
        case Text():
            return _text(value)
        case EachValue():
            made = write_value(value.value, in_text=in_text)
            return f"[{made}{_for_in_text(value, in_text)}]"


def _for_in_text(value: EachValue, in_text: bool) -> str:
    over = write_value(value.over, in_text=in_text)
    where = ""
    if value.condition is not None:
        where = f" if {write_condition(value.condition, in_text=in_text)}"
    return f" for {value.name} in {over}{where}"


def _base(value: Value, in_text: bool) -> str:
    text = write_value(value, in_text=in_text)
    return (
        f"({text})" if isinstance(value, Literally) and not isinstance(value.value, str) else text
    )


def _literal(literal: Literally, in_text: bool) -> str:
    return (
        _quoted(literal.value, in_text) if isinstance(literal.value, str) else repr(literal.value)
    )


def _quoted(text: str, in_text: bool) -> str:
    return f"'{text}'" if in_text else f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """As JSON escapes it, which Python reads the same; what does not print is escaped too."""
    return "".join(
        char if char.isprintable() else _code(char)
        for char in json.dumps(text, ensure_ascii=False)[1:-1]
    )


def _code(char: str) -> str:
    number = ord(char)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _text(text: Text) -> str:
    parts = [
        _escaped(part).replace("{", "{{").replace("}", "}}")
        if isinstance(part, str)
        else f"{{{write_value(part, in_text=True)}}}"
        for part in text.parts
    ]
    return f'f"{"".join(parts)}"'


def write_condition(condition: Condition, *, in_text: bool = False) -> str:
    """A condition, with brackets only where they are needed."""
    match condition:
        case Compare():
            left = write_value(condition.left, in_text=in_text)
            return f"{left} {condition.compares} {write_value(condition.right, in_text=in_text)}"
        case Not():
            return f"not {_part(condition.condition, (AllOf, AnyOf), in_text)}"
        case AllOf():
            return " and ".join(_part(one, (AllOf, AnyOf), in_text) for one in condition.conditions)
        case AnyOf():
            return " or ".join(_part(one, (AnyOf,), in_text) for one in condition.conditions)
        case _:
            return write_value(condition, in_text=in_text)


def _part(condition: Condition, brackets: tuple[type, ...], in_text: bool) -> str:
    text = write_condition(condition, in_text=in_text)
    return f"({text})" if isinstance(condition, brackets) else text
