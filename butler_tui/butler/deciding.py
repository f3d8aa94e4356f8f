"""What a person decides: held calls, a plan's sheet, what waits in the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from butler_tui.butler.engine import Driving, Engine
from butler_tui.core.asking_events import allowed_as
from butler_tui.core.calls import CallStatus
from butler_tui.core.concerns import Concern
from butler_tui.core.errors import ToolError, UsageError
from butler_tui.core.events import (
    ApprovalDecided,
    ApprovalRequested,
    Event,
    PlanAccepted,
    SendReleased,
    SendTakenBack,
)
from butler_tui.core.labels import Json
from butler_tui.core.policy import rule_for
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunState, fold
from butler_tui.core.values import edited
from butler_tui.execution.live import LiveRun
from butler_tui.execution.requests import Request, frame_of
from butler_tui.execution.weighing import as_asked
from butler_tui.history import Acceptance, History
from butler_tui.settings import Places, keep_rule, remove_rule

Scope = Literal["once", "run", "always"]


@dataclass(frozen=True, slots=True)
class Deciding:
    """Carries a person's decisions into the journal; the first one wins."""

    engine: Engine
    history: History
    places: Places

    async def allow(
        self,
        approval: str,
        *,
        scope: Scope = "once",
        args: dict[str, Any] | None = None,
        rule: Rule | None = None,
    ) -> None:
        """Allow a held call, a changed one with `args`; with `always`, its rule is kept first.

        Raises UsageError when the arguments do not fit the tool, or a rule denies the call.
        """
        held = await self.history.waiting.find(approval)
        if not isinstance(held.requested, ApprovalRequested):
            await self.history.waiting.decide(held.id, "allow")
            return
        changed: ApprovalDecided | None = None
        if args is not None and args != held.requested.args:
            changed = allowed_as(await self._changed(held.run, held.requested, args), held.id)
        if scope != "always":
            await self.history.waiting.decide(held.id, "allow", scope=scope, changed=changed)
            return
        kept = rule or self.always_rule(await self._state(held.run), held.requested)
        new = await asyncio.to_thread(keep_rule, self.places.rules, kept)
        try:
            await self.history.waiting.decide(held.id, "allow", scope=scope, changed=changed)
        except UsageError:  # somebody was first, so that this was not decided
            if new:
                await asyncio.to_thread(remove_rule, self.places.rules, kept.id)
            raise

    async def previewed(self, approval: str, args: Mapping[str, Json]) -> ApprovalRequested:
        """The held call as it would be with other arguments; the policy looks again.

        Raises UsageError when they do not fit the tool, or a rule denies such a call.
        """
        held = await self.history.waiting.find(approval)
        if not isinstance(held.requested, ApprovalRequested):
            raise UsageError(f"{held.id} is no call; there are no arguments to change.")
        return await self._changed(held.run, held.requested, args)

    async def accept(self, sheet: str, acceptance: Acceptance) -> None:
        """Accept a plan's sheet. Raises UsageError when it was decided already."""
        await self.history.waiting.accept(sheet, acceptance)

    async def sign(self, run: str, bounds: Sequence[Rule], cost_usd: float | None = None) -> None:
        """Sign bounds for a run: calls within them are not asked again, one outside stops.

        Bounds accept the plan, also one that is still to come; a cost alone accepts none.
        """
        state = await self._state(run)
        if state.status.over:
            raise UsageError(f"Run {run} is {state.status}; there is nothing to sign.")
        event = PlanAccepted(
            revision=max(state.revision, 1) if bounds else state.accepted,
            by="person",
            bounds=[one.dump() for one in bounds],
            cost_usd=cost_usd,
        )
        await self.history.journal.append(run, [event], flush=True)

    async def deny(self, approval: str, *, reason: str = "") -> None:
        """Deny a held call, for good in its run, or every call of a sheet."""
        await self.history.waiting.decide(approval, "deny", reason=reason)

    async def answer(self, question: str, answer: Json) -> None:
        """Answer a step's question."""
        await self.history.waiting.answer(question, answer)

    async def take_back(self, run: str, step: str, item: tuple[int, ...] = ()) -> None:
        """Take a call back out of the outbox. Raises UsageError when it is not there any more."""
        await self._in_outbox(run, step, item, SendTakenBack(step=step, item=item))
        call = (await self._state(run)).calls[step, item]
        if call.status is not CallStatus.TAKEN_BACK:
            raise UsageError(f"{step} of run {run} had gone just before you took it back.")

    async def send_now(self, run: str, step: str, item: tuple[int, ...] = ()) -> None:
        """Let a call in the outbox go. Raises UsageError when it is not there any more."""
        await self._in_outbox(run, step, item, SendReleased(step=step, item=item))
        if (await self._state(run)).calls[step, item].status is CallStatus.TAKEN_BACK:
            raise UsageError(f"{step} of run {run} had been taken back just before you sent it.")

    def always_rule(self, state: RunState, approval: ApprovalRequested) -> Rule:
        """The rule that *always* would keep for this call: same tool, same targets."""
        tool = self.engine.tools_of(state)[approval.tool]
        asked = as_asked(state, tool, approval.args, approval.effect)
        concerns = [Concern.load(one) for one in approval.concerns]
        rule = rule_for(asked, tool.targets, concerns=concerns)
        day = datetime.now().astimezone().date()
        return rule.model_copy(update={"because": f"always allowed on {day}"})

    async def _state(self, run: str) -> RunState:
        return fold(await self.history.journal.read(run, outputs=False))

    async def _in_outbox(self, run: str, step: str, item: tuple[int, ...], event: Event) -> None:
        call = (await self._state(run)).calls.get((step, item))
        if call is None or call.status is not CallStatus.OUTBOX:
            raise UsageError(f"{step} of run {run} does not wait in the outbox any more.")
        await self.history.journal.append(run, [event], flush=True)

    async def _changed(
        self, run: str, requested: ApprovalRequested, args: Mapping[str, Json]
    ) -> ApprovalRequested:
        live = await LiveRun.open(run, self.history.journal)
        calling = self.engine.calling(live, Driving())
        tool = self.engine.tools_of(live.state).get(requested.tool)
        if tool is None:
            raise UsageError(f"There is no tool {requested.tool} any more.")
        ready = calling.requests.held(requested)
        labelled = {name: edited(ready.args.get(name), value) for name, value in args.items()}
        ready = replace(ready, args=labelled)
        try:
            tool.validated(dict(args))
            effect = tool.effect_of(args)
            frame = frame_of(live, ready)
            request: Request = await calling.weighed(tool, ready, frame, effect)
            if request.verdict.decision is Decision.DENY:
                raise UsageError(f"That is denied: {request.verdict.because}.")
            return await calling.requests.made(request)
        except ToolError as error:
            raise UsageError(str(error)) from error


__all__ = ["Acceptance", "Deciding", "Scope"]
