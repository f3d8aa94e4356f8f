"""Where a path really leads, also while another program renames what lies on its way."""

from __future__ import annotations

import errno
import os

_TRIES = 100


def real_path(path: str | os.PathLike[str]) -> str:
    """The absolute path with every link on its way followed, whether or not something is there.

    `os.path.realpath` fails when a link is gone, or none any more, between its two looks at it:
    then it looks again. Raises OSError when that goes on and on, ValueError for what can be no
    path.
    """
    for _ in range(_TRIES):
        try:
            return os.path.realpath(path)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINVAL):
                raise
    return os.path.realpath(path)
