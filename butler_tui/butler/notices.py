"""Telling the person something where they are: by the terminal of a face, and by the desktop."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from html import escape

from butler_tui.core.notices import plain_notice, terminal_notice
from butler_tui.settings.known import KNOWN
from butler_tui.settings.messages import NoticeSettings

_SECONDS = 5.0


class Notices:
    """The ways to the person; a face that has a terminal says how to write to it."""

    def __init__(self, settings: NoticeSettings, environ: Mapping[str, str] | None = None) -> None:
        self._settings = settings
        self._environ = os.environ if environ is None else environ
        self.terminal: Callable[[str], None] | None = None

    async def tell(self, text: str) -> Sequence[str]:
        """Tell the person; returns the ways it went: `terminal`, `desktop`, or none.

        The desktop is taken where the settings say so, and where there is no terminal.
        """
        text, ways = KNOWN.text(text), list[str]()
        if self.terminal is not None and self._settings.terminal:
            with suppress(OSError):
                self.terminal(terminal_notice(text, self._environ))
                ways.append("terminal")
        if (self._settings.desktop or self.terminal is None) and await self._on_desktop(
            plain_notice(text)
        ):
            ways.append("desktop")
        return ways

    async def _on_desktop(self, text: str) -> bool:
        command = self._command(text)
        if command is None:
            return False
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(_SECONDS):
                return await process.wait() == 0
        except TimeoutError:
            return False
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()

    def _command(self, text: str) -> Sequence[str] | None:
        """The program that shows a notice on this desktop, if there is one."""
        path = self._environ.get("PATH")
        if sys.platform == "darwin":
            script = 'display notification (item 1 of argv) with title "Butler"'
            program = shutil.which("osascript", path=path)
            lines = ["on run argv", script, "end run"]
            return (program and [program, *(w for one in lines for w in ("-e", one)), text]) or None
        if not any(self._environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY")):
            return None
        program = shutil.which("notify-send", path=path)
        body = escape(text, quote=False)  # the body may hold markup, which is not ours to draw
        return [program, "--app-name=Butler", "--", "Butler", body] if program else None
