"""The paths of kept rules are whole: a rule holds wherever a run was started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TypeVar

from pydantic import AfterValidator

from butler_tui.core.rules import PATH_ARGUMENTS, Globs, Rule

_WHOLE = ("/", "~")
_BEGINS = (*_WHOLE, "*", "?", "[")
_NAMES_FILES = {"to": ("move_file", "copy_file")}
"""Arguments that name a file to these tools, and somebody or something else to others."""

Rules = TypeVar("Rules", bound=Sequence[Rule] | None)


def _whole(rules: Rules) -> Rules:
    for rule in rules or ():
        for name, path in _relative(rule.tool, rule.args, _BEGINS):
            raise ValueError(
                f"the rule for {rule.tool} has {name} = {path}, which no call can have: write "
                f"the whole path (/... or ~/...), or a glob that begins with **"
            )
        for example in (*rule.match, *rule.not_match):
            for name, path in _relative(rule.tool, example, _WHOLE):
                raise ValueError(
                    f"the rule for {rule.tool} has an example with {name} = {path}, which no call "
                    f"can have: write the whole path (/... or ~/...)"
                )
    return rules


def _relative(
    tool: str, args: Mapping[str, Globs], begins: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    for name, globs in args.items():
        if name not in PATH_ARGUMENTS or not _names_files(tool, name):
            continue
        for one in [globs] if isinstance(globs, str) else globs:
            if one and not one.startswith(begins):
                yield name, one


def _names_files(tool: str, name: str) -> bool:
    tools = _NAMES_FILES.get(name)
    return tools is None or (tool != "*" and any(fnmatchcase(one, tool) for one in tools))


WHOLE_PATHS = AfterValidator(_whole)
"""Refuses kept rules, their paths resolved, in which a path begins nowhere."""
