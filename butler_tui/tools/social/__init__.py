"""Posts on social networks."""

from butler_tui.tools.social.posting import post_social

__all__ = ["post_social"]
