"""Bounds as they are written down before they are signed, and rules as they are edited. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import get_args

from pydantic import ValidationError

from butler_tui.core.events import ApprovalRequested
from butler_tui.core.rules import CONTROL, Decision, Globs, Lift, Rule, with_hosts
from butler_tui.core.run import RunState
from butler_tui.core.tool import Tool
from butler_tui.settings.rules import with_resolved_rules

NOT_GIVEN = "(not given)"
"""How the glob is written that only an argument fits which is not given."""

_LIFTS: tuple[str, ...] = get_args(Lift)
_DAYS = re.compile(r"(\d{1,5})\s*(?:days?|d)")
_SOURCE = re.compile(r"(?P<argument>[\w.]+)\s*:\s*(?P<glob>\S.*)")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a bound for one tool starts from: its arguments, with globs for those of its targets.

    `kept` calls of the tool are signed with the sheet, each as it is; no bound counts them.
    """

    tool: str
    args: Mapping[str, str] = field(default_factory=dict[str, str])
    most: int | None = None
    sources: str = ""
    kept: int = 0


AlwaysRule = Callable[[RunState, ApprovalRequested], Rule]


def drafts_of(
    state: RunState,
    tools: Mapping[str, Tool],
    rule: AlwaysRule,
    kept: Sequence[ApprovalRequested] | None = None,
) -> list[Draft]:
    """A draft for each tool of the plan that changes, sends or runs something.

    It starts from the bounds that hold already, else from the calls that are `kept` on a sheet and
    as many of them, else from the calls that are held.
    """
    names = dict.fromkeys(
        call.tool
        for statement in state.plan.statements
        for call in statement.calls()
        if _bounds_the_world(tools.get(call.tool))
    )
    waiting = [one.requested for one in state.waiting_approvals()]
    held = waiting if kept is None else kept
    names |= dict.fromkeys(
        one.tool for one in held if one.effect is not None and one.effect.bounds_the_world
    )
    signed = {one.tool: one for one in state.bounds}
    drafts: list[Draft] = []
    for name in names:
        on_sheet = sum(one.tool == name for one in kept or ())
        if name in signed:
            drafts.append(replace(_from_bound(signed[name], tools.get(name)), kept=on_sheet))
            continue
        rules = [rule(state, one) for one in held if one.tool == name and name in tools]
        most = len(rules) if kept is not None and rules else None
        drafts.append(Draft(name, _arguments(tools.get(name), rules), most, kept=on_sheet))
    return drafts


def _from_bound(bound: Rule, tool: Tool | None) -> Draft:
    sources = "\n".join(
        f"{name}: {glob}" for name, globs in bound.sources.items() for glob in _several(globs)
    )
    return Draft(bound.tool, _arguments(tool, [bound]), bound.most, sources)


def _arguments(tool: Tool | None, rules: Iterable[Rule]) -> dict[str, str]:
    """Each argument with the globs that these rules have for it, one a line."""
    names = tool.names if tool is not None else ()
    found: dict[str, list[str]] = {name: [] for name in names}
    found |= {f"{name}.host": [] for name in names if "url" in name}
    for rule in rules:
        for name, globs in rule.args.items():
            lines = found.setdefault(name, [])
            lines += [one for one in _several(globs) if one not in lines]
    return {name: "\n".join(one or NOT_GIVEN for one in globs) for name, globs in found.items()}


def _bounds_the_world(tool: Tool | None) -> bool:
    return tool is not None and tool.effect is not None and tool.effect.bounds_the_world


def lines_of(globs: Globs) -> str:
    """A rule's globs, one a line."""
    return "\n".join(one or NOT_GIVEN for one in _several(globs))


def globs_of(text: str) -> Globs | None:
    """The globs written one a line; None when there are none, so that anything fits."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    globs = tuple("" if line == NOT_GIVEN else line for line in lines)
    return (globs[0] if len(globs) == 1 else globs) if globs else None


def sources_of(text: str, arguments: Iterable[str]) -> dict[str, Globs]:
    """`argument: where from`, one a line. Raises ValueError in a sentence."""
    known = {*arguments, CONTROL}
    found: dict[str, tuple[str, ...]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        if (match := _SOURCE.fullmatch(line)) is None:
            raise ValueError(f"{line!r} must be `argument: where from`, as `body: web page *`.")
        if (name := match["argument"]) not in known:
            raise ValueError(f"There is no argument {name}; there are {', '.join(sorted(known))}.")
        found[name] = (*found.get(name, ()), match["glob"])
    return dict(found)


def lifts_of(text: str) -> tuple[str, ...]:
    """The words of `even_if`. Raises ValueError in a sentence."""
    words = tuple(text.replace(",", " ").split())
    for word in words:
        if word not in _LIFTS:
            raise ValueError(f"even if: {word} is none of {', '.join(_LIFTS)}.")
    return words


def moment_of(text: str, now: datetime) -> datetime | None:
    """`2026-12-24`, `2026-12-24 18:00` or `30 days`; None for never. Raises ValueError."""
    text = text.strip()
    if not text:
        return None
    if (days := _DAYS.fullmatch(text)) is not None:
        return now + timedelta(days=int(days[1]))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"expires: {text!r} is no date; write 2026-12-24 or 30 days.") from None
    if len(text) <= len("2026-12-24"):
        moment = datetime.combine(moment.date(), time())
    moment = moment if moment.tzinfo is not None else moment.astimezone()
    if moment <= now:
        raise ValueError(f"expires: {text} is over already.")
    return moment


def as_rule(**fields: object) -> Rule:
    """The rule with its paths as they are compared. Raises ValueError in a sentence."""
    given = {name: one for name, one in fields.items() if one not in (None, (), {})}
    resolved = with_resolved_rules({"rules": [{"decision": Decision.ALLOW, **given}]})
    try:
        return Rule.model_validate(resolved["rules"][0])
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{where}: {said}." if where else f"{said}.") from None


def speaks_of(rule: Rule, name: str) -> bool:
    """True when the rule says something of that argument, or of its host."""
    argument = name.removesuffix(".host")
    return argument in rule.args or f"{argument}.host" in rule.args


def passes(rule: Rule, asked: ApprovalRequested, now: datetime) -> bool:
    """True when the rule covers this held call."""
    run = rule.run or ""
    return rule.covers(asked.tool, with_hosts(asked.seen), asked.lists, run, now)


def _several(globs: Globs) -> tuple[str, ...]:
    return (globs,) if isinstance(globs, str) else globs
