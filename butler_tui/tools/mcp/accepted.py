"""What the person accepted of each server, and what it was last seen to offer instead.

Two files a server in Butler's settings folder: `NAME.json`, which only the person's word changes,
and `NAME.seen.json`, written at a start of the server that offered something else.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from butler_tui.core.errors import SettingsError
from butler_tui.settings.files import read_owned, write_owned
from butler_tui.tools.mcp.offers import Offers


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The files of all servers, in one folder."""

    folder: Path

    def accepted(self, server: str) -> Offers | None:
        """What the person accepted; None when they never did. Raises SettingsError."""
        return self._read(self.folder / f"{server}.json", server)

    def seen(self, server: str) -> Offers | None:
        """What the server offered at its last start, where that is not what was accepted.

        Raises SettingsError.
        """
        return self._read(self.folder / f"{server}.seen.json", server)

    def accept(self, server: str, offers: Offers) -> None:
        """Keep what the person accepted. Raises SettingsError."""
        _write(self.folder / f"{server}.json", offers)
        self._forget_seen(server)

    def saw(self, server: str, offers: Offers) -> None:
        """Note what a start of the server offered. Raises SettingsError."""
        accepted = self.accepted(server)
        if accepted is not None and accepted == offers:
            self._forget_seen(server)
        else:
            _write(self.folder / f"{server}.seen.json", offers)

    def remove(self, server: str) -> None:
        """Forget the server."""
        self._forget_seen(server)
        with suppress(FileNotFoundError):
            (self.folder / f"{server}.json").unlink()

    def _forget_seen(self, server: str) -> None:
        with suppress(FileNotFoundError):
            (self.folder / f"{server}.seen.json").unlink()

    @staticmethod
    def _read(path: Path, server: str) -> Offers | None:
        text = read_owned(path)
        if text is None:
            return None
        try:
            return Offers.load(json.loads(text))
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise SettingsError(
                f"{path} cannot be read; `butler mcp accept {server}` writes it anew."
            ) from error


def _write(path: Path, offers: Offers) -> None:
    write_owned(path, json.dumps(offers.dump(), indent=1, ensure_ascii=True) + "\n")
