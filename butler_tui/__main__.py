"""`python -m butler_tui` is `butler`."""

import sys
from pathlib import Path

# `python -m` looks for modules in the current folder first; a project's own duckdb.py is not ours.
if sys.path and sys.path[0] in ("", str(Path.cwd())):
    del sys.path[0]

from butler_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
