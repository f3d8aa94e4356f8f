"""Laying a plan's sheet before the person: what can be allowed as soon as the plan is there.

Only a call whose arguments the plan itself gives in full is on the sheet; the others get a card of
their own when their arguments exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from butler_tui.core.calls import Done
from butler_tui.core.errors import ToolError
from butler_tui.core.events import ApprovalRequested, PlanAccepted, PlanOffered
from butler_tui.core.labels import Label, Source
from butler_tui.core.plan import Call, Doing, Each, If, OrElse
from butler_tui.core.ready import ReadyCall
from butler_tui.core.rules import Decision
from butler_tui.core.run import RunState
from butler_tui.core.values import resolve
from butler_tui.execution.calling import Calling
from butler_tui.execution.requests import frame_of

FEWEST = 2
"""A sheet with fewer calls is no more than the call's own card."""


@dataclass(frozen=True, slots=True)
class Offering:
    """Offers the plan of one run."""

    calling: Calling

    @property
    def _state(self) -> RunState:
        return self.calling.live.state

    async def offer(self) -> None:
        """Accept the plan where the policy allows all of it, else offer what could be accepted."""
        if self._state.accepted >= self._state.revision or self._state.offered:
            return
        if self.calling.gate.answers == "yes":
            await self._accept("--yes")
            return
        held, allowed, later = await self._looked_at()
        if not held and not later and not self._state.rehearses:
            if allowed or not self._effects():
                await self._accept("policy")
            return
        if len(held) < FEWEST or self._state.rehearses:
            return
        revision = self._state.revision
        identity = hashlib.sha256(f"{self.calling.live.run} plan {revision}".encode()).hexdigest()
        offered = PlanOffered(
            id=identity[:8],
            revision=revision,
            approvals=[one.id for one in held],
            later=[one for one in later if one["step"] not in self._known_of()],
            estimate=self._state.estimate.dump() if self._state.estimate else {},
        )
        await self.calling.live.record(*held, offered, flush=True)

    async def _accept(self, by: str) -> None:
        await self.calling.live.record(PlanAccepted(revision=self._state.revision, by=by))

    def _effects(self) -> list[Call]:
        """The calls that may change, send or execute, of what is not done."""
        return [
            call
            for one in self._state.statements.values()
            if not isinstance(one.outcome, Done)
            for call in one.statement.calls()
            if (tool := self.calling.tools.get(call.tool)) is not None
            and tool.effect is not None
            and tool.effect.bounds_the_world
        ]

    async def _looked_at(
        self,
    ) -> tuple[list[ApprovalRequested], int, list[dict[str, Any]]]:
        """The calls that can be laid before the person now, how many are allowed, and the rest."""
        held: list[ApprovalRequested] = []
        allowed = 0
        known = {ready.call.id: ready for ready in self._known()}
        later: list[dict[str, Any]] = []
        touched: set[str] = set()
        for call in self._effects():
            tool = self.calling.tools[call.tool]
            ready = known.get(call.id)
            asked = await self._asked(ready) if ready is not None else None
            if isinstance(asked, ApprovalRequested):
                targets = {asked.seen[name] for name in tool.targets if name in asked.seen}
                if not targets & touched:
                    touched |= targets
                    held.append(asked)
                    continue
            elif asked is not None:
                allowed += asked is Decision.ALLOW
                continue
            later.append({"step": call.id, "tool": call.tool, "effect": tool.effect})
        return held, allowed, later

    async def _asked(self, ready: ReadyCall) -> ApprovalRequested | Decision | None:
        """The call as it is laid before the person; what becomes of it where it is not asked.

        None when nothing can be said of it yet.
        """
        tool = self.calling.tools[ready.call.tool]
        values = {name: arg.value for name, arg in ready.args.items()}
        try:
            tool.validated(values)
            effect = tool.effect_of(values)
            if effect is None or not effect.bounds_the_world:
                return Decision.ALLOW
            frame = frame_of(self.calling.live, ready)
            request = await self.calling.weighed(tool, ready, frame, effect)
            if request.verdict.decision is not Decision.ASK:
                return request.verdict.decision
            return await self.calling.requests.made(request)
        except ToolError:
            return None

    def _known_of(self) -> set[str]:
        """The steps of which a call is asked, allowed or under way already: nothing asks later."""
        return {step for step, _ in self._state.calls}

    def _known(self) -> Iterator[ReadyCall]:
        """The calls that will happen for sure, with arguments that the plan gives in full."""
        state = self._state
        given = set(state.given_names)
        for one in state.statements.values():
            doing = one.statement.doing
            if not isinstance(doing, Call) or (doing.id, ()) in state.calls:
                continue
            if any(_is_doing(argument) for _, argument in doing.args):
                continue
            if not one.statement.needs() - set(doing.after) <= given:
                continue
            literals = Label.of(Source(one.by)) | one.read
            try:
                args = {
                    name: resolve(argument, state.given_names, literals)
                    for name, argument in doing.args
                    if not isinstance(argument, Call | OrElse | If | Each)
                }
            except ToolError:
                continue
            yield ReadyCall(doing, (), args, one.read)


def _is_doing(argument: object) -> bool:
    return isinstance(argument, Doing)
