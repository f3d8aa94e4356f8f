"""Large outputs: kept in files named by the hash of their content, read back when events are."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import Event, StepFinished

LARGE = 64 * 1024
"""Bytes of JSON; a larger output goes to a file."""


class Outputs:
    """The files of large outputs below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put_aside(self, event: Event) -> Event:
        """The event with the hash of its output when that is large; its file is on the disk."""
        if not isinstance(event, StepFinished) or event.output is None:
            return event
        text = json.dumps(event.output, ensure_ascii=False)
        if len(text) < LARGE // 4:
            return event
        data = text.encode("utf-8", "surrogatepass")
        if len(data) <= LARGE:
            return event
        return event.model_copy(update={"output_hash": self._store(data)})

    def fetch(self, event: Event) -> Event:
        """The event with its output, read from its file when it is kept in one."""
        if not isinstance(event, StepFinished) or event.output_hash is None:
            return event
        try:
            output: Any = json.loads((self.folder / event.output_hash).read_bytes())
        except (OSError, ValueError) as error:
            raise HistoryError(
                f"The output of step {event.step} is not in {self.folder} any more; "
                "restore that folder from a copy."
            ) from error
        return event.model_copy(update={"output": output})

    def _store(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        target = self.folder / digest
        if target.exists():
            return digest
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self.folder, prefix=".output-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
        return digest
