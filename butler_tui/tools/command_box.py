"""The box of run_command: a folder of the person's, and what in it a command may not change."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import butler_tui
from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.boxed import Ended, filling_up, run_boxed
from butler_tui.tools.places import folder_place
from butler_tui.tools.protected import Guarded, look, set_aside
from butler_tui.tools.sandbox import PATH, Box, Confinement, Limits, seen_of, this_system
from butler_tui.tools.sandbox_folders import lies_in_system
from butler_tui.tools.scratch import scratch_folder
from butler_tui.tools.stopping import stopped

_MOST_SHOWN = 8
_SYSTEM = tuple(Path(one) for one in ("/boot", "/dev", "/etc"))
_KEPT_VARIABLES = ("HOME", "LANG", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")
"""What a command outside of the sandbox gets of Butler's environment: nothing that is a secret."""


@dataclass(frozen=True, slots=True)
class CommandPlace:
    """The folder a command runs in: whether it may write there, and what not.

    `own` is Butler's, and the Python it runs on; `hidden` is Butler's and cannot even be read.
    """

    real: Path
    shown: str
    writable: bool
    guarded: Guarded | None
    own: Sequence[Path]
    hidden: Sequence[Path]
    network: bool
    limits: Limits

    def described(self, confinement: Confinement) -> list[str]:
        """For the preview: what the command may reach and change."""
        if confinement.kind == "open":
            return ["it can reach the network, and change every file that you can"]
        network = "it can reach the network" if self.network else "no network"
        if not self.writable or self.guarded is None:
            return [network, "no file may be changed: Butler's own files are in this folder"]
        lines = [f"{network}, no files outside of this folder, which it may change except:"]
        still = [*self.guarded.still, *self.own]
        names = [str(path.relative_to(self.real)) for path in still]
        shown = names[:_MOST_SHOWN]
        more = [f"{len(names) - _MOST_SHOWN} more like these"] if len(names) > len(shown) else []
        if confinement.kind == "kernel" and names:
            more += ["a new file right beside one of these"]
        rest = "git hooks and settings, and start files of shells, that are not there yet"
        return [*lines, *(f"    {visible_line(one)}" for one in (*shown, *more, rest))]


@dataclass(frozen=True, slots=True)
class RanCommandIn:
    """How a command ended, and what it made that no command may: set aside under other names."""

    ended: Ended
    aside: list[str]


def command_place(context: ToolContext, folder: str, seconds: float) -> CommandPlace:
    """What a command may do in a folder of the person's; blocks. Raises ToolError."""
    at = folder_place(context, folder)
    if _is_the_systems(at.real):
        raise ToolError(
            "forbidden", f"{at.shown} belongs to the system; run the command in a smaller folder."
        )
    forbidden = [Path(os.path.realpath(one)) for one in context.forbidden]
    system = this_system()
    code = [Path(os.path.realpath(sys.prefix)), Path(os.path.realpath(butler_tui.__path__[0]))]
    own = [one for one in (*code, system.base) if one.is_relative_to(at.real)]
    in_own = any(at.real.is_relative_to(one) for one in (*code, system.base))
    writable = not in_own and not any(one.is_relative_to(at.real) for one in forbidden)
    return CommandPlace(
        at.real,
        at.shown,
        writable,
        look(at.real) if writable else None,
        own,
        seen_of(forbidden, [at.real]),
        context.option("sandbox.network") == "true",
        Limits(seconds, 4 << 30, 256, 4 << 30),
    )


def run_in_folder(
    stop: threading.Event,
    confinement: Confinement,
    argv: Sequence[str],
    at: CommandPlace,
    show: Callable[[str], None],
) -> RanCommandIn:
    """Run a command there to its end; blocks. Raises ToolError when it had to be stopped."""
    with scratch_folder() as scratch:
        box = _box(confinement, argv, at, scratch)
        guarded = at.guarded if confinement.kind != "open" else None
        aside: list[str] = []
        try:
            ended = run_boxed(stop, confinement, box, filling_up(at.real), show)
        finally:
            if guarded is not None:
                aside = set_aside(guarded)
    if ended.stopped is not None:
        raise stopped("The command", ended.stopped, at.limits, too_late="timeout")
    return RanCommandIn(ended, aside)


def _box(confinement: Confinement, argv: Sequence[str], at: CommandPlace, scratch: Path) -> Box:
    environment = {"PATH": PATH, "HOME": str(scratch), "TMPDIR": str(scratch), "LANG": "C.UTF-8"}
    box = Box(
        argv,
        at.real,
        at.limits,
        writable=[scratch],
        readable=[at.real],
        hidden=at.hidden,
        environment={**environment, "TERM": "dumb", "GIT_TERMINAL_PROMPT": "0"},
        network=at.network,
    )
    if confinement.kind == "open":
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return replace(box, environment={**kept, "TERM": "dumb"})
    if at.writable and at.guarded is not None:
        guarded = at.guarded
        return replace(
            box,
            writable=[at.real, scratch],
            readable=[],
            protected=[*guarded.still, *at.own],
            pinned=guarded.pinned,
            absent=guarded.absent,
        )
    return box


def _is_the_systems(folder: Path) -> bool:
    if lies_in_system(folder) or any(folder.is_relative_to(one) for one in _SYSTEM):
        return True
    return Path("/usr").is_relative_to(folder)
