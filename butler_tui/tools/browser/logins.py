"""Logins that the person wants kept, a file for each site in Butler's own data folder."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from butler_tui.core.tool import ToolContext

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

_MOST_BYTES = 5_000_000
_FILL = """stored => { for (const one of stored) if (location.origin === one.origin)
  for (const {name, value} of one.localStorage)
    if (localStorage.getItem(name) === null) localStorage.setItem(name, value); }"""


@dataclass(frozen=True, slots=True)
class Logins:
    """What is kept of the sites that `[browser] keep_logins` names: cookies and local storage."""

    sites: Sequence[str]
    folder: Path

    @classmethod
    def of(cls, context: ToolContext) -> Logins:
        """As the settings say."""
        named = (context.option("browser.keep_logins") or "").split(",")
        return cls([one for one in named if one], Path(context.storage("logins")))

    def keeps(self, host: str) -> bool:
        """Whether logins of this host are kept."""
        return any(_belongs(host, site) for site in self.sites)

    async def bring_in(self, browser: BrowserContext) -> None:
        """Give the browser what is kept."""
        states = await asyncio.to_thread(lambda: [self._read(site) for site in self.sites])
        cookies = [one for state in states for one in state.get("cookies", [])]
        stored = [one for state in states for one in state.get("origins", [])]
        if cookies:
            await browser.add_cookies(cookies)
        if stored:
            await browser.add_init_script(f"({_FILL})({json.dumps(stored)})")

    async def save(self, browser: BrowserContext) -> None:
        """Keep what the browser has of the sites now."""
        if not self.sites:
            return
        state: Any = await browser.storage_state()
        for site in self.sites:
            cookies = [one for one in state["cookies"] if _belongs(one["domain"], site)]
            origins = [
                one for one in state["origins"] if _belongs(urlsplit(one["origin"]).hostname, site)
            ]
            if cookies or origins:
                data = json.dumps({"cookies": cookies, "origins": origins}).encode()
                await asyncio.to_thread(self._write, site, data)

    def _path(self, site: str) -> Path:
        return self.folder / f"{site}.json"

    def _read(self, site: str) -> dict[str, Any]:
        with suppress(OSError, ValueError):
            path = self._path(site)
            if path.stat().st_size <= _MOST_BYTES:
                found = json.loads(path.read_text())
                return found if isinstance(found, dict) else {}
        return {}

    def _write(self, site: str, data: bytes) -> None:
        """Only the person can read the file, from its first byte on."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.folder / f".{site}.{os.getpid()}"
        with suppress(FileNotFoundError):
            beside.unlink()
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "wb") as out:
            out.write(data)
        beside.replace(self._path(site))


def _belongs(host: str | None, site: str) -> bool:
    name = (host or "").lower().lstrip(".")
    return name == site or name.endswith(f".{site}")
