"""`butler` as a person or a script runs it: a real process, on a real terminal if need be."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[2]
PATIENCE = 40.0


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Terminal:
    """A command on a pseudo-terminal: input and standard error there, standard output apart."""

    process: subprocess.Popen[bytes]
    master: int
    shown: str = ""
    out: str = ""
    _seen: int = 0

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def wait_for(self, *texts: str) -> None:
        """Read until the texts were shown, in this order, after what was waited for before."""
        deadline = time.monotonic() + PATIENCE
        for text in texts:
            while (found := self.shown.find(text, self._seen)) < 0:
                left = max(0, deadline - time.monotonic())
                ready, _, _ = select.select([self.master], [], [], left)
                assert ready and self._read(), f"{text!r} did not come:\n{self.shown}"
            self._seen = found + len(text)

    def _read(self) -> bool:
        """Take in what was written; False at the end."""
        try:
            data = os.read(self.master, 65536)
        except OSError:  # what Linux says once nobody has the other side open
            return False
        self.shown += data.decode().replace("\r\n", "\n")
        return bool(data)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        while self._read():
            pass
        assert self.process.stdout is not None
        self.out = self.process.stdout.read().decode()
        return self.process.wait(PATIENCE)


@dataclass
class CommandLine:
    """Runs `butler` for one person, who is in `folder`."""

    home: Path
    folder: Path
    environ: dict[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    terminals: list[Terminal] = field(default_factory=list)

    def __call__(
        self, *words: str, given: str | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """One command, to its end; `given` is its standard input, else there is none."""
        done = subprocess.run(
            self.command(*words),
            input=given.encode() if given is not None else None,
            stdin=None if given is not None else subprocess.DEVNULL,
            capture_output=True,
            cwd=self.folder,
            env={**self.environ, **(env or {})},
            timeout=PATIENCE,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def command(self, *words: str) -> Sequence[str]:
        return [sys.executable, "-m", "butler_tui", *words]

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that goes on beside the test."""
        process = subprocess.Popen(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environ,
        )
        self.started.append(process)
        return process

    def on_terminal(
        self, *words: str, before: str = "", env: Mapping[str, str] | None = None
    ) -> Terminal:
        """A command on a terminal on which `before` has been typed already."""
        master, slave = os.openpty()
        if before:
            os.write(master, before.encode())
        process = subprocess.Popen(
            self.command(*words),
            stdin=slave,
            stdout=subprocess.PIPE,
            stderr=slave,
            cwd=self.folder,
            env={**self.environ, **(env or {})},
            start_new_session=True,
        )
        os.close(slave)
        self.started.append(process)
        self.terminals.append(Terminal(process, master))
        return self.terminals[-1]

    def plan(self, text: str, name: str = "a.plan") -> str:
        """A plan's file, by the name to give after --plan."""
        (self.folder / name).write_text(text)
        return name

    def last(self) -> str:
        """The id of the newest run."""
        return self("runs", "--json").lines[0]["id"]

    def python(self, code: str) -> Finished:
        """This person's Python, with Butler to import."""
        done = subprocess.run(
            [sys.executable, "-c", code],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=self.folder,
            env=self.environ,
            timeout=PATIENCE,
            check=False,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    def each(self, lines: Sequence[str]) -> list[Finished]:
        """Several commands off a terminal, one after the other in one process, which is quicker."""
        code = (
            "import contextlib, io, json, sys\n"
            "from butler_tui.cli import main\n"
            "done = []\n"
            f"for line in {list(lines)!r}:\n"
            "    out, err = io.StringIO(), io.StringIO()\n"
            "    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):\n"
            "        code = main(line.split())\n"
            "    done.append([code, out.getvalue(), err.getvalue()])\n"
            "print(json.dumps(done))\n"
        )
        done = self.python(code)
        assert done.code == 0, done.err
        return [Finished(*one) for one in done.lines[0]]

    def close(self) -> None:
        """End what was started and close what it wrote to."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        for terminal in self.terminals:
            os.close(terminal.master)


COPY = """\
# Copy the README
page = read_file("README.md")
write_file("copy.md", page.text)
answer(f"Copied: {page.text}")
"""
