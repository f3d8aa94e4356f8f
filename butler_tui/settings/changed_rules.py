"""Rules as they might be: a file that is tried before it becomes the settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from butler_tui.core.errors import SettingsError
from butler_tui.core.policy import Mode
from butler_tui.core.rules import Rule
from butler_tui.settings.reading import as_section, parse_toml
from butler_tui.settings.rules import with_resolved_rules
from butler_tui.settings.section import Section
from butler_tui.settings.whole_paths import WHOLE_PATHS


@dataclass(frozen=True, slots=True)
class Change:
    """What a file would change; None is for what it does not speak of.

    `mode` and `rules` stand in for those of config.toml, `kept` for those of rules.toml.
    """

    mode: Mode | None = None
    rules: Sequence[Rule] | None = None
    kept: Sequence[Rule] | None = None


class _ChangedApprovals(Section):
    mode: Annotated[Mode | None, Field(strict=False)] = None
    rules: Annotated[tuple[Rule, ...], Field(strict=False), WHOLE_PATHS] = ()


class _ChangedRules(Section):
    approvals: _ChangedApprovals | None = None
    rules: Annotated[tuple[Rule, ...] | None, Field(strict=False), WHOLE_PATHS] = None


def read_change(path: Path) -> Change:
    """What the file says, written as `config.toml` or `rules.toml` is. Raises SettingsError."""
    try:
        content = parse_toml(path.read_text(encoding="utf-8"), path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    said: dict[str, Any] = {}
    if "rules" in content:
        said["rules"] = with_resolved_rules({"rules": content["rules"]})["rules"]
    if isinstance(content.get("approvals"), dict):
        said["approvals"] = with_resolved_rules(content["approvals"])
    if not said:
        raise SettingsError(f"{path} holds neither [approvals] nor [[rules]]; there is no change.")
    read = as_section(_ChangedRules, said, path)
    if read.approvals is None:
        return Change(kept=read.rules)
    return Change(read.approvals.mode, read.approvals.rules, read.rules)
