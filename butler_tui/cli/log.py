"""The log: a file under the data folder, for what a person is not to be bothered with."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from butler_tui.settings import KNOWN, Places

_MOST = 2_000_000


def log_file() -> Path:
    """Where the log is."""
    return Places.find(os.environ).log


def start_log() -> bool:
    """Send every log record to the file and none to the terminal; False when it can't be written.

    Once per process. The file is made when there is something to write.
    """
    root = logging.getLogger()
    for one in root.handlers:
        if isinstance(one, _ButlerLog | logging.NullHandler):
            return isinstance(one, _ButlerLog)
    handler: logging.Handler = logging.NullHandler()
    if _can_write(log_file()):
        handler = _ButlerLog(
            log_file(), maxBytes=_MOST, backupCount=2, delay=True, encoding="utf-8"
        )
    handler.setFormatter(_WithoutSecrets("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    return isinstance(handler, _ButlerLog)


def _can_write(path: Path) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(path if path.exists() else path.parent, os.W_OK)


class _WithoutSecrets(logging.Formatter):
    """Takes known secrets out of the whole record, tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return KNOWN.text(super().format(record))


class _ButlerLog(RotatingFileHandler):
    """A log that never writes to the terminal, even when its own file cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Drop the record: a full disk must not end in a traceback on the screen."""
