"""How the browser is started: quiet, sandboxed, through the gateway, with nothing of Butler's."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from butler_tui.core.errors import ToolError

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext, Playwright

PREFIX = "butler-browser-"
"""How the temporary folder of a browser is called, with its profile and its downloads."""

START_SECONDS = 60.0
SIZE = {"width": 1280, "height": 900}

QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--no-first-run",
    "--no-pings",
    "--gaia-url=http://127.0.0.1:9",  # it asks there by itself who is logged in
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--proxy-bypass-list=<-loopback>",  # loopback goes through the gateway too
)
_ENVIRONMENT = (
    *("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HOME", "LANG", "LC_ALL", "LOGNAME", "PATH"),
    *("TEMP", "TMP", "TMPDIR", "TZ", "USER", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR"),
    *("APPDATA", "LOCALAPPDATA", "PROGRAMFILES", "SYSTEMROOT", "USERPROFILE", "WINDIR"),
)


def environment() -> dict[str, str | float | bool]:
    """What the browser sees of the environment: no key of anybody's."""
    return {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}


def sandboxed() -> bool:
    """Whether the browser's own sandbox can be had: not for the superuser."""
    return not hasattr(os, "geteuid") or os.geteuid() != 0


def has_display() -> bool:
    """Whether a window could be seen here."""
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


async def launched(
    playwright: Playwright,
    program: str,
    profile: Path,
    *,
    headless: bool,
    proxy: str | None,
    downloads: Path,
) -> BrowserContext:
    """The browser over a profile; raises ToolError `browser_failed` where it does not start."""
    from playwright.async_api import Error

    more: dict[str, Any] = {"proxy": {"server": proxy}} if proxy else {}
    try:
        return await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=program,
            headless=headless,
            chromium_sandbox=sandboxed(),
            args=list(QUIET),
            env=environment(),
            accept_downloads=True,
            downloads_path=downloads,
            service_workers="block",
            viewport=SIZE,  # type: ignore[arg-type]  (a dict of the library's own shape)
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
            timeout=START_SECONDS * 1000,
            **more,
        )
    except Error as error:
        raise ToolError("browser_failed", _why_not(program, str(error), profile)) from error


def _why_not(program: str, told: str, profile: Path) -> str:
    if "SingletonLock" in told or "ProcessSingleton" in told or "already in use" in told:
        return (
            f"Another browser uses the profile {profile}; close it, or take `profile` out of "
            "[browser] in config.toml."
        )
    if "display" in told.lower() and "$DISPLAY" in told:
        return "The browser found no screen for its window; set headless = true under [browser]."
    return (
        f"The browser {program} did not start; start it once by hand to see why, or name another "
        "as `program` under [browser] in config.toml."
    )


def end_processes(profile: Path) -> None:
    """Kill whatever is left of the browser over a profile of its own; blocks shortly.

    A profile that the person named may be that of a browser of theirs: it is not looked for.
    """
    mark = f"--user-data-dir={profile}"
    if not profile.parent.name.startswith(PREFIX):
        return
    for one in psutil.process_iter(["cmdline"]):
        if mark in (one.info["cmdline"] or ()):
            with suppress(psutil.Error):
                for child in one.children(recursive=True):
                    with suppress(psutil.Error):
                        child.kill()
                one.kill()
