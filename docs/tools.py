"""Writes docs/tools.md from the tools themselves; `--check` only says whether it is right."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

from butler_tui.core.tool import Tool
from butler_tui.core.tool_context import Again, said_of_effect
from butler_tui.tools.plugins import GROUP

PAGE = Path(__file__).parent / "tools.md"

HEAD = """\
# Tools

What a step of a plan can call. This page is written by `python docs/tools.py` from the tools
themselves; `butler tools` shows those of your machine, also your own and those of MCP servers, and
which are ready.

Arguments may be given by position, in this order. An *untrusted* output may hold a stranger's
words, a *private* one is yours: [what may happen](policy.md) goes by that. *Needs* is said of a
machine on which nothing is set up.
"""

CHAPTERS: Mapping[str, Sequence[str]] = {
    "Files": ("files", "finding", "changes", "moving", "documents"),
    "Tables and plots": ("tables", "table_changes", "plots"),
    "The web": ("searching", "web", "downloads", "messages", "maps"),
    "Browser": ("browser",),
    "Mail": ("mail",),
    "Calendar, tasks and contacts": ("calendar", "contacts"),
    "Phone and social networks": ("phone", "social"),
    "Programs": ("running",),
    "Text": ("text",),
    "Memory and you": ("memory", "conversation"),
}
"""The modules of Butler's own entry points, in the order in which one reads of them."""

AGAIN = {
    Again.PURE: "freely",
    Again.KEYED: "by itself, under the same key",
    Again.QUERYABLE: "after it has looked whether it happened",
    Again.ONCE: "never by itself; you are asked",
}


class Nothing:
    """A machine on which nothing is set up or installed."""

    def option(self, _name: str) -> None:
        """No setting is set."""

    def has_secret(self, _name: str) -> bool:
        """No secret is kept."""
        return False

    def program(self, *_names: str) -> None:
        """No program is installed."""

    def package(self, _name: str) -> bool:
        """No further package is installed."""
        return False


def page() -> str:
    """The whole page. Raises KeyError for a module that no chapter has."""
    own = {
        one.name: one for one in entry_points(group=GROUP) if one.value.startswith("butler_tui.")
    }
    parts = [HEAD]
    for chapter, modules in CHAPTERS.items():
        parts.append(f"## {chapter}\n")
        for name in modules:
            parts += map(_section, _tools_of(own.pop(name).value))
    if own:
        raise KeyError(f"docs/tools.py names no chapter for {', '.join(own)}")
    return "\n".join(parts)


def _tools_of(module: str) -> Iterator[Tool]:
    return (one for one in vars(import_module(module)).values() if isinstance(one, Tool))


def _section(tool: Tool) -> str:
    lines = [f"### `{tool.name}`\n", tool.summary, "", "```text", tool.signature(), "```", ""]
    for one in tool.parameters:
        default = "" if one.required else f", by default `{one.default!r}`"
        about = f": {one.description}" if one.description else ""
        lines.append(f"- `{one.name}` ({one.describe()}{default}){about}")
    lines += ["", "  \n".join(_facts(tool)), ""]
    return "\n".join(lines)


def _facts(tool: Tool) -> Iterator[str]:
    yield f"Effect: {said_of_effect(tool.effect, tool.undoable)}"
    if tool.output_labels:
        yield f"Output: {', '.join(tool.output_labels)}"
    yield f"Runs again: {AGAIN[tool.again]}"
    if (missing := tool.equipped(Nothing()).missing) is not None:
        yield f"Needs: {missing}"


def write(check: bool) -> int:
    """Write the page, or only compare it: 1 when it is not what it should be."""
    made = page()
    if not check:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write("docs/tools.md is out of date; run `python docs/tools.py`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(write("--check" in sys.argv[1:]))
