"""Reads config.toml: every fault becomes one sentence that names the place."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from butler_tui.core.errors import SettingsError
from butler_tui.core.policy import Mode
from butler_tui.settings.model import Settings
from butler_tui.settings.places import Places


def load(
    places: Places,
    *,
    model: str | None = None,
    mode: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """The settings, with `model` (or BUTLER_MODEL) in every role and `mode` where given.

    Raises SettingsError.
    """
    environ = os.environ if environ is None else environ
    settings = _checked(places.config, read_toml(places.config))
    name = model or environ.get("BUTLER_MODEL")
    if name:
        settings = settings.model_copy(update={"model": settings.model.with_name(name)})
    if mode is not None:
        approvals = settings.approvals.model_copy(update={"mode": as_mode(mode)})
        settings = settings.model_copy(update={"approvals": approvals})
    return settings


def as_mode(mode: str) -> Mode:
    """The mode of that name. Raises SettingsError."""
    try:
        return Mode(mode)
    except ValueError:
        known = ", ".join(Mode)
        raise SettingsError(f"There is no mode {mode!r}; it is one of {known}.") from None


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file's content, empty when there is none. Refuses one that others can write."""
    try:
        _only_mine(path)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}. Correct that place.") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise SettingsError(
            f"{path} cannot be read ({error.strerror}); repair its permissions."
        ) from error


def _only_mine(path: Path) -> None:
    if os.name != "posix":
        return
    for one in (path, path.parent):
        if stat.S_IMODE(one.stat().st_mode) & stat.S_IWOTH:
            raise SettingsError(f"{one} can be written by others; run `chmod o-w {one}`.")


def _checked(path: Path, data: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(_expanded(data))
    except ValidationError as error:
        raise SettingsError(f"{path}: {_sentence(error, data)}") from error


def _expanded(data: Mapping[str, Any]) -> dict[str, Any]:
    """`~` in folders and in rules' path globs is the person's home."""
    made = dict(data)
    folders = made.get("folders")
    if isinstance(folders, dict):
        made["folders"] = {
            key: [_home(one) for one in cast(list[Any], value)]
            if isinstance(value, list)
            else value
            for key, value in cast(dict[str, Any], folders).items()
        }
    approvals = made.get("approvals")
    if isinstance(approvals, dict):
        made["approvals"] = expanded_rules(cast(dict[str, Any], approvals))
    return made


def expanded_rules(section: Mapping[str, Any]) -> dict[str, Any]:
    """A section with `rules`, their argument globs and examples with `~` expanded."""
    made = dict(section)
    rules = made.get("rules")
    if isinstance(rules, list):
        made["rules"] = [_expanded_rule(rule) for rule in cast(list[Any], rules)]
    return made


def _expanded_rule(rule: Any) -> Any:  # noqa: ANN401  (whatever TOML holds; the model checks it)
    if not isinstance(rule, dict):
        return rule
    made = dict(cast(dict[str, Any], rule))
    if isinstance(made.get("args"), dict):
        made["args"] = _expanded_args(made["args"])
    for key in ("match", "not_match"):
        if isinstance(made.get(key), list):
            made[key] = [_expanded_args(one) for one in made[key]]
    return made


def _expanded_args(args: Any) -> Any:  # noqa: ANN401
    if not isinstance(args, dict):
        return args
    return {key: _path(value) for key, value in cast(dict[str, Any], args).items()}


def _path(value: Any) -> Any:  # noqa: ANN401
    """An absolute path with `..` taken out, as calls are compared; other text as it is."""
    made = _home(value)
    return os.path.normpath(made) if isinstance(made, str) and made.startswith("/") else made


def _home(value: Any) -> Any:  # noqa: ANN401
    return (
        str(Path(value).expanduser()) if isinstance(value, str) and value.startswith("~") else value
    )


def _sentence(error: ValidationError, data: Mapping[str, Any]) -> str:
    """The first fault, in words: where it is, what is there, what belongs there."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_keys(first["loc"][:-1])
        close = difflib.get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}."
        return f"there is no setting {where}; {hint}"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message[0].lower()}{message[1:]}, found {first['input']!r}."


def _known_keys(where: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Settings
    for part in where:
        if isinstance(part, int):
            continue
        annotation: Any = (
            model.model_fields[part].annotation if part in model.model_fields else None
        )
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        found = [one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)]
        if not found:
            return list(model.model_fields)
        model = found[0]
    return list(model.model_fields)
