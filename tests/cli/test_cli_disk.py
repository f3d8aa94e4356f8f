"""A disk that is full, and a history that somebody locks for a moment."""

from __future__ import annotations

import sqlite3
import subprocess
from contextlib import closing

from command_line import PATIENCE, CommandLine

STEPS = 30
PLAN = "\n".join(
    f's{n} = write_file("log.txt", "line {n}.\\n", append=True{f", after=[s{n - 1}]" if n else ""})'
    for n in range(STEPS)
)
LINES = "".join(f"line {n}.\n" for n in range(STEPS))


def test_a_run_on_a_full_disk_goes_on_once_there_is_room(butler: CommandLine) -> None:
    plan = butler.plan(PLAN)
    limited = [
        "sh",
        "-c",
        'ulimit -f 3000; exec "$@"',
        "sh",
        *butler.command("run", "--plan", plan, "--yes"),
    ]
    full = subprocess.run(
        limited,
        cwd=butler.folder,
        env=butler.environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    written = (butler.folder / "log.txt").read_text()
    assert 0 < len(written) < len(LINES)
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    assert "The disk failed while reading or writing the history" in full.stderr
    done = butler("resume", "last", "--yes")
    assert done.code == 0, done.err
    assert (butler.folder / "log.txt").read_text() == LINES


def test_a_run_waits_for_a_history_that_is_locked_for_a_moment(butler: CommandLine) -> None:
    running = butler.start("run", "--plan", butler.plan(PLAN), "--yes")
    log = butler.folder / "log.txt"
    while not log.exists() and running.poll() is None:
        pass
    with closing(sqlite3.connect(butler.home / "butler.db", timeout=PATIENCE)) as other:
        other.execute("BEGIN IMMEDIATE")
        before = log.read_text()
        assert running.poll() is None
        other.rollback()
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, err
    assert before != LINES
    assert log.read_text() == LINES
