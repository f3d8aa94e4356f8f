"""Finding the tools: built-in ones and a stranger's come through the same door.

A tool is a `Tool` at the top of a module. Modules are named by entry points of the group
`butler.tools`, or are Python files in the person's tools folder. What is broken is named with its
reason, and the rest works. A built-in name is never taken by another.
"""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from keyword import iskeyword
from pathlib import Path
from types import ModuleType

from butler_tui.core.errors import ButlerError
from butler_tui.core.plan import GIVEN
from butler_tui.core.tool import Tool
from butler_tui.tools.definitions import definition_of

GROUP = "butler.tools"
_OWN = "butler_tui."
_PART = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = {*GIVEN, "approve", "revise"}
"""Names that plans and reviews use themselves."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin, or one tool of it, that cannot be used, and why in a sentence."""

    name: str
    error: str


@dataclass(slots=True)
class Found:
    """Every usable tool by its name, and what is broken."""

    tools: dict[str, Tool] = field(default_factory=dict[str, Tool])
    broken: list[Broken] = field(default_factory=list[Broken])


def find_tools(folder: Path | None) -> Found:
    """All tools that are installed or lie as `*.py` directly in `folder`.

    Raises ButlerError when Butler's own entry points are not installed.
    """
    installed = sorted(entry_points(group=GROUP), key=lambda one: (_is_stranger(one), one.name))
    if not installed or _is_stranger(installed[0]):
        raise ButlerError(
            "Butler's own tools are not installed with it; run `pip install .` in its folder "
            "(`pip install -e .` to work on it)."
        )
    found = Found()
    for one in installed:
        _take(found, one)
    if folder is not None:
        _take_folder(found, folder)
    return found


def _is_stranger(one: EntryPoint) -> bool:
    return not one.value.startswith(_OWN)


def _take(found: Found, one: EntryPoint) -> None:
    """The tools of an entry point: a module, or one tool in it."""
    distribution = one.dist.name if one.dist else "unknown package"
    name = f"{one.name} ({distribution})"
    try:
        loaded = one.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001  (a stranger's code may raise anything)
        found.broken.append(Broken(name, _why(error)))
        return
    stranger = _is_stranger(one)
    if isinstance(loaded, ModuleType):
        _add(found, name, _tools_of(loaded), stranger=stranger)
    elif isinstance(loaded, Tool):
        _add(found, name, [loaded], stranger=stranger)
    else:
        found.broken.append(
            Broken(name, f"{one.value} is neither a module nor a tool; correct its entry point.")
        )


def _tools_of(module: ModuleType) -> list[Tool]:
    return [value for value in vars(module).values() if isinstance(value, Tool)]


def _add(
    found: Found, name: str, tools: Sequence[Tool], *, stranger: bool, source: bytes | None = None
) -> None:
    """Take in what has a good name that is still free; the same tool may be met again."""
    if not tools:
        found.broken.append(Broken(name, "It has no tool; put `@tool(...)` before its function."))
    for one in tools:
        if found.tools.get(one.name) is one:
            continue
        if one.name in found.tools:
            found.broken.append(
                Broken(name, f"There is a tool {one.name} already; give this one another name.")
            )
        elif not _is_name(one.name):
            found.broken.append(
                Broken(
                    name,
                    f"{one.name!r} cannot be a tool's name; use letters, digits and _, in parts "
                    "with dots between them, and no word that plans use themselves.",
                )
            )
        else:
            if stranger:
                one.definition = definition_of(one, source)
            found.tools[one.name] = one


def _is_name(name: str) -> bool:
    parts = name.split(".")
    good = all(_PART.fullmatch(part) and not iskeyword(part) for part in parts)
    return good and parts[0] not in _TAKEN


def _take_folder(found: Found, folder: Path) -> None:
    """The tools of the person's own files; nothing when there is no such folder."""
    if not folder.is_dir():
        return
    if reason := _unsafe(folder.stat(), folder):
        found.broken.append(Broken(str(folder), reason))
        return
    for path in sorted(folder.glob("*.py")):
        try:
            module, source = _load_file(path)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (as above)
            found.broken.append(Broken(path.name, _why(error)))
        else:
            _add(found, path.name, _tools_of(module), stranger=True, source=source)


def _load_file(path: Path) -> tuple[ModuleType, bytes]:
    """Run one file as a module of its own and return it with its text; raises what it raises.

    What is checked is what runs: the file is opened once, and no compiled twin is looked at.
    """
    home = path.resolve().parent
    if reason := _unsafe(home.stat(), home):
        raise ButlerError(reason)
    with path.open("rb") as file:
        if reason := _unsafe(os.fstat(file.fileno()), path):
            raise ButlerError(reason)
        source = file.read()
    module = ModuleType(f"butler_tools_folder.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, path, "exec"), module.__dict__)  # noqa: S102  (the person put it there)
    except BaseException:
        del sys.modules[module.__name__]
        raise
    return module, source


def _unsafe(entry: os.stat_result, path: Path) -> str | None:
    """Why what lies there must not be run: another user could have written it."""
    if os.name != "posix":
        return None
    if entry.st_uid not in (os.getuid(), 0):
        return f"{path} belongs to another user; Butler runs only what is yours."
    if entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"{path} can be written by others; look into it and run `chmod go-w {path}`."
    return None


def _why(error: BaseException) -> str:
    """What a plugin raised, in one line."""
    if isinstance(error, ButlerError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"It is not Python: {error.msg} in line {error.lineno}."
    if isinstance(error, SystemExit):
        return "It ended the program when it was loaded; a plugin must only define its tools."
    said = " ".join(_safe_text(error).split())
    return f"It cannot be loaded: {type(error).__name__}: {said[:300]}"


def _safe_text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  (a stranger's __str__ may raise anything)
        return "(no text)"
