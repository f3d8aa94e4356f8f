"""Tools of servers that speak the Model Context Protocol, as `mcp.SERVER.TOOL`."""

from butler_tui.tools.mcp.accepted import Acceptance
from butler_tui.tools.mcp.making import Made, lacking, make_tools, standing
from butler_tui.tools.mcp.offers import Offer, Offers
from butler_tui.tools.mcp.pool import FindSecret, Pool

__all__ = [
    "Acceptance",
    "FindSecret",
    "Made",
    "Offer",
    "Offers",
    "Pool",
    "lacking",
    "make_tools",
    "standing",
]
