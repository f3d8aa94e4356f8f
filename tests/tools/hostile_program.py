"""Running hostile programs in each confinement that works here, as this user or as a plain one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from butler_tui.tools import sandbox, sandboxing
from butler_tui.tools.sandbox import Box, Confinement, Limits
from butler_tui.tools.sandbox_folders import System

NOBODY = 65534


def confinements() -> Sequence[Confinement]:
    """Every confinement that works on this machine, the strongest first."""
    found = shutil.which("bwrap")
    choices = [Confinement("bubblewrap", True, found)] if found else []
    if sandbox.landlock_usable():
        choices += [Confinement("kernel", True), Confinement("kernel", False)]
    return [one for one in choices if sandbox._works(one)]


def name_of(confinement: Confinement) -> str:
    """How a test is named after it."""
    return f"{confinement.kind}{'' if confinement.namespaces else '-alone'}"


def token() -> str:
    """Something to find a program's processes by."""
    return f"token-{uuid.uuid4().hex}"


def alive(mark: str) -> list[str]:
    """The processes on this machine, in whatever namespace, that carry the mark in argv."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                line = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if mark in line:
                found.append(line)
    return found


@dataclass(frozen=True)
class PlainUser:
    """A user without any rights, with a folder and a Python that it can reach."""

    folder: Path
    system: System

    @classmethod
    def make(cls, folder: Path) -> PlainUser:
        """Below a folder that everybody may enter."""
        folder.chmod(0o755)
        shutil.copytree(Path(sandboxing.__file__).parent, folder / "sandboxing")
        for one in (folder / "sandboxing").rglob("*"):
            one.chmod(0o755)
        (folder / "sandboxing").chmod(0o755)
        work = folder / "work"
        work.mkdir()
        if os.geteuid() == 0:
            os.chown(work, NOBODY, NOBODY)
        python = Path("/usr/bin/python3")
        if os.geteuid() != 0 or not python.exists():
            python = Path(os.path.realpath(sys.executable))
        base = Path("/usr") if python.is_relative_to("/usr") else Path(sys.base_prefix).resolve()
        return cls(work, System(python, folder / "sandboxing", base))

    def run(self, confinement: Confinement, code: str, *args: str) -> tuple[int, str]:
        """Exit code and output of Python code that runs confined, as this user."""
        box = Box(
            [str(self.system.python), "-I", "-S", "-c", code, *args],
            self.folder,
            Limits(20, 1 << 30, 32, 1 << 20),
            writable=[self.folder],
            environment={"PATH": sandbox.PATH},
        )
        start = confinement.start(box, self.system)
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        ended = subprocess.run(
            start.command,
            input=start.order,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={},
            start_new_session=True,
            timeout=30,
            check=False,
            cwd="/",
            **user,
        )
        return ended.returncode, ended.stdout.decode(errors="replace")
