"""Which sandbox this machine has, and how a program is started in it.

    confinement = find_confinement()     the strongest one that works here, tried out
    start = confinement.start(box)       the command, and the order that its launcher reads

There is no way from here to a weaker one: what cannot be confined as chosen does not run.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePath
from typing import Literal

from butler_tui.core.errors import ToolError
from butler_tui.tools import sandboxing
from butler_tui.tools.sandbox_folders import DEVICES, System, grants
from butler_tui.tools.sandboxing import landlock, seccomp
from butler_tui.tools.sandboxing.launcher import Order

Kind = Literal["bubblewrap", "kernel", "open"]

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LAUNCH = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); from sandboxing.launcher import main; main()"
)
_PACKAGES = ("site-packages", "dist-packages")
_SCRATCH_BYTES = 64 << 20
_TRIAL_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use: seconds, bytes of memory in all, processes, bytes of one file."""

    seconds: float
    memory: int
    processes: int
    file: int
    address_space: int | None = None

    def of_a_process(self, others: int) -> dict[str, int]:
        """The kernel's limits of each process, `others` being those that count along."""
        limits = {
            "CORE": 0,
            "CPU": int(self.seconds) + 5,
            "DATA": self.memory,
            "FSIZE": self.file,
            "NOFILE": 512,
            "NPROC": self.processes + others,
        }
        if self.address_space is not None:
            limits["AS"] = self.address_space
        return limits


@dataclass(frozen=True, slots=True)
class Box:
    """A program and what it may see: everything that is not named here is out of its reach.

    `protected` lies in `writable` and stays as it is; `pinned` can be changed inside, not moved;
    `absent` is not there and must not come to be; `hidden` cannot even be read.
    """

    argv: Sequence[str]
    folder: Path
    limits: Limits
    writable: Sequence[Path] = ()
    readable: Sequence[Path] = ()
    protected: Sequence[Path] = ()
    pinned: Sequence[Path] = ()
    absent: Sequence[Path] = ()
    hidden: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    network: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """A command, and what its standard input says."""

    command: Sequence[str]
    order: bytes


@dataclass(frozen=True, slots=True)
class Confinement:
    """A way to confine programs that works on this machine.

    With `namespaces` a program's processes die together, by the kernel's hand.
    """

    kind: Kind
    namespaces: bool
    program: str = ""

    @property
    def name(self) -> str:
        """What confines: `bubblewrap`, or what the kernel has itself."""
        if self.kind != "kernel":
            return self.kind
        spaces = "namespaces, " if self.namespaces else ""
        return f"the kernel's own limits ({spaces}Landlock, seccomp)"

    @property
    def words(self) -> str:
        """The same for previews and receipts."""
        if self.kind == "open":
            return "no sandbox: [sandbox] commands is open in config.toml"
        return f"sandbox: {self.name}"

    def start(self, box: Box, system: System | None = None) -> Start:
        """How to start the box's program in this confinement."""
        system = system or this_system()
        launch = [str(system.python), "-I", "-S", "-B", "-c", _LAUNCH, str(system.launcher.parent)]
        bubblewrap = self.kind == "bubblewrap"
        own_count = bubblewrap or self.namespaces
        order = Order(
            argv=list(box.argv),
            folder=str(box.folder),
            environment=box.environment,
            limits={}
            if self.kind == "open"
            else box.limits.of_a_process(0 if own_count else _processes_of_user()),
            supervised=not bubblewrap,
            namespaces=self.namespaces and not bubblewrap,
            network=box.network,
            files=None,
            confined=self.kind != "open",
        )
        if self.kind == "kernel":
            readable = (*system.folders, *system.settings, *box.readable)
            read, write = grants(box.writable, readable, box.protected, box.hidden)
            order["files"] = {
                "read": [*map(str, read)],
                "write": [*map(str, write)],
                "devices": [*DEVICES],
            }
        command = [*_bubblewrap(self.program, box, system), *launch] if bubblewrap else launch
        return Start(command, json.dumps(order).encode())


OPEN = Confinement("open", namespaces=False)


