"""`python -m butler_tui` is `butler`."""

import sys

from butler_tui.cli import main

if __name__ == "__main__":
    sys.exit(main())
