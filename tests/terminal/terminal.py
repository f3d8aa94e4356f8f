"""A real terminal: the app in tmux, typed at as a person types, read off the screen."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

PATIENCE = 30.0
"""Seconds until what must appear on the screen is missed."""


@dataclass
class Terminal:
    """One tmux session that runs one command."""

    session: str
    socket: str

    def _tmux(self, *args: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.socket, *args], capture_output=True, text=True, check=True
        )
        return done.stdout

    def type(self, text: str) -> None:
        """Type text, character by character."""
        self._tmux("send-keys", "-t", self.session, "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names: Enter, Tab, Escape, y."""
        self._tmux("send-keys", "-t", self.session, *keys)

    def screen(self) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p", "-t", self.session)

    def wait_for(self, *texts: str, also: Callable[[], bool] = lambda: True) -> str:
        """The screen once it shows all the texts and `also` holds."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            screen = self.screen()
            if all(text in screen for text in texts) and also():
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{texts} did not appear within {PATIENCE} s on:\n{self.screen()}")

    def press_until(self, key: str, done: Callable[[], bool]) -> None:
        """Press a key now and then, as a person does whom the card did not hear yet."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise AssertionError(f"pressing {key} led nowhere:\n{self.screen()}")
            self.press(key)
            until = time.monotonic() + 1.5
            while not done() and time.monotonic() < until:
                time.sleep(0.05)

    def alive(self) -> bool:
        """True while the command runs."""
        done = subprocess.run(
            ["tmux", "-L", self.socket, "has-session", "-t", self.session], capture_output=True
        )
        return done.returncode == 0

    def process(self) -> int:
        """The number of the process that the terminal runs."""
        return int(self._tmux("display-message", "-p", "-t", self.session, "#{pane_pid}"))

    def close(self) -> None:
        """Close the terminal under the command."""
        self._tmux("kill-session", "-t", self.session)


Start = Callable[..., Terminal]
"""Starts a command in a terminal: `start("run", columns=120, rows=36, env={...})`."""
