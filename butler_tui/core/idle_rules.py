"""Rules that cover no call there can be, since no tool is named so or takes what they name. Pure.

They are told, not refused: a plugin may be missing that brings the tool.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from butler_tui.core.plan_check import nearest
from butler_tui.core.rules import CONTROL, Globs, Rule
from butler_tui.core.tool import Tool


def idleness(rule: Rule, tools: Mapping[str, Tool]) -> str:
    """Why the rule covers no call of these tools, in a sentence; empty when it can cover one."""
    meant = [tool for name, tool in tools.items() if fnmatchcase(name, rule.tool)]
    if not meant:
        hint = nearest(rule.tool, list(tools)) or "; `butler tools` lists them."
        return f"There is no tool {rule.tool}{hint}"
    for name in _named(rule):
        if not any(name in tool.names for tool in meant):
            return _unknown(name, rule, meant)
    needed = {_argument(name) for name, globs in rule.args.items() if _wants_one(globs)}
    if not any(needed <= set(tool.names) for tool in meant):
        return f"No tool {rule.tool} takes all of {', '.join(sorted(needed))}."
    return ""


def _named(rule: Rule) -> Iterator[str]:
    yield from (_argument(name) for name in rule.args)
    yield from (_argument(name) for name in rule.sources if name != CONTROL)


def _wants_one(globs: Globs) -> bool:
    """True when an argument that is not given does not fit."""
    return globs != "" if isinstance(globs, str) else "" not in globs


def _argument(name: str) -> str:
    return name.removesuffix(".host")


def _unknown(name: str, rule: Rule, meant: Sequence[Tool]) -> str:
    if len(meant) == 1:
        taken = f"it takes {', '.join(meant[0].names)}" if meant[0].names else "it takes none"
        return f"{meant[0].name} has no argument {name}; {taken}."
    known = sorted({one for tool in meant for one in tool.names})
    return f"No tool {rule.tool} has an argument {name}{nearest(name, known) or '.'}"
