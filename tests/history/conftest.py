"""A history in a temporary folder, and other processes that open the same one."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from butler_tui.core.events import RunAccepted
from butler_tui.history import History, open_history
from butler_tui.settings import Places

ROOT = Path(__file__).parents[2]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places.below(tmp_path / "home")


@pytest.fixture
async def history(places: Places) -> AsyncIterator[History]:
    async with open_history(places) as opened:
        yield opened


@pytest.fixture
async def run(history: History) -> str:
    """The id of a run that was accepted."""
    made = history.runs.new_id()
    await history.journal.append(made, [RunAccepted(goal="Find dinner", folder="/n")])
    return made


class Another:
    """Another process, spoken to by lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin and process.stdout
        self._in, self._out = process.stdin, process.stdout

    async def line(self) -> str:
        """The next line it says; empty when it has ended."""
        return (await self._out.readline()).decode().rstrip("\n")

    async def expect(self, line: str) -> None:
        said = await self.line()
        assert said == line

    def tell(self, line: str = "") -> None:
        """Have it go on."""
        self._in.write(f"{line}\n".encode())

    async def end(self) -> None:
        """Wait for it to end by itself, well."""
        assert await self.process.wait() == 0


Start = Callable[..., Awaitable[Another]]


@pytest.fixture
async def another(places: Places) -> AsyncIterator[Start]:
    """Starts other processes on the same history: `await another("append", run, "10")`."""
    started: list[Another] = []

    async def start(*what: str, under: tuple[str, ...] = ()) -> Another:
        process = await asyncio.create_subprocess_exec(
            *under,
            sys.executable,
            str(Path(__file__).with_name("another_process.py")),
            str(places.config.parent),
            *what,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(Another(process))
        return started[-1]

    yield start
    for one in started:
        if one.process.returncode is None:
            one.process.kill()
        await one.process.wait()
        one.process._transport.close()  # type: ignore[attr-defined]
