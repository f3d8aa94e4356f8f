"""A person with a folder and a whole Butler, for runs that are undone; and a folder's picture."""

from __future__ import annotations

import os
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from butler_tui.butler import Butler, GoalRequest, open_butler
from butler_tui.core.run import RunState
from butler_tui.settings import Places, Settings

OLD = 978_307_200_123_456_789
"""A time long ago, in nanoseconds, that no write of today gives a file by chance."""


@dataclass
class Desk:
    """Runs plans in one folder, allowing what is asked, and undoes them."""

    butler: Butler
    folder: Path

    async def run(self, plan: str) -> str:
        """Carry a plan out to its end, whatever that is; returns the run."""
        run = await self.butler.accept(GoalRequest("a goal", self.folder, plan=plan))
        await self.butler.drive(run, answers="yes")
        return run

    async def undo(self, run: str, step: str | None = None) -> RunState:
        """Undo a run; the state of the undo."""
        undoing = await self.butler.undoing.start(run, step)
        await self.butler.drive(undoing, answers="yes")
        return await self.butler.state(undoing)

    async def state(self, run: str) -> RunState:
        return await self.butler.state(run)


@asynccontextmanager
async def a_desk(home: Path, folder: Path, **settings: Mapping[str, Any]) -> AsyncIterator[Desk]:
    """A Butler with these sections of settings, and somebody who is in `folder`."""
    made = Settings.model_validate(settings)
    async with open_butler(made, Places.below(home)) as butler:
        yield Desk(butler, folder)


def furnish(folder: Path) -> None:
    """Files of every sort, with permissions and times of their own."""
    (folder / "sub" / "empty").mkdir(parents=True)
    (folder / "sub").chmod(0o750)
    for name, content, mode in [
        ("a.txt", b"alpha\nbeta\n", 0o640),
        ("b.bin", bytes(range(256)) * 9, 0o600),
        ("run.sh", b"#!/bin/sh\n", 0o755),
        ("sub/c.txt", b"gamma\r\n", 0o444),
        ("t.csv", b"name,n\nx,1\ny,2\n", 0o644),
    ]:
        path = folder / name
        path.write_bytes(content)
        path.chmod(mode)
        os.utime(path, ns=(OLD, OLD + len(name)))
    (folder / "link").symlink_to("a.txt")
    for path in (folder / "sub/empty", folder / "sub", folder):
        os.utime(path, ns=(OLD, OLD))


def picture(folder: Path) -> dict[str, tuple[object, ...]]:
    """A folder and everything in it: kind, permissions, time, content."""
    found: dict[str, tuple[object, ...]] = {}
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        mode, name = stat.S_IMODE(status.st_mode), str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = ("link", str(path.readlink()), status.st_mtime_ns)
        elif path.is_dir():
            found[name] = ("folder", mode, status.st_mtime_ns)
        else:
            found[name] = ("file", mode, status.st_mtime_ns, path.read_bytes())
    return found
