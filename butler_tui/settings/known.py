"""Every secret that this process has read, so that nothing it keeps or shows has one in it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from butler_tui.core.redaction import Redactor

KNOWN = Redactor()
"""Of the whole process, since a value that was read once can come back anywhere."""

_NAMED_SO = re.compile(r"(KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?)$", re.I)
_SURE_LENGTH = 8


def learn_environment(environ: Mapping[str, str]) -> None:
    """Know every variable whose name ends like a secret's; libraries read those by themselves.

    One that leads to a file (`SSH_KEY=/home/...`) or is hardly a secret by its length is none.
    """
    for name, value in environ.items():
        if (
            _NAMED_SO.search(name)
            and len(value) >= _SURE_LENGTH
            and not value.startswith(("/", "~", "."))
        ):
            KNOWN.learn(name, value)
