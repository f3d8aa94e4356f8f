"""The command line: every noun headless, for scripts and for other programs.

`main` is the only place where an error becomes a sentence and an exit code:
0 done, 1 failed, 2 usage or settings error, 3 waiting for a person, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

from butler_tui.cli.exits import FAILED, INTERRUPTED, USAGE
from butler_tui.core.clean import visible
from butler_tui.core.errors import ButlerError, SettingsError, UsageError

if TYPE_CHECKING:
    from typer.exceptions import TyperException

_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code."""
    _prepare_streams()
    try:
        code = _carry_out(argv)
        sys.stdout.flush()
    except BrokenPipeError:
        return _reader_is_gone()
    return code


def _carry_out(argv: Sequence[str] | None) -> int:
    words = sys.argv[1:] if argv is None else argv
    try:
        code = _command(words) if words else _screen()
    except (UsageError, SettingsError) as error:
        return _say(str(error), USAGE)
    except ButlerError as error:
        return _say(str(error), FAILED)
    except (KeyboardInterrupt, EOFError):
        return _say("interrupted.", INTERRUPTED)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001  (the last boundary: tracebacks are for the log)
        return _unexpected(error)
    except SystemExit as error:
        # typer ends so when whoever reads our output has gone
        return _reader_is_gone() if error.code == FAILED else _as_code(error.code)
    return _as_code(code)


def _screen() -> int:
    """The app, without typer: reading no options must not cost a second first paint."""
    from butler_tui.cli.screen import open_screen

    return open_screen()


def _command(words: Sequence[str]) -> object:
    from typer.exceptions import Abort, TyperException

    from butler_tui.cli.commands import app

    try:
        return app(args=list(words), prog_name="butler", standalone_mode=False)
    except TyperException as error:
        return _misused(error)
    except Abort as error:
        raise KeyboardInterrupt from error


def _prepare_streams() -> None:
    """Text that the terminal's encoding lacks is escaped; SIGTERM interrupts like Ctrl-C."""
    for stream in (sys.stdout, sys.stderr):
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors="backslashreplace")
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _interrupted)


def _interrupted(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _misused(error: TyperException) -> int:
    """A command line that does not fit: one sentence, and where to read more."""
    from butler_tui.cli.output import note

    command = getattr(getattr(error, "ctx", None), "command_path", "butler")
    message = " ".join(error.format_message().split())
    if "Usage:" in message:  # no command where one is needed: the message is the whole help
        note(error.format_message())
        return USAGE
    end = "" if message.endswith((".", "?", ")")) else "."
    return _say(f"{message[:1].lower()}{message[1:]}{end} See `{command} --help`.", USAGE)


def _reader_is_gone() -> int:
    """Whoever read our output has gone: write nothing more, not even when Python ends."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())
    return FAILED


def _as_code(code: object) -> int:
    return code if isinstance(code, int) else 0


def _say(message: str, code: int) -> int:
    from butler_tui.settings import KNOWN

    print(f"butler: {visible(KNOWN.text(message))}", file=sys.stderr)  # noqa: T201
    return code


def _unexpected(error: Exception) -> int:
    from butler_tui.cli.log import log_file, start_log

    kept = start_log()
    _log.error("unexpected error", exc_info=error)
    sentence = f"something went wrong that should not ({type(error).__name__})"
    where = f"; the details are in {log_file()}." if kept else ": " + " ".join(str(error).split())
    return _say(sentence + where, FAILED)
