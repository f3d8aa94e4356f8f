"""The command line: every noun headless, for scripts and for other programs.

`main` is the only place where an error becomes a sentence and an exit code:
0 done, 1 failed, 2 usage or settings error, 3 waiting for a person, 130 interrupted.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence

from butler_tui.cli.exits import FAILED, INTERRUPTED, USAGE
from butler_tui.core.clean import visible
from butler_tui.core.errors import ButlerError, SettingsError, UsageError

_log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code."""
    from typer.exceptions import TyperException

    from butler_tui.cli.commands import app

    try:
        code = app(args=argv, standalone_mode=False)
    except TyperException as error:
        error.show()
        return USAGE
    except (UsageError, SettingsError) as error:
        return _say(error, USAGE)
    except ButlerError as error:
        return _say(error, FAILED)
    except BrokenPipeError:
        sys.stderr.close()
        return FAILED
    except (KeyboardInterrupt, EOFError):
        return INTERRUPTED
    except Exception as error:  # the last boundary: a traceback is for the log, not for the person
        return _unexpected(error)
    return code if isinstance(code, int) else 0


def _say(error: Exception, code: int) -> int:
    print(f"butler: {visible(str(error))}", file=sys.stderr)  # noqa: T201
    return code


def _unexpected(error: Exception) -> int:
    from butler_tui.cli.log import log_file, start_log

    start_log()
    _log.exception("unexpected error")
    sentence = f"Something went wrong that should not ({type(error).__name__}); the details are in"
    return _say(ButlerError(f"{sentence} {log_file()}."), FAILED)
