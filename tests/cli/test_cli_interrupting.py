"""Ctrl-C and SIGTERM leave a run that can go on; a reader that has gone is no fault."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import pytest
from command_line import PATIENCE, CommandLine

SLOW = '''
"""A tool that takes for ever the first time."""

import asyncio
from pathlib import Path

from pydantic import BaseModel
from butler_tui.core.tool import Effect, ToolContext, tool


class Out(BaseModel):
    text: str


@tool(effect=Effect.OBSERVE)
async def linger(context: ToolContext) -> Out:
    """Wait until interrupted; the second time, return."""
    pipe = Path(context.folder) / "begun"
    if pipe.exists():
        with pipe.open("w") as told:
            pipe.unlink()
            told.write("begun")
        await asyncio.sleep(3600)
    return Out(text="in the end")
'''


@pytest.fixture
def lingering(butler: CommandLine, own_tool: Callable[[str, str], None]) -> subprocess.Popen[bytes]:
    """A run in the middle of a step that does not end."""
    own_tool("slow.py", SLOW)
    plan = butler.plan("said = linger()\nanswer(said.text)")
    pipe = butler.folder / "begun"
    os.mkfifo(pipe)
    process = butler.start("run", "--plan", plan, "--yes")
    assert pipe.read_text() == "begun"
    return process


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on(
    butler: CommandLine, lingering: subprocess.Popen[bytes], how: signal.Signals
) -> None:
    lingering.send_signal(how)
    _, err = lingering.communicate(timeout=PATIENCE)
    run = butler.last()
    assert lingering.returncode == 130
    assert f"butler resume {run}" in err.decode()
    assert "Traceback" not in err.decode()
    assert "interrupted" in butler("runs").out
    done = butler("resume", "last", "--yes")
    assert (done.code, done.out) == (0, "in the end\n"), done.err


def test_a_run_has_one_owner(butler: CommandLine, lingering: subprocess.Popen[bytes]) -> None:
    second = butler("resume", "last")
    assert second.code == 2
    assert f"process {lingering.pid}" in second.err
    assert butler("cancel", "last").code == 0
    _, err = lingering.communicate(timeout=PATIENCE)
    assert lingering.returncode == 1
    assert "cancelled" in err.decode()


def test_a_killed_run_is_taken_over(
    butler: CommandLine, lingering: subprocess.Popen[bytes]
) -> None:
    lingering.kill()
    lingering.wait(PATIENCE)
    done = butler("resume", "last", "--yes")
    assert (done.code, done.out) == (0, "in the end\n"), done.err


def test_a_reader_that_has_gone_is_no_fault(butler: CommandLine) -> None:
    process = butler.start("tools", "--json")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read().decode()
    process.wait(PATIENCE)
    assert "Traceback" not in err
    assert "BrokenPipe" not in err


def test_commands_work_in_a_pipe(butler: CommandLine) -> None:
    listed = subprocess.run(
        f"{' '.join(butler.command('tools'))} | head -1",
        shell=True,
        capture_output=True,
        text=True,
        env=butler.environ,
        cwd=butler.folder,
        check=False,
    )
    assert listed.stdout.startswith("add_event(title, start, ")
    assert listed.stdout.count("\n") == 1
    assert "BrokenPipe" not in listed.stderr
