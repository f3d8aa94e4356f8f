"""run_python and run_command: a stranger's program, run where it can do no harm."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, Field

from butler_tui.core.clean import marked, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import (
    Again,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.command_box import CommandPlace, command_place, run_in_folder
from butler_tui.tools.places import to_the_end
from butler_tui.tools.python_box import MOST_CODE, MadeFile, copied, python_limits, run_code
from butler_tui.tools.receipts import ended_well
from butler_tui.tools.sandbox import OPEN, PATH, Confinement, Limits, find_confinement

MOST_SECONDS = 600

Timeout = Annotated[
    float, Field(gt=0, le=MOST_SECONDS), "seconds after which it is stopped, at most 600"
]


class RanPython(BaseModel):
    """What code printed, the files it made, and its last expression's value if that is data."""

    text: str
    files: list[MadeFile]
    value: Any = None


class RanCommand(BaseModel):
    """What a command printed (both streams), and its exit code: 0 is success."""

    text: str
    exit_code: int


@tool(
    effect=Effect.EXECUTE,
    again=Again.ONCE,
    timeout=MOST_SECONDS + 60,
    at_once=4,
    targets=("code",),
    untrusted=True,
)
async def run_python(
    context: ToolContext,
    code: Annotated[str, "Python; the value of its last expression is kept if it is plain data"],
    files: Annotated[
        list[str] | None, "files of yours to put copies of, at the same paths, beside the code"
    ] = None,
    timeout: Timeout = 30,  # noqa: ASYNC109  (the code's own limit, counted in its process)
) -> Annotated[ToolResult, RanPython]:
    """Run Python code in a fresh process, in a sandbox: its output, new files, and value.

    It has the standard library and the packages that Butler uses (openpyxl, duckdb, Pillow), no
    network and no files but copies of `files`. The text of files that it makes is in the output.
    """
    _check_code(code)
    copies = await asyncio.to_thread(copied, context, files or [])
    confinement = await asyncio.to_thread(find_confinement)
    ran = await to_the_end(
        run_code, confinement, code, copies, context.forbidden, timeout, _showing(context)
    )
    output = RanPython(text=ran.ended.text, files=ran.files, value=ran.value)
    made = f", made {_counted(ran.files)}" if ran.files else ""
    receipt = Receipt(
        f"Ran the code for {ran.ended.seconds:.1f} s{made} ({confinement.words}).",
        {"confinement": confinement.words, "exit_code": ran.ended.code},
    )
    return ToolResult(output, receipt, [Mark((), "code that ran", True, bool(copies) or None)])


run_python.verifies(ended_well)


@run_python.previews
async def _(
    context: ToolContext,
    code: str,
    files: list[str] | None = None,
    timeout: float = 30,  # noqa: ASYNC109
) -> Preview:
    _check_code(code)
    copies = await asyncio.to_thread(copied, context, files or [])
    confinement = await asyncio.to_thread(find_confinement)
    lines = [
        f"runs this code in a fresh Python ({confinement.words})",
        f"no network, no files of yours{' but copies of:' if copies else ''}",
        *(
            f"    {visible_line(one.path)} ({len(one.data):,} bytes, SHA-256 {one.sha256})"
            for one in copies
        ),
        _described(python_limits(timeout)),
        "",
        *marked(code),
    ]
    return Preview("\n".join(lines))


