"""Where Chrome, Chromium or Edge is installed on this machine."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from butler_tui.core.readiness import Missing, Setup

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
INSTALL = "butler browser install"

_MAC = (
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Chromium.app/Contents/MacOS/Chromium",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
_WINDOWS = (
    "Google/Chrome/Application/chrome.exe",
    "Chromium/Application/chrome.exe",
    "Microsoft/Edge/Application/msedge.exe",
)
_LINUX = (
    "/opt/google/chrome/chrome",
    "/opt/microsoft/msedge/msedge",
    "/usr/lib/chromium/chromium",
    "/snap/bin/chromium",
    "/var/lib/flatpak/exports/bin/org.chromium.Chromium",
)


def usual_places() -> Iterator[Path]:
    """Where the platform keeps browsers that are not on the PATH."""
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path("~/Applications").expanduser()):
            yield from (folder / name for name in _MAC)
    elif sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if folder := os.environ.get(variable):
                yield from (Path(folder) / name for name in _WINDOWS)
    else:
        yield from map(Path, _LINUX)


def find_program(named: str | None, on_path: Callable[..., str | None] | None = None) -> str | None:
    """The browser that the settings name, else the first one found; None when there is none."""
    if named:
        return named if os.access(named, os.X_OK) and Path(named).is_file() else None
    look = on_path or _on_path
    if found := look(*NAMES):
        return found
    return next((str(one) for one in usual_places() if os.access(one, os.X_OK)), None)


def lacking(setup: Setup) -> Missing | None:
    """What the browser tools lack here."""
    named = setup.option("browser.program")
    if find_program(named, setup.program) is None:
        if named:
            return Missing(f"[browser] program names {named}, which is no program that runs here.")
        return Missing("No Chrome, Chromium or Edge is installed.", INSTALL)
    if not setup.package("playwright"):
        return Missing("The package that drives the browser is not installed.", INSTALL)
    return None


def _on_path(*names: str) -> str | None:
    found = (shutil.which(name) for name in names)
    return next((one for one in found if one is not None), None)
