"""Files that go with a mail, read through the doors that every file tool uses."""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.confinement import reading_place, telling
from butler_tui.tools.mail.recipients import clean_line
from butler_tui.tools.storing import open_place

MOST_BYTES = 25_000_000
"""All attachments of one mail together: hardly any server takes more."""

MOST_FILES = 50
_ANY = ("application", "octet-stream")


@dataclass(frozen=True, slots=True)
class Enclosed:
    """One attachment as it will be sent."""

    name: str
    kind: str
    data: bytes

    @property
    def sha256(self) -> str:
        """The SHA-256 of its content, in hex."""
        return hashlib.sha256(self.data).hexdigest()

    def shown(self) -> str:
        """The attachment as a card shows it."""
        size = f"{len(self.data):,} bytes"
        return f"{self.name} ({size}, {self.kind}, sha256 {self.sha256[:16]})"


def enclosed(context: ToolContext, paths: Sequence[str]) -> tuple[Enclosed, ...]:
    """The files, whole. Blocks. Raises ToolError for what may not be read, or is too much."""
    if len(paths) > MOST_FILES:
        raise ToolError(
            "too_many", f"A mail takes at most {MOST_FILES} attachments, not {len(paths)}."
        )
    left = MOST_BYTES
    read: list[Enclosed] = []
    for path in paths:
        at = reading_place(context, path)
        with telling(at), open_place(at) as file:
            data = file.read(left + 1)
        left -= len(data)
        if left < 0:
            raise ToolError(
                "too_big",
                f"The attachments come to more than {MOST_BYTES // 1_000_000} MB, with {at.shown}; "
                "send fewer or smaller files.",
            )
        name = clean_line(at.name) or "attachment"
        read.append(Enclosed(name, kind_of(name), data))
    return tuple(read)


def kind_of(name: str) -> str:
    """The content type that a file's name speaks of; one that any program takes as it is."""
    guessed, packed = mimetypes.guess_type(name, strict=False)
    main, _, sub = (guessed or "").partition("/")
    if packed or not sub or main in ("message", "multipart"):
        main, sub = _ANY
    return f"{main}/{sub}"