@tool(
    effect=Effect.EXECUTE,
    again=Again.ONCE,
    timeout=MOST_SECONDS + 60,
    at_once=1,
    targets=("argv", "folder"),
    untrusted=True,
    private=True,
)
async def run_command(
    context: ToolContext,
    argv: Annotated[list[str], Field(min_length=1), "the program and its arguments; no shell"],
    folder: Annotated[str, "the folder to run it in, which it may change"] = ".",
    timeout: Timeout = 60,  # noqa: ASYNC109  (the command's own limit, counted in its process)
) -> Annotated[ToolResult, RanCommand]:
    """Run a program in a folder, in a sandbox: what it printed and its exit code.

    It sees the system's programs and that folder, nothing else of yours; no network unless the
    settings allow it. There is no shell: no pipes, globs or variables.
    """
    confinement, at = await _prepared(context, argv, folder, timeout)
    ran = await to_the_end(run_in_folder, confinement, argv, at, _showing(context))
    aside = f"; set aside what no command may make: {', '.join(ran.aside)}" if ran.aside else ""
    receipt = Receipt(
        f"Ran {visible_line(shlex.join(argv))} in {at.shown}: exit code {ran.ended.code} "
        f"({confinement.words}){aside}.",
        {
            "confinement": confinement.words,
            "exit_code": ran.ended.code,
            "folder": str(at.real),
            "set_aside": [*ran.aside],
        },
    )
    note = f"[Set aside, since no command may make it: {', '.join(ran.aside)}]\n" * bool(ran.aside)
    text = ran.ended.text
    text += "\n" * bool(note and text and not text.endswith("\n")) + note
    return ToolResult(RanCommand(text=text, exit_code=ran.ended.code), receipt)


run_command.verifies(ended_well)


@run_command.previews
async def _(
    context: ToolContext,
    argv: list[str],
    folder: str = ".",
    timeout: float = 60,  # noqa: ASYNC109
) -> Preview:
    confinement, at = await _prepared(context, argv, folder, timeout)
    # What the command says comes last, so that none of it stands where Butler's own words are
    # looked for, however it breaks its lines.
    lines = [
        f"in: {visible_line(str(at.real))}",
        confinement.words,
        *at.described(confinement),
        _described(at.limits),
        "runs:",
        *marked(shlex.join(argv)),
    ]
    return Preview("\n".join(lines))


async def _prepared(
    context: ToolContext,
    argv: list[str],
    folder: str,
    timeout: float,  # noqa: ASYNC109
) -> tuple[Confinement, CommandPlace]:
    """Where and how the command will run; raises ToolError."""
    is_open = context.option("sandbox.commands") == "open"
    confinement = OPEN if is_open else await asyncio.to_thread(find_confinement)
    _check_argv(argv, os.environ.get("PATH", PATH) if is_open else PATH)
    return confinement, await asyncio.to_thread(command_place, context, folder, timeout)


def _check_code(code: str) -> None:
    if not code.strip():
        raise ToolError("bad_arguments", "There is no code to run; write at least one line.")
    if len(code) > MOST_CODE:
        raise ToolError("bad_arguments", f"The code is longer than {MOST_CODE:,} characters.")
    try:
        code.encode()
    except UnicodeEncodeError as error:
        raise ToolError(
            "bad_arguments", "The code holds half a character; leave it out."
        ) from error


def _check_argv(argv: list[str], path: str) -> None:
    """Refuse what can be no command, and a program that is not there."""
    if not argv or not argv[0].strip():
        raise ToolError("bad_arguments", "The command names no program; argv starts with one.")
    for word in argv:
        try:
            bad = b"\0" in word.encode()
        except UnicodeEncodeError:
            bad = True
        if bad:
            raise ToolError(
                "bad_arguments", "The command holds a character that no argument can have."
            )
    if "/" not in argv[0] and shutil.which(argv[0], path=path) is None:
        said = " An argv of one text is one program's name, not a line." * (" " in argv[0])
        raise ToolError(
            "no_program",
            f"There is no program {argv[0][:80]!r} among the system's; name one that is.{said}",
        )


def _counted(files: list[MadeFile]) -> str:
    return f"{len(files)} files" if len(files) > 1 else files[0].path


def _described(limits: Limits) -> str:
    return (
        f"at most {limits.seconds:g} seconds, {_size(limits.memory)} of memory, "
        f"{limits.processes} processes, {_size(limits.file)} a file"
    )


def _size(number: int) -> str:
    return f"{number >> 30} GB" if number >= 1 << 30 else f"{number >> 20} MB"


def _showing(context: ToolContext) -> Callable[[str], None]:
    """Shows a program's last line, from the thread that reads it."""
    loop = asyncio.get_running_loop()

    def show(line: str) -> None:
        loop.call_soon_threadsafe(context.progress, line)

    return show
