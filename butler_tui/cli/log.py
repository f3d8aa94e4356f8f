"""The log: a file under the data folder, for what a person is not to be bothered with."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from butler_tui.settings import find_places

_MOST = 2_000_000


def log_file() -> Path:
    """Where the log is."""
    return find_places().log


def start_log() -> None:
    """Send every log record to the file and none to the terminal; once per process."""
    root = logging.getLogger()
    if any(isinstance(one, _ButlerLog) for one in root.handlers):
        return
    handler: logging.Handler
    try:
        log_file().parent.mkdir(parents=True, exist_ok=True)
        handler = _ButlerLog(log_file(), maxBytes=_MOST, backupCount=2, delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


class _ButlerLog(RotatingFileHandler):
    """A log that never writes to the terminal, even when its own file cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  (logging's name)
        """Drop the record: a full disk must not end in a traceback on the screen."""
