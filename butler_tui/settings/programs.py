"""Secrets that a program of the person's own gives, such as `pass show NAME`."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from butler_tui.core.errors import SettingsError

_SECONDS = 60


def first_line(command: Sequence[str], what: str) -> str:
    """The first line that the command writes; `what` names it in errors. Blocks.

    No shell is involved, and what the command says of errors is not shown: it may quote a secret.
    Raises SettingsError.
    """
    begins = f"The command for {what} ({command[0]})"
    try:
        done = subprocess.run(  # noqa: S603  (the person's own settings name it)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS, check=False
        )
        line = done.stdout.decode().partition("\n")[0].rstrip("\r")
    except subprocess.TimeoutExpired:
        raise SettingsError(f"{begins} took longer than {_SECONDS} seconds.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it gave no text"
        raise SettingsError(f"{begins} cannot be used: {why}; correct [secrets].") from None
    if done.returncode != 0 or not line:
        ended = f"ended with status {done.returncode}" if done.returncode else "gave nothing"
        raise SettingsError(f"{begins} {ended}; run it by hand to see why.")
    return line
