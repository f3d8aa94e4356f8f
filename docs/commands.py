"""Writes docs/commands.md from every command's help; `--check` only says whether it is right."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from butler_tui.cli import main
from butler_tui.cli.commands import app

PAGE = Path(__file__).parent / "commands.md"

HEAD = """\
# Commands

What `butler COMMAND --help` says. This page is written by `python docs/commands.py`; change the
help in `butler_tui/cli/commands.py` instead.

RUN is a run's id, how it begins, or `last`. Results go to standard output, what happens meanwhile
to standard error. Exit codes: 0 done, 1 failed (or done, but a call was found failed), 2 usage or
settings error, 3 waiting for a person, 130 interrupted (by Ctrl-C or SIGTERM; `butler resume RUN`
goes on).
"""


def page() -> str:
    """The whole page."""
    os.environ["COLUMNS"] = "90"
    every = _commands(get_command(app), [])
    return "\n".join([HEAD, *(_section(words) for words in every)])


def _section(words: list[str]) -> str:
    return f"## {' '.join(['butler', *words])}\n\n```text\n{_help(words)}\n```\n"


def _commands(command: Any, words: list[str]) -> Iterator[list[str]]:  # noqa: ANN401  (click's own)
    yield words
    for name, one in getattr(command, "commands", {}).items():
        yield from _commands(one, [*words, name])


def _help(words: list[str]) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main([*words, "--help"])
    return "\n".join(line.rstrip() for line in said.getvalue().strip().split("\n"))


def write(check: bool) -> int:
    """Write the page, or only compare it: 1 when it is not what it should be."""
    made = page()
    if not check:
        PAGE.write_text(made, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    sys.stderr.write("docs/commands.md is out of date; run `python docs/commands.py`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(write("--check" in sys.argv[1:]))
