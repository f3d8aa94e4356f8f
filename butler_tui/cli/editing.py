"""Changing a call's arguments: as a file in the person's editor, or line by line."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import tempfile
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, cast

from butler_tui.cli.output import note
from butler_tui.core.clean import visible_line
from butler_tui.core.errors import UsageError
from butler_tui.core.labels import Json, text_of
from butler_tui.core.tool import Tool

Read = Callable[[str], Awaitable[str]]
"""Reads a line after showing a prompt."""


async def edited(args: Mapping[str, Json], tool: Tool | None, read: Read) -> Mapping[str, Json]:
    """The arguments as the person changed them. Raises UsageError when they cannot be read.

    `VISUAL` or `EDITOR` names the editor; without one each argument is asked for.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if editor:
        return await _in_editor(editor, args, tool)
    note("Enter keeps an argument as it is.")
    return await _line_by_line(args, tool, read)


async def _line_by_line(
    args: Mapping[str, Json], tool: Tool | None, read: Read
) -> Mapping[str, Json]:
    values = dict(args)
    missing = [name for name in (tool.names if tool else ()) if name not in args]
    for name in [*args, *missing]:
        now = f"[{_short(text_of(args[name]))}]" if name in args else "[not given]"
        if typed := await read(f"{visible_line(name)} {now} > "):
            values[name] = value_typed(tool, name, typed)
    return values


def value_typed(tool: Tool | None, name: str, text: str) -> Json:
    """An argument as typed: text where its tool takes text, else JSON, else text after all.

    Text in double quotes is read as JSON, so that it can be empty or have several lines.
    """
    parameter = tool.parameter(name) if tool is not None else None
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    if not quoted and (parameter is None or parameter.problem_with(text) is None):
        return text
    try:
        return cast("Json", json.loads(text))
    except ValueError:
        return text


def _short(text: str) -> str:
    line = visible_line(" ".join(text.split()))
    return line if len(line) <= 60 else f"{line[:59]}…"


async def _in_editor(
    editor: str, args: Mapping[str, Json], tool: Tool | None
) -> Mapping[str, Json]:
    text, ending = as_file(args, tool)
    return from_file(await _text_in_editor(editor, text, f"arguments.{ending}"), ending)


async def edited_text(text: str, name: str) -> str:
    """The text as the person changed it in their editor, in a file of that name.

    Raises UsageError: no editor is named, or what it left cannot be read.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor:
        raise UsageError("No editor is named; set EDITOR, say to nano.")
    return await _text_in_editor(editor, text, name)


async def edited_output(output: Json, step: str) -> Json:
    """A step's output as the person changed it in their editor. Raises UsageError."""
    text = json.dumps(output, ensure_ascii=False, indent=2) + "\n"
    try:
        return cast("Json", json.loads(await edited_text(text, f"{step}.json")))
    except ValueError as error:
        raise UsageError(f"The output of {step} cannot be read as JSON: {error}.") from error


async def _text_in_editor(editor: str, text: str, name: str) -> str:
    with tempfile.TemporaryDirectory(prefix="butler-") as folder:
        path = Path(folder) / name
        await asyncio.to_thread(path.write_text, text, encoding="utf-8")
        await _edit(editor, path)
        try:
            return await asyncio.to_thread(path.read_text, encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"What the editor left cannot be read: {error}.") from error


async def _edit(editor: str, path: Path) -> None:
    """Run the editor on the file, and wait until it ends. Raises UsageError."""
    try:
        process = await asyncio.create_subprocess_exec(*shlex.split(editor), str(path))
    except (OSError, ValueError) as error:
        raise UsageError(f"The editor {editor!r} cannot be started; set EDITOR.") from error
    try:
        code = await process.wait()
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if code:
        raise UsageError(f"The editor ended with {code}; nothing is changed.")


def as_file(args: Mapping[str, Json], tool: Tool | None) -> tuple[str, str]:
    """The arguments as a file's text and its ending: TOML where it can say them, else JSON."""
    try:
        text = _as_toml(args, tool)
        if tomllib.loads(text) == dict(args):
            return text, "toml"
    except (ValueError, TypeError):
        pass  # something that TOML has no word for, as null
    return json.dumps(dict(args), ensure_ascii=False, indent=2) + "\n", "json"


def _as_toml(args: Mapping[str, Json], tool: Tool | None) -> str:
    import tomlkit

    document = tomlkit.document()
    for name, value in args.items():
        if isinstance(value, str) and "\n" in value and "\r" not in value and '"""' not in value:
            document.add(name, tomlkit.string(value, multiline=True))
        else:
            document.add(name, cast("Any", value))
    missing = [name for name in (tool.names if tool else ()) if name not in args]
    for name in missing:
        document.add(tomlkit.comment(f"{name} is not given"))
    return tomlkit.dumps(document)


def from_file(text: str, ending: str) -> Mapping[str, Json]:
    """The arguments that a file's text gives. Raises UsageError when it cannot be read."""
    try:
        read: object = tomllib.loads(text) if ending == "toml" else json.loads(text)
        json.dumps(read)
    except (ValueError, TypeError) as error:
        raise UsageError(f"That cannot be read as {ending.upper()}: {error}.") from error
    if not isinstance(read, dict):
        raise UsageError("The arguments are names with values; write an object.")
    return cast("Mapping[str, Json]", read)
