"""Butler: opens settings and history, starts, resumes and follows runs.

The one thing both faces talk to. It composes what the floors below offer and decides nothing that
belongs to them.
"""

from butler_tui.butler.deciding import Acceptance, Scope
from butler_tui.butler.facade import Butler, open_butler
from butler_tui.butler.forking import Again
from butler_tui.butler.goals import GoalRequest
from butler_tui.butler.toolbox import Toolbox
from butler_tui.butler.undoing import Undoable

__all__ = [
    "Acceptance",
    "Again",
    "Butler",
    "GoalRequest",
    "Scope",
    "Toolbox",
    "Undoable",
    "open_butler",
]
