"""Places in the world: find_places."""

from butler_tui.tools.maps.finding_places import find_places

__all__ = ["find_places"]
