"""`butler tools`: what a step can call, with effect, arguments and a sentence each."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from butler_tui.butler import Toolbox
from butler_tui.cli.output import note, paragraph, say, say_json
from butler_tui.core.errors import UsageError
from butler_tui.core.plan_check import nearest
from butler_tui.core.tool import Tool
from butler_tui.core.tool_context import said_of_effect
from butler_tui.settings import Places, load
from butler_tui.tools.plugins import Broken


def show_tools(name: str | None, *, as_json: bool) -> int:
    """List every tool, or show one; what is not ready or broken is named, with its reason."""
    places = Places.find(os.environ)
    found = Toolbox(load(os.environ, places=places), places)
    tools = found.tools
    if name is not None:
        return _show(_named(tools, name), as_json)
    listed = sorted(tools.values(), key=lambda tool: tool.name)
    if as_json:
        _list_json(listed, found.broken)
        return 0
    for tool in listed:
        paragraph(f"{tool.name}({', '.join(_arguments(tool))})")
        paragraph(f"{_effect(tool)}: {tool.summary}", "    ")
        if tool.missing is not None:
            paragraph(f"not ready: {tool.missing}", "    ")
    for broken in found.broken:
        note(f"broken: {broken.name}: {broken.error}")
    return 0


def _list_json(tools: Sequence[Tool], broken: Sequence[Broken]) -> None:
    for tool in tools:
        say_json(_as_json(tool))
    for one in broken:
        say_json({"name": one.name, "broken": one.error})


def _named(tools: dict[str, Tool], name: str) -> Tool:
    if name not in tools:
        hint = nearest(name, list(tools)) or "; `butler tools` lists them."
        raise UsageError(f"There is no tool {name}{hint}")
    return tools[name]


def _show(tool: Tool, as_json: bool) -> int:
    if as_json:
        say_json(_as_json(tool))
        return 0
    paragraph(tool.signature())
    say()
    say(tool.description)
    say()
    for one in tool.parameters:
        default = "" if one.required else f", by default {one.default!r}"
        about = f": {one.description}" if one.description else ""
        paragraph(f"{one.name} ({one.describe()}{default}){about}", "  ")
    say(f"effect: {said_of_effect(tool.effect, tool.undoable)}")
    if tool.output_labels:
        say(f"output: {', '.join(tool.output_labels)}")
    say(f"run again: {tool.again}")
    if tool.missing is not None:
        paragraph(f"not ready: {tool.missing}")
    return 0


def _arguments(tool: Tool) -> list[str]:
    return [one.name if one.required else f"{one.name}={one.default!r}" for one in tool.parameters]


def _effect(tool: Tool) -> str:
    return tool.effect.value if tool.effect else "no effect"


def _as_json(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "effect": tool.effect,
        "signature": tool.signature(),
        "summary": tool.summary,
        "labels": tool.output_labels,
        "again": tool.again,
        "undoable": tool.undoable,
        "missing": asdict(tool.missing) if tool.missing is not None else None,
        "arguments": [
            {
                "name": one.name,
                "type": one.describe(),
                "description": one.description,
                "required": one.required,
                "default": one.default,
            }
            for one in tool.parameters
        ],
    }
