"""How fast the app paints first, and how fast a key is seen while eight steps stream.

    python tests/bench/bench_tui.py [pairs]

Both are measured from outside, on a terminal of 120 by 36: a process is started on a pseudo
terminal and its bytes are watched. The first paint is given as a ratio to an empty Textual app.
"""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
EMPTY = "from textual.app import App; App().run()"
FRAME = 3000
"""Bytes after which a whole screen of 120 by 36 must have been painted."""

STREAMS, TOKENS_A_SECOND = 8, 200


class Terminal:
    """A process on a pseudo terminal."""

    def __init__(self, command: Sequence[str], home: Path) -> None:
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
        paths = [str(ROOT), str(ROOT / "tests" / "tui")]
        env = {
            **os.environ,
            "BUTLER_HOME": str(home),
            "PYTHONPATH": os.pathsep.join(paths),
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
        }
        self.begun = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self.seen = b""

    def wait(self, test: Callable[[bytes], bool], seconds: float = 30.0) -> float:
        """Seconds from now until what came since fits the test."""
        begun, start = time.perf_counter(), len(self.seen)
        while not test(self.seen[start:]):
            left = begun + seconds - time.perf_counter()
            if left <= 0 or not select.select([self.master], [], [], left)[0]:
                raise TimeoutError(self.seen[-2000:].decode(errors="replace"))
            self.seen += os.read(self.master, 65536)
        return time.perf_counter() - begun

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def first_paint(command: Sequence[str]) -> float:
    """Seconds from the start of the process until its first screen is painted."""
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal(command, Path(home))
        try:
            terminal.wait(lambda seen: len(seen) > FRAME)
            return time.perf_counter() - terminal.begun
        finally:
            terminal.close()


def bench_first_paint(pairs: int) -> None:
    empty_app = [sys.executable, "-c", EMPTY]
    butler = [sys.executable, "-m", "butler_tui"]
    first_paint(empty_app), first_paint(butler)
    times = [(first_paint(empty_app), first_paint(butler)) for _ in range(pairs)]
    ratios = [mine / empty for empty, mine in times]
    print(
        f"first paint: empty {statistics.median(one for one, _ in times):.3f} s,"
        f" butler {statistics.median(one for _, one in times):.3f} s,"
        f" ratio {statistics.median(ratios):.2f}"
        f" (from {min(ratios):.2f} to {max(ratios):.2f}, {pairs} pairs)"
    )


def bench_keys(keys: int) -> None:
    """A key typed into the goal until its letter is on the screen, with eight steps streaming."""
    with tempfile.TemporaryDirectory() as home:
        terminal = Terminal([sys.executable, __file__, "--app"], Path(home))
        try:
            terminal.wait(lambda seen: b"streaming" in seen)
            typed = "zyxzyx"
            terminal.type(typed)
            terminal.wait(lambda seen: b"zyxzyx" in seen)
            times = []
            for place in range(keys):
                letter = "abcdefghijklmnopqrstuvwxyz"[place % 26]
                typed += letter
                os.set_blocking(terminal.master, False)
                while select.select([terminal.master], [], [], 0)[0]:
                    terminal.seen += os.read(terminal.master, 65536)
                terminal.type(letter)
                mark = typed[-6:].encode()
                times.append(terminal.wait(lambda seen, mark=mark: mark in seen))
                time.sleep(0.03)
        finally:
            terminal.close()
    times = sorted(one * 1000 for one in times)
    print(
        f"key to paint, {STREAMS} streams of {TOKENS_A_SECOND} tokens a second:"
        f" p50 {statistics.median(times):.0f} ms, p95 {times[int(len(times) * 0.95)]:.0f} ms,"
        f" worst {times[-1]:.0f} ms ({keys} keys)"
    )


def streaming_app() -> None:
    """The real app over a scripted Butler whose eight steps stream."""
    from scripted_butler import HandClock, ScriptedButler, proposed

    from butler_tui.core import events as ev
    from butler_tui.tui.app import ButlerApp

    butler = ScriptedButler(HandClock())
    app = ButlerApp(butler.open, folder=Path("/"))

    async def stream(run: str, place: int) -> None:
        text = ""
        for number in itertools.count():
            text = f"{text} word{number}"[-4000:]
            butler.progress(run, f"step{place}", text=text)
            await asyncio.sleep(1 / TOKENS_A_SECOND)

    async def script(run: str) -> None:
        for place in range(STREAMS):
            name = f"step{place}"
            text = f"{name} = write_text('{name}', 'x')  # streaming"
            butler.play(
                run,
                proposed(name, text, write_text=["instructions", "inputs"]),
                ev.StepStarted(step=name, tool="write_text", args={"instructions": "write"}),
            )
        butler.play(run, ev.PlanProposed(revision=1, title="Eight streams"))
        app.main.goal.focus()
        async with asyncio.TaskGroup() as group:
            for place in range(STREAMS):
                group.create_task(stream(run, place))

    butler.script = script

    async def begin() -> None:
        await app.opened.wait()
        await app.desk.start("stream")

    app.call_later(lambda: app.run_worker(begin()))
    app.run()


if __name__ == "__main__":
    if "--app" in sys.argv:
        streaming_app()
    else:
        bench_first_paint(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
        bench_keys(200)
