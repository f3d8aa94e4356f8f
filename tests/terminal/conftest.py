"""A terminal for tests that look at the app as a person does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Start, Terminal


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a command in a terminal: `start("butler_tui", columns=120, rows=36, env={...})`."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed; with it, the app is tried in a real terminal")
    socket = f"butler-{uuid.uuid4().hex[:8]}"

    def begin(
        *args: str, columns: int = 120, rows: int = 36, env: dict[str, str] | None = None
    ) -> Terminal:
        session = uuid.uuid4().hex[:8]
        passed = {"BUTLER_HOME": str(tmp_path / "home"), "TERM": "xterm-256color", **(env or {})}
        settings = [part for key, value in passed.items() for part in ("-e", f"{key}={value}")]
        command = [sys.executable, "-m", "butler_tui", *args]
        work = tmp_path / "work"
        work.mkdir(exist_ok=True)
        new = ["tmux", "-L", socket, "-f", os.devnull, "new-session", "-d", "-s", session]
        size = ["-x", str(columns), "-y", str(rows), "-c", str(work)]
        inherited = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES", "TMUX")}
        subprocess.run([*new, *size, *settings, *command], env=inherited, check=True)
        return Terminal(session, socket)

    yield begin
    subprocess.run(["tmux", "-L", socket, "kill-server"], capture_output=True, check=False)
