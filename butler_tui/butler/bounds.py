"""Bounds in words: what a person signs for a run, read from one line each.

send_mail: most=3, to=*@example.org|anna@example.net, body from 'web page example.org'
write_file: most=20, path=~/notes/**, even if untrusted
cost=0.5
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from butler_tui.core.errors import UsageError
from butler_tui.core.plan_check import nearest
from butler_tui.core.rules import CONTROL, Decision, Lift, Rule
from butler_tui.core.tool import Tool
from butler_tui.settings import PATH_ARGUMENTS, with_resolved_rules

_PIECE = re.compile(r"""'[^']*'|"[^"]*"|.""", re.DOTALL)
_EXAMPLE = "as in 'write_file: most=3, path=~/notes/**' or 'cost=0.5'"


@dataclass(frozen=True, slots=True)
class Bounds:
    """What was signed: rules of one run, and what its models may cost at most in US dollars."""

    rules: Sequence[Rule] = ()
    cost_usd: float | None = None

    def __bool__(self) -> bool:
        return bool(self.rules) or self.cost_usd is not None


def read_bounds(lines: Iterable[str], run: str, folder: Path, tools: Mapping[str, Tool]) -> Bounds:
    """The bounds for that run; a path that is not absolute starts in `folder`.

    Raises UsageError that says what is wrong and how to write it.
    """
    rules: list[Rule] = []
    cost: float | None = None
    for line in lines:
        found = re.fullmatch(r"\s*cost\s*=\s*(\S+)\s*", line)
        if found is not None:
            cost = _cost(line, found.group(1))
        else:
            rules.append(_rule(line, run, folder, tools))
    return Bounds(tuple(rules), cost)


def _cost(line: str, text: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text):
        raise UsageError(f"--bound {line!r}: a cost is in US dollars, as in cost=0.5.")
    return float(text)


@dataclass(slots=True)
class _Read:
    most: int | None = None
    args: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    sources: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    even_if: list[str] = field(default_factory=list[str])


def _rule(line: str, run: str, folder: Path, tools: Mapping[str, Tool]) -> Rule:
    name, colon, rest = line.partition(":")
    name = name.strip()
    if not colon or not name:
        raise UsageError(f"--bound {line!r}: write TOOL: most=COUNT, ..., {_EXAMPLE}.")
    tool = tools.get(name)
    if tool is None and not any(char in name for char in "*?["):
        hint = nearest(name, list(tools)) or "; `butler tools` lists them."
        raise UsageError(f"--bound {line!r}: there is no tool {name}{hint}")
    read = _Read()
    for clause in _split(rest, ","):
        _take(read, clause.strip(), line, tool)
    if read.most is None:
        raise UsageError(f"--bound {line!r}: say how many calls it allows, as in most=3.")
    args = {key: [_anchored(key, one, folder) for one in globs] for key, globs in read.args.items()}
    fields: dict[str, Any] = {"tool": name, "args": args, "sources": read.sources}
    [resolved] = with_resolved_rules({"rules": [fields]})["rules"]
    said = {**resolved, "decision": Decision.ALLOW, "run": run, "most": read.most}
    try:
        return Rule.model_validate({**said, "even_if": tuple(read.even_if)})
    except ValidationError as error:
        raise UsageError(f"--bound {line!r}: {error.errors()[0]['msg']}.") from error


def _take(read: _Read, clause: str, line: str, tool: Tool | None) -> None:
    """Take in one clause of a bound."""
    if found := re.fullmatch(r"most\s*=\s*(\d{1,6})", clause):
        read.most = int(found.group(1))
    elif re.match(r"most\s*=", clause):
        raise UsageError(f"--bound {line!r}: most is a count, as in most=3.")
    elif found := re.fullmatch(r"even\s+if\s+(.+)", clause):
        kinds = [one for one in re.split(r"\s+or\s+", found.group(1).strip()) if one]
        if wrong := [one for one in kinds if one not in get_args(Lift)]:
            raise UsageError(
                f"--bound {line!r}: {wrong[0]!r} is not untrusted, private or changed."
            )
        read.even_if += kinds
    elif found := re.fullmatch(r"([\w.]+)\s+from\s+(.+)", clause, re.DOTALL):
        name = _known(found.group(1), line, tool, control=True)
        read.sources[name] = _globs(found.group(2))
    elif found := re.fullmatch(r"([\w.]+)\s*=\s*(.*)", clause, re.DOTALL):
        name = _known(found.group(1), line, tool)
        read.args[name] = _globs(found.group(2))
    else:
        raise UsageError(f"--bound {line!r}: {clause!r} says nothing known; write it {_EXAMPLE}.")


def _known(name: str, line: str, tool: Tool | None, *, control: bool = False) -> str:
    plain = name.removesuffix(".host")
    if tool is None or plain in tool.names or (control and name == CONTROL):
        return name
    raise UsageError(
        f"--bound {line!r}: {tool.name} has no argument {name}; it takes {', '.join(tool.names)}."
    )


def _globs(text: str) -> list[str]:
    return [_unquoted(one.strip()) for one in _split(text, "|")]


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text


def _split(text: str, at: str) -> list[str]:
    """The parts between a separator that is not inside quotes; none of them is left out."""
    parts = [""]
    for piece in _PIECE.findall(text):
        if piece == at:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _anchored(name: str, glob: str, folder: Path) -> str:
    """A path's glob from the run's folder on; what is an address or a whole path stays."""
    if name not in PATH_ARGUMENTS or not glob or glob.startswith(("/", "~")) or "@" in glob:
        return glob
    here = "".join(f"[{char}]" if char in "*?[" else char for char in str(folder))
    return os.path.normpath(f"{here}/{glob}")
