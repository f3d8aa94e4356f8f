"""The most processes that a program may have where the kernel's limit of a user does not count.

The kernel never counts root's processes (`RLIMIT_NPROC` in setrlimit(2)), so what root starts is
put into a control group with a `pids.max` of its own, where one can be made (cgroups(7)).
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

_V1, _V2 = Path("/sys/fs/cgroup/pids"), Path("/sys/fs/cgroup")
_ENTER = 'echo $$ > "$0/cgroup.procs" && exec env -i "$@"'
_AT_MOST = 2.0


@dataclass(frozen=True, slots=True)
class Cap:
    """A control group for one program; without a `folder` there is none, and nothing is capped."""

    folder: Path | None = None

    def around(self, command: Sequence[str]) -> Sequence[str]:
        """The command that enters the group before it becomes the given one."""
        if self.folder is None:
            return command
        return ["/bin/sh", "-c", _ENTER, str(self.folder), *command]


@contextlib.contextmanager
def capped(most: int) -> Iterator[Cap]:
    """A group of at most so many processes for whatever runs meanwhile, gone afterwards."""
    folder = _made(most) if os.geteuid() == 0 else None
    try:
        yield Cap(folder)
    finally:
        if folder is not None:
            _remove(folder)


def _made(most: int) -> Path | None:
    above = _above()
    if above is None:
        return None
    folder = above / f"butler-{os.getpid()}-{token_hex(4)}"
    try:
        folder.mkdir()
    except OSError:
        return None
    try:
        (folder / "pids.max").write_text(str(most))
    except OSError:
        _remove(folder)
        return None
    return folder


def _above() -> Path | None:
    """The group below which this process may make one that counts processes."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    own = {names: path for _, names, path in (line.split(":", 2) for line in lines)}
    if "pids" in own:
        return _V1 / own["pids"].lstrip("/")
    # In version 2 a group with processes in it has no groups that count below it: beside it, then.
    return _V2 / own[""].lstrip("/") / ".." if own.get("", "/") != "/" else None


def _remove(folder: Path) -> None:
    """Remove the group once the kernel has let go of the last process."""
    until = time.monotonic() + _AT_MOST
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > until:
                return
            time.sleep(0.01)
        else:
            return
