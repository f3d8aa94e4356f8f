"""What a command may not change in a folder that it may write: what other programs will obey.

Git's hooks and settings, and the start files of shells and sessions, run later, outside of any
sandbox. Those that are there are held still while a command runs; those that a command makes are
set aside when it has ended, under a name that nothing obeys.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

START_FILES = frozenset(
    {
        *(".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases", ".profile"),
        *(".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".cshrc", ".tcshrc"),
        *(".login", ".xprofile", ".xinitrc", ".xsession", ".xsessionrc", ".inputrc", ".envrc"),
        *(".gitconfig", ".ssh", ".pam_environment"),
    }
)
START_FOLDERS = tuple(
    (".config", name)
    for name in ("autostart", "environment.d", "fish", "git", "plasma-workspace", "systemd")
)
GIT = ".git"
OF_GIT = ("config", "config.worktree", "hooks")
_GIT_FOLDER = frozenset({"HEAD", "objects", "refs"})
ASIDE = ".set-aside"

Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is protected in a folder, with who each thing is; and what must not come to be.

    `pinned` are Git's folders, which may change inside but not be moved away.
    """

    folder: Path
    there: Mapping[Path, Identity]
    links: Mapping[Path, str]
    pinned: tuple[Path, ...]
    absent: tuple[Path, ...]

    @property
    def still(self) -> tuple[Path, ...]:
        """What is held still: the things themselves, and what links among them lead to."""
        ends = [Path(os.path.realpath(path)) for path in self.links]
        inside = [one for one in ends if one.exists() and one.is_relative_to(self.folder)]
        return tuple(
            dict.fromkeys([*(one for one in self.there if one not in self.links), *inside])
        )


def look(folder: Path) -> Guarded:
    """What is protected in a folder and below it; blocks while it walks."""
    there: dict[Path, Identity] = {}
    links: dict[Path, str] = {}
    pinned: list[Path] = []
    for path, status in _protected(folder):
        if path.name == GIT and stat.S_ISDIR(status.st_mode):
            pinned.append(path)
            continue
        there[path] = _identity(status)
        if stat.S_ISLNK(status.st_mode):
            links[path] = os.readlink(path)  # noqa: PTH115  (as it is written, also if it is odd)
    git = folder / GIT
    absent = (git,) if _is_missing(git) else ()
    return Guarded(folder, there, links, tuple(one for one in pinned if one not in absent), absent)


def set_aside(before: Guarded) -> list[str]:
    """Rename what came to be under a protected name since; the names, relative to the folder."""
    for path in before.absent:
        with contextlib.suppress(OSError):
            path.rmdir()  # what the sandbox put there to hold the name
    known = set(before.there.values())
    made: list[str] = []
    for path, status in list(_protected(before.folder)):
        if path.name == GIT and stat.S_ISDIR(status.st_mode):
            continue
        if _identity(status) in known:
            continue
        with contextlib.suppress(OSError):
            path.rename(_free(path))
            made.append(os.fsencode(path.relative_to(before.folder)).decode(errors="replace"))
    for path, target in before.links.items():
        if not os.path.lexists(path):
            with contextlib.suppress(OSError):
                path.symlink_to(target)
    return sorted(made)


def _protected(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every path below the folder with a protected name, and what the system says of it."""
    for at, folders, files in os.walk(folder):
        here = Path(at)
        names = {*folders, *files}
        is_git = here.name == GIT or names >= _GIT_FOLDER
        for name in sorted(names):
            if name in START_FILES or name == GIT or (is_git and name in OF_GIT):
                found = True
            else:
                found = (here.name, name) in START_FOLDERS
            if found:
                with contextlib.suppress(OSError):
                    yield here / name, (here / name).lstat()


def _is_missing(git: Path) -> bool:
    """True also for an empty folder, which holds the name for a command that was cut short."""
    try:
        return not any(git.iterdir())
    except NotADirectoryError:
        return False
    except OSError:
        return not os.path.lexists(git)


def _identity(status: os.stat_result) -> Identity:
    return status.st_dev, status.st_ino


def _free(path: Path) -> Path:
    """A name beside the path that is not taken, and that nothing obeys."""
    names: Iterable[str] = (f"{path.name}{ASIDE}{number or ''}" for number in range(10_000))
    return next(
        beside for name in names if not os.path.lexists(beside := path.with_name(f"_{name}"))
    )
