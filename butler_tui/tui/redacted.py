"""What the screens say of faults and refusals, without any secret that this process has read."""

from __future__ import annotations


def redacted(text: str) -> str:
    """The text with every known secret as `[secret NAME]`."""
    from butler_tui.settings import KNOWN

    return KNOWN.text(text)
