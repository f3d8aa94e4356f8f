"""How this platform installs a browser, and how this Python installs what drives it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

_LINUX = (
    ("apt-get", ("apt-get", "install", "--yes", "chromium")),
    ("dnf", ("dnf", "install", "--assumeyes", "chromium")),
    ("pacman", ("pacman", "-S", "--noconfirm", "chromium")),
    ("zypper", ("zypper", "--non-interactive", "install", "chromium")),
    ("apk", ("apk", "add", "chromium")),
)
_REQUIREMENT = "playwright>=1.60,<2"

Which = Callable[[str], str | None]


def browser_command(platform: str = sys.platform, which: Which = shutil.which) -> Sequence[str]:
    """The command that installs Chromium here; empty where no way is known."""
    if platform == "darwin":
        return ("brew", "install", "--cask", "chromium") if which("brew") else ()
    if platform == "win32":
        return ("winget", "install", "--id", "Google.Chrome", "-e") if which("winget") else ()
    for program, command in _LINUX:
        if which(program):
            if not hasattr(os, "geteuid") or os.geteuid() == 0:
                return command
            return ("sudo", *command) if which("sudo") else ()
    return ()


def driver_command() -> Sequence[str]:
    """The command that installs the package that drives the browser; empty without pip or uv."""
    if find_spec("pip") is not None:
        return (sys.executable, "-m", "pip", "install", _REQUIREMENT)
    if uv := shutil.which("uv"):
        return (uv, "pip", "install", "--python", sys.executable, _REQUIREMENT)
    return ()