def find_confinement() -> Confinement:
    """The strongest confinement that works here; it blocks shortly the first time.

    Raises ToolError `no_sandbox` where there is none.
    """
    found = shutil.which("bwrap")
    choices = [Confinement("bubblewrap", True, found)] if found else []
    if landlock_usable():
        choices += [Confinement("kernel", True), Confinement("kernel", False)]
    for choice in choices:
        if _works(choice):
            return choice
    raise ToolError(
        "no_sandbox",
        "Nothing on this machine can confine a program, so none is run; install bubblewrap.",
    )


def landlock_usable() -> bool:
    """True when the kernel can hold a program back without bubblewrap."""
    return sys.platform == "linux" and landlock.version() >= landlock.LEAST and seccomp.supported()


@cache
def this_system() -> System:
    """The Python that launches, and the folders that every program may read."""
    python = Path(os.path.realpath(sys.executable))
    base = Path(os.path.realpath(sys.base_prefix))
    return System(python, Path(sandboxing.__file__).parent, base)


def packages() -> Sequence[Path]:
    """The folders of the packages that came with Butler."""
    found = [Path(os.path.realpath(one)) for one in sys.path]
    return [one for one in dict.fromkeys(found) if one.name in _PACKAGES and one.is_dir()]


def seen_of(forbidden: Sequence[PurePath], shown: Sequence[Path]) -> Sequence[Path]:
    """Those of the forbidden paths that a program would see among what is shown to it."""
    reals = dict.fromkeys(Path(os.path.realpath(one)) for one in forbidden)
    roots = [*shown, *this_system().folders]
    inside = [one for one in reals if one.exists() and any(map(one.is_relative_to, roots))]
    return [one for one in inside if not any(one.is_relative_to(p) for p in inside if p != one)]


@cache
def _works(choice: Confinement) -> bool:
    """True when a program really starts in it."""
    limits = Limits(_TRIAL_SECONDS, 1 << 30, 16, 1 << 20)
    python = str(this_system().python)
    start = choice.start(Box([python, "-I", "-S", "-c", "pass"], Path("/"), limits))
    try:
        ended = subprocess.run(  # noqa: S603  (our own command)
            start.command,
            input=start.order,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            env={},
            start_new_session=True,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0


def _processes_of_user() -> int:
    """How many processes this user has: without namespaces the kernel counts them all."""
    import psutil

    user = os.geteuid()
    return sum(1 for one in psutil.process_iter(["uids"]) if _is_of(one, user))


def _is_of(process: object, user: int) -> bool:
    uids = getattr(process, "info", {}).get("uids")
    return uids is not None and uids.real == user


def _bubblewrap(program: str, box: Box, system: System) -> list[str]:
    """The command before the launcher: a root folder with nothing in it but what is named."""
    argv = [program, "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
    argv += ["--new-session", "--clearenv", "--cap-drop", "ALL", "--hostname", "butler"]
    argv += ["--share-net"] if box.network else []
    for path in system.folders:
        argv += _shown(path)
    for path in system.settings:
        argv += ["--ro-bind-try", str(path), str(path)]
    argv += ["--proc", "/proc", "--dev", "/dev"]
    for scratch in ("/dev/shm", "/tmp"):  # noqa: S108  (its own, in memory)
        argv += ["--size", str(_SCRATCH_BYTES), "--tmpfs", scratch]
    for path in box.readable:
        argv += ["--ro-bind", str(path), str(path)]
    for path in (*box.writable, *box.pinned):
        argv += ["--bind", str(path), str(path)]
    for path in (*system.own, *box.protected):
        argv += ["--ro-bind", str(path), str(path)]
    for path in box.absent:
        argv += ["--tmpfs", str(path), "--remount-ro", str(path)]
    for path in box.hidden:
        argv += (
            ["--tmpfs", str(path), "--remount-ro", str(path)]
            if path.is_dir()
            else ["--ro-bind", "/dev/null", str(path)]
        )
    return [*argv, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/", "--"]


def _shown(path: Path) -> list[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return ["--ro-bind-try", str(path), str(path)]
