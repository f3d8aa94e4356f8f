"""The plan as a tree that lives: a row a statement, and under it a row a call where it has many."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from butler_tui.core.calls import Address
from butler_tui.core.plan import Statement
from butler_tui.tui.actions import PRESSED, bindings
from butler_tui.tui.rows import (
    OVERVIEW,
    SUPERSEDED,
    Row,
    RowKey,
    call_row,
    has_rows,
    overview_row,
    statement_row,
    superseded_row,
)
from butler_tui.tui.watch import Watch
from butler_tui.tui.widgets.handing_on import handed_on
from butler_tui.tui.words import PENDING

OPEN_UP_TO = 24
"""Calls of one statement whose rows are unfolded by themselves."""

WIDEST_NAME = 16
_STEERING = frozenset({"up", "down", "pageup", "pagedown", "home", "end", "enter", "left", "right"})
_TOGGLE = Style(meta={"toggle": True})
_NO_ROW = Row(PENDING, "", "", "")


class PlanTree(Tree[RowKey]):
    """Shows one run's plan; rows are changed in place."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"plan--{part}"
        for part in ("quiet", "plain", "going", "done", "needs", "bad", "name", "overview")
    }
    BINDINGS: ClassVar = [
        *bindings("plan"),
        ("left", "fold(True)", "fold"),
        ("right", "fold(False)", "unfold"),
    ]

    class Looked(Message):
        """The cursor stands on this row now."""

        def __init__(self, key: RowKey) -> None:
            self.key = key
            super().__init__()

    class Steered(Message):
        """The person moved the cursor, which from now on stays where it is put."""

    class Pressed(Message):
        """A key that may decide the card on the screen."""

        def __init__(self, key: events.Key) -> None:
            self.key = key
            super().__init__()

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  (Textual's name)
        super().__init__("", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False
        self.root.expand()
        self._node_of: dict[RowKey, TreeNode[RowKey]] = {}
        self._rows: dict[RowKey, Row] = {}
        self._order: dict[str, list[tuple[object, ...]]] = {}
        self._widest = 0
        self._revision = 0

    def forget(self) -> None:
        """Be empty, for another run."""
        self.clear()
        self.root.expand()
        self._node_of.clear()
        self._rows.clear()
        self._order.clear()
        self._widest = self._revision = 0

    def show(self, watch: Watch, changed: Mapping[str, set[Address]], now: datetime) -> None:
        """Bring the rows of these statements, and of these calls of theirs, up to date."""
        if watch.state.revision > self._revision > 0 and watch.state.revisions[-1].revision > 1:
            self._start_anew(watch)
            changed = {name: set(watch.index.get(name, ())) for name in watch.state.ids}
        self._revision = watch.state.revision
        self._set(OVERVIEW, overview_row(watch), self.root)
        for statement in watch.state.statements:
            if statement in changed:
                self._show_statement(watch, statement, changed[statement], now, self.root)
        for statement in changed.keys() - watch.state.ids:
            self._remove(statement)
        if watch.state.superseded:
            self._set(SUPERSEDED, superseded_row(watch.state), self.root)
            group = self._node_of[SUPERSEDED]
            for one in watch.state.superseded:
                name = one.statement.id
                if name in changed:
                    self._show_statement(watch, name, changed[name], now, group)

    def _show_statement(
        self,
        watch: Watch,
        statement: str,
        calls: Iterable[Address],
        now: datetime,
        parent: TreeNode[RowKey],
    ) -> None:
        self._set((statement, None), statement_row(watch, statement, now), parent)
        one = watch.statement(statement)
        if one is not None and has_rows(one.statement):
            self._show_calls(watch, one.statement, calls, now)

    def _start_anew(self, watch: Watch) -> None:
        """Another revision has another order: lay all rows anew, the cursor where it was."""
        node, below = self.cursor_node, self.has_focus
        key = node.data if node is not None else None
        gone = {one.statement.id for one in watch.state.superseded}
        self.forget()
        if key is not None and below:
            self.call_after_refresh(self.look_at, SUPERSEDED if key[0] in gone else key)

    def look_at(self, key: RowKey) -> None:
        """Put the cursor on a row, or on the statement in which it is folded away."""
        node = self._node_of.get(key)
        if node is None or (node.parent is not None and not node.parent.is_expanded):
            node = self._node_of.get((key[0], None))
        if node is not None:
            self.call_after_refresh(self._put_cursor, node)

    def _put_cursor(self, node: TreeNode[RowKey]) -> None:
        if self.last_line >= 0:  # asking for the last line has the tree number its lines
            self.move_cursor(node)

    def row(self, key: RowKey) -> Row | None:
        """The row as it is shown."""
        return self._rows.get(key)

    def _show_calls(
        self, watch: Watch, statement: Statement, calls: Iterable[Address], now: datetime
    ) -> None:
        parent = self._node_of[(statement.id, None)]
        for address in sorted(calls):
            key: RowKey = (statement.id, address)
            if address not in watch.state.calls:
                self._remove_call(statement, address)
                continue
            row = call_row(watch, address, statement, now)
            if key in self._node_of:
                self._set(key, row, parent)
            else:
                self._add(key, row, parent, self._place(statement, address))

    def _remove_call(self, statement: Statement, address: Address) -> None:
        """A call that may happen after all has no row before it begins again."""
        if (node := self._node_of.pop((statement.id, address), None)) is not None:
            self._rows.pop((statement.id, address), None)
            self._order[statement.id].remove(_rank(statement, address))
            node.remove()

    def _place(self, statement: Statement, address: Address) -> int:
        """Which of the statement's rows the call's is to be."""
        rank = _rank(statement, address)
        order = self._order.setdefault(statement.id, [])
        place = bisect(order, rank)
        order.insert(place, rank)
        return place

    def _set(self, key: RowKey, row: Row, parent: TreeNode[RowKey]) -> None:
        if (node := self._node_of.get(key)) is None:
            self._add(key, row, parent, len(parent.children))
        elif self._rows[key] != row:
            self._rows[key] = row
            node.set_label(Text(row.plain))

    def _add(self, key: RowKey, row: Row, parent: TreeNode[RowKey], place: int) -> None:
        self._rows[key] = row
        if parent is self.root and key != SUPERSEDED and len(row.name) > self._widest:
            self._widest = min(len(row.name), WIDEST_NAME)
        elif parent is not self.root and not parent.children:
            parent.allow_expand = True
            if parent.data != SUPERSEDED:
                parent.expand()
        if len(parent.children) == OPEN_UP_TO and parent is not self.root:
            parent.collapse()
        last = SUPERSEDED if parent is self.root and key[0] else None
        if last in self._node_of:
            place = min(place, len(parent.children) - 1)  # what is superseded lies below all else
        at = place if place < len(parent.children) else None
        self._node_of[key] = parent.add(Text(row.plain), key, before=at, allow_expand=False)

    def _remove(self, statement: str) -> None:
        """A statement that an answer of the planner took back again."""
        if (node := self._node_of.pop((statement, None), None)) is None:
            return
        for child in list(node.children):
            if child.data is not None:
                self._node_of.pop(child.data, None)
                self._rows.pop(child.data, None)
        self._rows.pop((statement, None), None)
        self._order.pop(statement, None)
        node.remove()

    def get_label_width(self, node: TreeNode[RowKey]) -> int:
        """Rows are cut to the tree's width, so none is ever wider."""
        return 1

    def render_label(self, node: TreeNode[RowKey], base_style: Style, style: Style) -> Text:
        """A row as wide as the tree: sign, name and title from the left, its state at the right."""
        row = self._rows.get(node.data, _NO_ROW) if node.data is not None else _NO_ROW
        inner = node.parent is not self.root
        width = self.scrollable_content_region.width - self.guide_depth * _depth(node, self.root)
        width = max(width, 1)
        tone = self.get_component_rich_style(f"plan--{row.mark.tone}", partial=True)
        quiet = self.get_component_rich_style("plan--quiet", partial=True)
        label = Text(no_wrap=True, end="", style=style)
        label.append(f"{row.mark.sign} ", tone)
        if node.data == OVERVIEW:
            overview = self.get_component_rich_style("plan--overview", partial=True)
            label.append(row.title, overview)
        else:
            gone = node.data == SUPERSEDED or (inner and node.data is not None and _below(node))
            name = quiet if gone else self.get_component_rich_style("plan--name", partial=True)
            label.append(row.name.ljust(0 if inner else self._widest), name)
            label.append(f"  {row.title}", quiet if inner else "")
        fold = ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else ""
        room = width - len(fold) - len(row.state) - 2
        label.truncate(max(room, 0), overflow="ellipsis", pad=True)
        label.append("  ")
        label.append(fold, quiet + _TOGGLE)
        label.append(row.state, tone)
        label.truncate(width, overflow="ellipsis")
        return label

    def action_fold(self, fold: bool) -> None:
        """Fold the calls of the statement under the cursor away, or unfold them."""
        node = self.cursor_node
        if node is None:
            return
        if not node.allow_expand and fold and node.parent is not None:
            node = node.parent
        if node.allow_expand:
            (node.collapse if fold else node.expand)()
            self.move_cursor(node)

    async def on_event(self, event: events.Event) -> None:
        """Take an event, unless it is a key for a line that has got the focus meanwhile."""
        if not handed_on(self, event):
            await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Pass on what may decide a card; note when the person steers."""
        if event.character in PRESSED or event.key == "tab":
            event.stop()
            event.prevent_default()
            self.post_message(self.Pressed(event))
        elif event.key in _STEERING:
            self.post_message(self.Steered())

    def on_click(self) -> None:
        """A click on a row is steering too."""
        self.post_message(self.Steered())

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[RowKey]) -> None:
        """Say which row the cursor stands on."""
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Looked(event.node.data))

    def on_tree_node_selected(self, event: Tree.NodeSelected[RowKey]) -> None:
        """Enter keeps a row in view, which `Steered` has said; a fold opens or closes."""
        event.stop()
        if event.node.data == SUPERSEDED:
            self.action_fold(event.node.is_expanded)


def _depth(node: TreeNode[RowKey], root: TreeNode[RowKey]) -> int:
    """How many rows a row lies below."""
    depth = 0
    while node.parent is not None and node.parent is not root:
        node, depth = node.parent, depth + 1
    return depth


def _below(node: TreeNode[RowKey]) -> bool:
    """True for what lies below the superseded statements."""
    parent = node.parent
    while parent is not None:
        if parent.data == SUPERSEDED:
            return True
        parent = parent.parent
    return False


def _rank(statement: Statement, address: Address) -> tuple[object, ...]:
    """Where a call's row goes: by element, then in the order of the plan's text."""
    step, item = address
    written = [call.id for call in statement.calls()]
    return (item, written.index(step) if step in written else len(written))
