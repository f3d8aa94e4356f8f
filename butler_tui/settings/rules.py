"""Rules as they are kept: read from TOML with their paths resolved, and added to rules.toml.

A path in a rule is compared with what a call really touches: absolute, links resolved. So `~` is
expanded here, and links in the part of a glob before its first `*`, `?` or `[` are followed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from butler_tui.core.errors import SettingsError
from butler_tui.core.rules import PATH_ARGUMENTS, Rule
from butler_tui.settings.files import locked, read_owned, write_owned
from butler_tui.settings.reading import as_section, parse_toml
from butler_tui.settings.section import Section
from butler_tui.settings.whole_paths import WHOLE_PATHS

_HEADER = """\
Rules that Butler keeps when you answer *always*. Yours to edit; deny goes before ask before allow.
"""


class _RulesFile(Section):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    rules: Annotated[list[Rule], WHOLE_PATHS] = Field(default_factory=list[Rule])


def read_rules(path: Path) -> list[Rule]:
    """The rules kept in a file, none when there is no file. Raises SettingsError."""
    text = read_owned(path)
    if text is None:
        return []
    content = parse_toml(text, path)
    return as_section(_RulesFile, with_resolved_rules(content), path).rules


def keep_rule(path: Path, rule: Rule) -> bool:
    """Add a rule to the file, which keeps its comments; False when it is there already.

    Raises SettingsError when the file cannot be read or written.
    """
    try:
        with locked(path.with_suffix(".lock")):
            if rule in read_rules(path):
                return False
            write_owned(path, _with_rule(read_owned(path) or "", rule, path))
            return True
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def remove_rule(path: Path, identity: str) -> Rule | None:
    """Take the rule of that id out of the file, whose comments stay; None when it is not there.

    Raises SettingsError when the file cannot be read or written.
    """
    try:
        with locked(path.with_suffix(".lock")):
            rules = read_rules(path)
            at = next((at for at, rule in enumerate(rules) if rule.id == identity), None)
            if at is None:
                return None
            text = read_owned(path) or ""
            left = rules[:at] + rules[at + 1 :]
            write_owned(path, _without_rule(text, at, left))
            return rules[at]
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}.") from error


def _without_rule(text: str, at: int, left: list[Rule]) -> str:
    """The text without its rule number `at`; `left` are the rules that stay."""
    by_lines = _without_lines(text, at)
    if by_lines is not None and _holds(by_lines, left):
        return by_lines
    import tomlkit

    document: Any = tomlkit.parse(text)
    del document["rules"][at]
    return tomlkit.dumps(document)


def _without_lines(text: str, at: int) -> str | None:
    """The text without the lines of the rule; what stands above the next one is the next one's."""
    lines = text.splitlines(keepends=True)
    heads = [number for number, line in enumerate(lines) if _HEAD.match(line)]
    if at >= len(heads):
        return None
    tables = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    end = next((number for number in tables if number > heads[at]), len(lines))
    while end > heads[at] + 1 and _IDLE.fullmatch(lines[end - 1]):
        end -= 1
    return "".join(lines[: heads[at]] + lines[end:])


_HEAD = re.compile(r"\s*\[\[\s*rules\s*\]\]")
_IDLE = re.compile(r"\s*(#.*)?\s*")


def _holds(text: str, rules: list[Rule]) -> bool:
    """True when the text is TOML that holds exactly these rules."""
    try:
        content = with_resolved_rules(tomllib.loads(text))
        return _RulesFile.model_validate(content).rules == rules
    except (tomllib.TOMLDecodeError, ValidationError):
        return False


def _with_rule(text: str, rule: Rule, path: Path) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError
    from tomlkit.items import AoT

    try:
        document = tomlkit.parse(text)
    except TOMLKitError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}.") from error
    if not text.strip():
        document.add(tomlkit.comment(_HEADER.strip()))
    if "rules" not in document:
        document.add("rules", tomlkit.aot())
    fields = {name: _as_toml(one) for name, one in rule.model_dump(exclude_defaults=True).items()}
    if isinstance(document["rules"], AoT):
        document["rules"].append(tomlkit.item(fields))
    else:
        document["rules"].append(_as_toml(fields))
    return tomlkit.dumps(document)


def _as_toml(value: Any) -> Any:  # noqa: ANN401  (whatever a rule's field holds)
    import tomlkit

    if isinstance(value, Mapping):
        inline = tomlkit.inline_table()
        inline.update({name: _as_toml(one) for name, one in value.items()})
        return inline
    if isinstance(value, tuple | list):
        return [_as_toml(one) for one in value]
    return str(value) if isinstance(value, str) else value


def with_resolved_rules(content: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the paths in its `rules` resolved; what is no rule is left to be refused."""
    rules = content.get("rules")
    if not isinstance(rules, list):
        return dict(content)
    resolved = [_resolved(one) if isinstance(one, dict) else one for one in rules]
    return {**content, "rules": resolved}


def _resolved(raw: Mapping[str, Any]) -> dict[str, Any]:
    rule = dict(raw)
    if isinstance(rule.get("args"), dict):
        rule["args"] = {name: _glob(name, one) for name, one in rule["args"].items()}
    for examples in ("match", "not_match"):
        if isinstance(rule.get(examples), list):
            rule[examples] = [_example(one) for one in rule[examples]]
    rule["expires"] = _with_zone(rule.get("expires"))
    return rule


def _with_zone(moment: Any) -> Any:  # noqa: ANN401  (what TOML holds)
    """A time without a zone is the person's own; a date is its first moment."""
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.astimezone()
    return moment


def _glob(name: str, glob: Any) -> Any:  # noqa: ANN401
    if isinstance(glob, list):
        return [_glob(name, one) for one in glob]
    if not _is_path(name, glob):
        return glob
    parts = Path(glob).parts
    if parts[0].startswith("~"):
        home = Path(parts[0]).expanduser()
        parts = (*home.parts, *parts[1:])
        literal = len(home.parts)
    else:
        literal = 0
    while literal < len(parts) and not any(char in parts[literal] for char in "*?["):
        literal += 1
    real = os.path.realpath(Path(*parts[:literal]))
    escaped = "".join(f"[{char}]" if char in "*?[" else char for char in real)
    return str(Path(escaped, *parts[literal:]))


def _example(example: Any) -> Any:  # noqa: ANN401
    if not isinstance(example, dict):
        return example
    return {
        name: os.path.realpath(Path(one).expanduser()) if _is_path(name, one) else one
        for name, one in example.items()
    }


def _is_path(name: str, value: Any) -> bool:  # noqa: ANN401
    return name in PATH_ARGUMENTS and isinstance(value, str) and value.startswith(("/", "~"))
