"""The top line: what runs, with which model, at what cost, for how long, and what needs you."""

from __future__ import annotations

from dataclasses import dataclass, replace

from textual.content import Content
from textual.widget import Widget

from butler_tui.tui.text import joined, shown_line

GAP = 3
LEAST_GOAL = 12


@dataclass(frozen=True, slots=True)
class Standing:
    """What the line says; empty parts are left out.

    `still` says that nobody carries the run on, `state` that it is paused or planned anew.
    """

    goal: str = ""
    without: str = ""
    rehearsal: str = ""
    model: str = ""
    cost: str = ""
    calls: str = ""
    time: str = ""
    budget: str = ""
    state: str = ""
    still: str = ""
    needs: str = ""


class StatusLine(Widget):
    """One line, cut at the goal first and then from the least to the most important."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    standing = Standing()

    def say(self, **parts: str) -> None:
        """Change some parts of the line, without laying anything out again."""
        standing = replace(self.standing, **parts)
        if standing != self.standing:
            self.standing = standing
            self.refresh(layout=False)

    def render(self) -> Content:
        """The line at its present width."""
        now = self.standing
        room = self.content_size.width - len("butler") - 2
        said = [  # from left to right, each with its rank: what there is no room for goes
            (8, shown_line(now.model, "$quiet", 30)),
            (7, shown_line(now.cost, "$quiet")),
            (6, shown_line(now.calls, "$quiet")),
            (5, shown_line(now.time)),
            (4, shown_line(now.without)),
            (3, shown_line(now.budget, "$warning")),
            (2, shown_line(now.state, "$warning bold")),
            (0, shown_line(now.still, "$warning bold")),
            (1, shown_line(now.needs, "$warning bold")),
        ]
        kept: set[int] = set()
        for rank, piece in sorted(said, key=lambda one: one[0]):
            if piece and piece.cell_length + GAP <= room:
                room -= piece.cell_length + GAP
                kept.add(rank)
        end = Content(" " * GAP).join([piece for rank, piece in said if rank in kept])
        goal = Content("")
        if now.goal and room >= LEAST_GOAL:
            said_goal = joined(
                (f"{now.rehearsal or 'goal'}: ", "$warning bold" if now.rehearsal else ""),
                shown_line(now.goal, "", 400),
            )
            goal = said_goal.truncate(room, ellipsis=True)
        head = joined(("butler", "bold $primary"), "  ", goal)
        gap = max(1, self.content_size.width - head.cell_length - end.cell_length)
        return joined(head, " " * gap, end)
