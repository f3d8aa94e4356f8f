"""Phone calls."""

from butler_tui.tools.phone.calling import place_call

__all__ = ["place_call"]
