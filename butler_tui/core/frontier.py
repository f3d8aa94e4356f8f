"""What can happen next in a run, looking again only at what has changed since the last look.

A statement's outcome follows from its own calls and from the outcomes of those it needs. So an
event about a call says which statement to look at again, and an outcome says which others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from butler_tui.core.calls import Done, Failed, Outcome, Pending, StatementState
from butler_tui.core.labels import Label, Labelled, Source
from butler_tui.core.ready import Front, Look, Skip

if TYPE_CHECKING:
    from butler_tui.core.run import RunState


@dataclass(slots=True)
class _Place:
    """Where a statement stands in the plan, what it needs, and what its last look brought."""

    at: int
    one: StatementState
    needs: frozenset[str]
    brought: Front = field(default_factory=Front)


@dataclass(slots=True)
class Frontier:
    """The outcomes of one run's statements, kept in step with its state.

    Whoever changes a call says so with `touch`; whoever changes the plan, with `added` or `anew`.
    """

    _stale: bool = True
    _touched: set[str] = field(default_factory=set[str])
    _places: dict[str, _Place] = field(default_factory=dict[str, _Place])
    _order: list[_Place] = field(default_factory=list[_Place])
    _statement_of: dict[str, str] = field(default_factory=dict[str, str])
    _users: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    _known: dict[str, Labelled] = field(default_factory=dict[str, Labelled])
    _failed: set[str] = field(default_factory=set[str])
    _pending: set[str] = field(default_factory=set[str])
    _open: set[str] = field(default_factory=set[str])

    def touch(self, step: str) -> None:
        """Something was said of a call of that step."""
        if not self._stale:
            self._touched.add(self._statement_of.get(step, step))

    def added(self, one: StatementState) -> None:
        """A statement was put at the plan's end, or in the place of another."""
        if one.statement.id in self._places:
            self._stale = True
        elif not self._stale:
            self._put(one)

    def anew(self) -> None:
        """Anything may be different."""
        self._stale = True

    def front(self, state: RunState) -> Front:
        """Everything that can happen next; what a settled statement brought, once."""
        if self._stale:
            self._begin(state)
        settled = self._settle(state)
        front = Front()
        for place in sorted(
            (self._places[one] for one in self._open | settled), key=lambda place: place.at
        ):
            brought = place.brought
            front.ready += brought.ready
            front.broken += brought.broken
            front.skipped += brought.skipped
            front.totals |= brought.totals
        front.ready.sort(key=lambda ready: -(ready.call.priority or 0))
        return front

    def _begin(self, state: RunState) -> None:
        self._touched, self._places, self._statement_of, self._users = set(), {}, {}, {}
        self._order = []
        self._known, self._failed, self._pending = dict(state.given_names), set(), set()
        self._open, self._stale = set(), False
        for one in state.statements.values():
            self._put(one)

    def _put(self, one: StatementState) -> None:
        statement = one.statement
        place = _Place(len(self._order), one, statement.needs())
        self._order.append(place)
        self._places[statement.id] = place
        self._statement_of.update((call.id, statement.id) for call in statement.calls())
        for name in place.needs:
            self._users.setdefault(name, []).append(statement.id)
        self._touched.add(statement.id)

    def _settle(self, state: RunState) -> set[str]:
        """Look again where that may tell something new; the ids of what is settled since."""
        settled: set[str] = set()
        waiting = [self._places[one].at for one in self._touched if one in self._places]
        heapify(waiting)
        self._touched = set()
        last = -1
        while waiting:
            at = heappop(waiting)
            if at == last:
                continue
            last = at
            place = self._order[at]
            for user in self._look_again(state, place, settled):
                heappush(waiting, self._places[user].at)
        return settled

    def _look_again(self, state: RunState, place: _Place, settled: set[str]) -> Iterable[str]:
        """Look at one statement; the ids of those that may be different because of it."""
        one = place.one
        identity, name = one.statement.id, one.statement.name
        if one.outcome is None or isinstance(one.outcome, Pending):
            place.brought = Front()
            one.outcome = self._outcome(state, place)
            if isinstance(one.outcome, Pending):
                self._keep_open(place)
                if name is not None:
                    self._pending.add(name)
                return ()
            settled.add(identity)
        self._open.discard(identity)
        if name is None:
            return ()
        self._pending.discard(name)
        match one.outcome:
            case Done(output):
                self._known[name] = output
            case _:
                self._failed.add(name)
        return self._users.get(name, ())

    def _keep_open(self, place: _Place) -> None:
        brought, identity = place.brought, place.one.statement.id
        if brought.ready or brought.broken or brought.skipped or brought.totals:
            self._open.add(identity)
        else:
            self._open.discard(identity)

    def _outcome(self, state: RunState, place: _Place) -> Outcome:
        one, front = place.one, place.brought
        if one.pinned is not None:
            return Done(one.pinned)
        if missing := sorted(place.needs & self._failed):
            front.skipped += _skipped(state, one, missing[0])
            return Failed("skipped", final=True)
        if not place.needs.isdisjoint(self._pending):
            return Pending()
        # Whoever read a stranger's text before writing may have been told what to write.
        literals = Label.of(Source(one.by)) | one.read
        look = Look(state.calls, literals, state.most_steps, front)
        return look.outcome(one.statement, self._known, one.read)


def _skipped(state: RunState, one: StatementState, missing: str) -> Iterator[Skip]:
    for call in one.statement.calls():
        known = state.calls.get((call.id, ()))
        if known is None or not known.status.begun:
            yield Skip(call.id, (), f"it needs {missing}, which did not happen")
