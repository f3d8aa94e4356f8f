"""rules.toml: the rules that *always* keeps, with the person's own comments left alone."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pydantic import ValidationError

from butler_tui.core.errors import SettingsError
from butler_tui.core.policy import Rule
from butler_tui.settings.loading import expanded_rules, read_toml


def read_rules(path: Path) -> list[Rule]:
    """The kept rules, in the order in which they were kept. Raises SettingsError."""
    data = expanded_rules(read_toml(path))
    try:
        return [Rule.model_validate(rule) for rule in data.get("rules", [])]
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"{path}: a rule is wrong at {where or 'its start'}: {first['msg']}."
        ) from error


def keep_rule(path: Path, rule: Rule) -> None:
    """Add a rule at the end of the file. Raises SettingsError when it cannot be written."""
    import tomlkit

    read_rules(path)
    document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
    rules = document.setdefault("rules", tomlkit.aot())
    entry = tomlkit.table()
    entry.update({"tool": rule.tool, "args": dict(rule.args), "decision": rule.decision.value})
    if rule.because:
        entry["because"] = rule.because
    rules.append(entry)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]
    try:
        _replace(path, tomlkit.dumps(document))
    except OSError as error:
        raise SettingsError(
            f"The rule cannot be kept in {path} ({error.strerror}); allow this call once instead."
        ) from error


def _replace(path: Path, text: str) -> None:
    """Write the whole file at once, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".rules-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
