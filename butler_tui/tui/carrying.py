"""Carries what the person decided or wants to Butler; every failure becomes a notice."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from butler_tui.core.errors import ButlerError, UsageError
from butler_tui.core.events import ApprovalRequested
from butler_tui.core.labels import Json
from butler_tui.tui.decisions import (
    Accept,
    Allow,
    Deny,
    SendNow,
    TakeBack,
    WantBounds,
    WantEdit,
    WantRule,
    Wish,
)

if TYPE_CHECKING:
    from butler_tui.butler import Butler
    from butler_tui.core.run import RunState
    from butler_tui.tui.app import ButlerApp
    from butler_tui.tui.runs import Runs
    from butler_tui.tui.watch import Watch

_SHOWN = ("args", "seen", "lists", "effect", "preview", "basis", "concerns")
"""What was shown of a changed call, and must still be so when it is allowed."""


@dataclass(frozen=True, slots=True)
class Carrying:
    """Carries one wish about the run that is on the screen."""

    app: ButlerApp
    butler: Butler
    runs: Runs
    watch: Watch

    async def out(self, wish: Wish) -> None:
        """Carry the wish out; what could not be kept comes back to the card."""
        deciding = self.butler.deciding
        match wish:
            case Allow():
                allow = partial(deciding.allow, scope=wish.scope, args=wish.args, rule=wish.rule)
                await self._decide(allow(one) for one in wish.approvals)
            case Deny():
                await self._decide(deciding.deny(one, reason=wish.reason) for one in wish.approvals)
            case Accept():
                await self._decide([self._accept(wish)])
            case TakeBack(address=(step, item)):
                await self._decide([deciding.take_back(self.watch.run, step, item)])
            case SendNow(address=(step, item)):
                await self._decide([deciding.send_now(self.watch.run, step, item)])
            case WantRule():
                await self._tell(self._show_rule(wish.asked))
            case WantEdit():
                await self._tell(self._edit(wish))
            case WantBounds():
                await self._tell(self._set_bounds(wish.sheet))

    async def _decide(self, deciding: Iterable[Awaitable[None]]) -> None:
        """Each decision by itself, and each bound to its own call; then go on with the run.

        One that somebody else was first with is told, and does not keep the others back.
        """
        decided = 0
        for one in deciding:
            try:
                await one
                decided += 1
            except ButlerError as error:
                self._failed(error)
                if (bench := self.app.main.bench) is not None:
                    bench.needs.refused()
        if decided:
            await self._tell(self.runs.settled(self.watch.run))

    async def _accept(self, wish: Accept) -> None:
        from butler_tui.butler import Acceptance

        acceptance = Acceptance(
            without=wish.without,
            edits=dict(wish.edits),
            bounds=tuple(wish.bounds),
            cost_usd=wish.cost_usd,
        )
        await self.butler.deciding.accept(wish.sheet, acceptance)

    async def _show_rule(self, asked: ApprovalRequested) -> None:
        """Show the rule that *always* would keep; what the person keeps allows the call too."""
        from butler_tui.core.rules import Rule
        from butler_tui.tui.screens.rule import RuleScreen

        rule = self.butler.deciding.always_rule(self.watch.state, asked)

        def kept(rule: Rule | None) -> None:
            if rule is not None:
                self._carry(Allow([asked.id], "always", rule))

        self.app.push_screen(RuleScreen(rule, asked, self.app.clock, self.app.quiet), kept)

    async def _edit(self, wish: WantEdit) -> None:
        """Let the person change the arguments; what they were shown is what they allow."""
        from butler_tui.tui.screens.edit import EditScreen

        asked = wish.asked
        tool = self.butler.tools.get(asked.tool)
        check = partial(self._previewed, asked.id)

        def changed(now: ApprovalRequested | None) -> None:
            if now is None:
                return
            if wish.sheet and (bench := self.app.main.bench) is not None:
                bench.needs.changed(now)
            else:
                self.app.run_worker(self._allow_as_shown(now), group="wishes")

        screen = EditScreen(asked, tool, check, self.app.clock, self.app.quiet, on_sheet=wish.sheet)
        self.app.push_screen(screen, changed)

    async def _previewed(self, identity: str, args: dict[str, Json]) -> ApprovalRequested:
        """The held call with other arguments, under the id by which it is held."""
        now = await self.butler.deciding.previewed(identity, args)
        return now.model_copy(update={"id": identity})

    async def _allow_as_shown(self, shown: ApprovalRequested) -> None:
        """Allow a changed call if it would still do what was shown."""
        try:
            now = await self._previewed(shown.id, shown.args)
            if any(getattr(now, name) != getattr(shown, name) for name in _SHOWN):
                raise UsageError("What the call would do has changed meanwhile; look at it again.")
        except ButlerError as error:
            self._failed(error)
            return
        await self.out(Allow([shown.id], args=shown.args))

    async def _set_bounds(self, sheet: Accept | None) -> None:
        """Let the person set bounds; they are signed with the plan's sheet, or for the run."""
        from butler_tui.tui.screens.bounds import BoundsScreen, Signed
        from butler_tui.tui.signing import drafts_of

        state, run = self.watch.state, self.watch.run
        if state.status.over:
            raise UsageError(f"This run is {state.status}; there is nothing to sign.")
        kept = _kept(state, sheet) if sheet is not None else None
        drafts = drafts_of(state, self.butler.tools, self.butler.deciding.always_rule, kept)
        if not drafts:
            raise UsageError("Nothing in this plan changes, sends or runs anything.")

        def signed(said: Signed | None) -> None:
            if said is None:
                return
            if sheet is not None:
                self._carry(replace(sheet, bounds=said.bounds, cost_usd=said.cost_usd))
            else:
                signing = self.butler.deciding.sign(run, said.bounds, said.cost_usd)
                self.app.run_worker(self._decide([signing]), group="wishes")

        cost = state.cost_bound
        screen = BoundsScreen(
            run, drafts, cost, self.app.clock, self.app.quiet, on_sheet=sheet is not None
        )
        self.app.push_screen(screen, signed)

    def _carry(self, wish: Wish) -> None:
        self.app.run_worker(self.out(wish), group="wishes")

    async def _tell(self, wish: Awaitable[None]) -> None:
        try:
            await wish
        except ButlerError as error:
            self._failed(error)
        except KeyError as error:
            self._failed(UsageError(f"There is no tool {error} any more."))

    def _failed(self, error: ButlerError) -> None:
        self.app.notify(str(error), severity="error", timeout=10)


def _kept(state: RunState, sheet: Accept) -> list[ApprovalRequested]:
    """The calls that the person left on the sheet, as they changed them."""
    offered = state.offers[sheet.sheet].offered.approvals
    held = {one.requested.id: one.requested for one in state.waiting_approvals()}
    left = [one for one in offered if one in held and one not in sheet.without]
    return [sheet.edits.get(one, held[one]) for one in left]
