"""One call from ready to settled: the gate, the approval, the outbox, the attempts, the result."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from butler_tui.core.acceptance import BY_POLICY
from butler_tui.core.calls import ApprovalState
from butler_tui.core.errors import SpentError, ToolError
from butler_tui.core.events import ApprovalDecided, StepFailed, StepRehearsed
from butler_tui.core.labels import NO_LABEL, Label, Labels
from butler_tui.core.policy import Verdict
from butler_tui.core.ports import CallFrame, StepRunner
from butler_tui.core.ready import ReadyCall
from butler_tui.core.rules import Decision
from butler_tui.core.tool import Effect, Tool, ToolCall, ToolResult
from butler_tui.execution.attempts import Attempts
from butler_tui.execution.beyond_rehearsal import beyond_rehearsal
from butler_tui.execution.gate import Gate
from butler_tui.execution.live import LiveRun
from butler_tui.execution.outbox import Outbox
from butler_tui.execution.rehearsing import stand_in
from butler_tui.execution.requests import Request, Requests, frame_of
from butler_tui.execution.runner import failure_label, label_output
from butler_tui.execution.weighing import Scales, as_asked


@dataclass(frozen=True, slots=True)
class Calling:
    """Takes one ready call as far as it can go: to a result, a failure, or a held approval."""

    live: LiveRun
    tools: Mapping[str, Tool]
    gate: Gate
    scales: Scales
    runner: StepRunner
    outbox: Outbox
    attempts: Attempts
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def requests(self) -> Requests:
        """How held calls are put into words and recorded."""
        return Requests(self.live, self.runner)

    async def take(self, ready: ReadyCall) -> None:
        """Pass the call through the gate and, when it is allowed, carry it out."""
        tool = self.tools.get(ready.call.tool)
        if tool is None:
            name = ready.call.tool
            await self._fail(ready, ToolError("no_tool", f"There is no tool {name} any more."))
            return
        call = ToolCall(ready.call.tool, ready.args)
        frame = frame_of(self.live, ready)
        try:
            tool.validated(call.values)
            effect = tool.effect_of(call.values)
            request = await self.weighed(tool, ready, frame, effect)
            if await self._passes(request):
                await self._carry_out(request)
        except ToolError as error:
            address = (ready.call, ready.item)
            skipped = beyond_rehearsal(self.live.state, self.tools, *address, error, call)
            if skipped is not None:
                await self.live.record(skipped)
                return
            label = failure_label(ready.call.id, tool, call, ready.control)
            await self._fail(ready, error, Labels(label | await self._behind_files(tool, call)))

    async def weighed(
        self, tool: Tool, ready: ReadyCall, frame: CallFrame, effect: Effect | None
    ) -> Request:
        """The call with all that the policy needs to know of it, and what the policy says."""
        asked = await self.scales.weigh(self.live.state, tool, ready.args, ready.control, effect)
        verdict = self.gate.verdict(self.live.state, tool, asked, ready.address)
        return Request(tool, ready, frame, effect, asked, verdict)

    async def reconsider(self) -> None:
        """Allow the held calls that a permission given meanwhile covers; with `--no`, deny them."""
        for approval in list(self.live.state.waiting_approvals()):
            requested = approval.requested
            tool = self.tools.get(requested.tool)
            if tool is None:
                continue
            ready = self.requests.held(requested)
            frame = frame_of(self.live, ready)
            async with self.turn:
                request = await self.weighed(tool, ready, frame, requested.effect)
                if request.verdict.decision is Decision.ALLOW or request.verdict.by == "--no":
                    await self.live.record(_decision(requested.id, request.verdict), flush=True)

    async def _passes(self, request: Request) -> bool:
        """True when the call may be carried out now; else it is held, denied or rehearsed."""
        state = self.live.state
        bounds = request.bounds
        if bounds and state.rehearses and request.verdict.decision is not Decision.DENY:
            await self._rehearse(request)
            return False
        approval = state.allowed_by(request.ready.address)
        if approval is not None and not _overruled(approval, request.verdict):
            drifted = await self.requests.drifted(request, approval)
            if drifted is None:
                return True
            await self.live.record(drifted, flush=True)
            return False
        match request.verdict.decision:
            case Decision.ASK:
                await self.live.record(await self.requests.made(request), flush=True)
                return False
            case Decision.DENY:
                requested = await self.requests.made(request, preview=False)
                decided = _decision(requested.id, request.verdict)
                await self.live.record(requested, decided, flush=True)
                return False
            case Decision.ALLOW:
                return not bounds or await self._allowed_by_policy(request)

    async def _allowed_by_policy(self, request: Request) -> bool:
        """Record that the policy allows the call, unless others used a bound up meanwhile.

        The flush of its beginning, before which it cannot act, takes this to the disk too.
        """
        if request.verdict.by != "bound":
            requested = await self.requests.made(request, preview=False)
            noted = self.live.note(requested, _decision(requested.id, request.verdict))
            if request.effect is Effect.SEND:  # in the outbox it may wait long before it begins
                await noted
            return True
        async with self.turn:
            verdict = self.gate.verdict(
                self.live.state, request.tool, request.asked, request.ready.address
            )
            if verdict.decision is Decision.ALLOW:
                requested = await self.requests.made(request, preview=False)
                await self.live.record(requested, _decision(requested.id, verdict))
                return True
        return await self._passes(replace(request, verdict=verdict))

    async def _carry_out(self, request: Request) -> None:
        """Carry the call out; the journal, not the caller, says whether it was allowed."""
        ready = request.ready
        if self.live.state.allowed_by(ready.address) is not None:
            self.attempts.check_allowed(request)
        if request.effect is Effect.SEND and not await self.outbox.passes(self.live, ready):
            return
        await self.scales.definitions.allowed(request.tool)
        await self.attempts.make(request)

    async def _rehearse(self, request: Request) -> None:
        """Say what the call would do; what it would return is made up from its shape."""
        preview = await self.runner.preview(request.tool, request.call, request.frame)
        output = stand_in(request.tool, request.values)
        labelled = label_output(
            request.ready.call.id,
            request.tool,
            request.call,
            ToolResult(output),
            request.ready.control,
        )
        await self.live.record(
            StepRehearsed(
                step=request.ready.call.id,
                item=request.ready.item,
                tool=request.tool.name,
                effect=request.effect,
                args=request.values,
                output=labelled.value,
                labels=labelled.labels.dump(),
                preview=preview.text if preview else "",
                preview_kind=preview.kind if preview else "text",
                decision=request.verdict.decision,
                because=request.verdict.because,
            )
        )

    async def _behind_files(self, tool: Tool, call: ToolCall) -> Label:
        """Whoever wrote a file can have made the call fail that reads it."""
        folder = self.live.state.folder
        try:
            asked = as_asked(self.live.state, tool, call.values, tool.effect)
        except ToolError:
            return NO_LABEL
        behind = self.attempts.sources.behind
        return await asyncio.to_thread(behind, tool, asked.args, folder, asked.lists)

    async def _fail(self, ready: ReadyCall, error: ToolError, labels: Labels | None = None) -> None:
        failed = StepFailed(
            step=ready.call.id,
            item=ready.item,
            code=error.code,
            error=str(error),
            will_retry=isinstance(error, SpentError),
            labels=(labels or Labels()).dump(),
        )
        await self.live.record(failed)


def _overruled(approval: ApprovalState, verdict: Verdict) -> bool:
    """True when what was allowed is denied now.

    What the person allowed was laid before them with what they denied, or before it: neither their
    denial of another call nor `--no` takes it back. Only a rule does.
    """
    if verdict.decision is not Decision.DENY:
        return False
    by = approval.decided.by if approval.decided is not None else ""
    return verdict.by not in ("--no", "denied") or by in BY_POLICY


def _decision(identity: str, verdict: Verdict) -> ApprovalDecided:
    """What the policy itself decides of a call."""
    denied = verdict.decision is Decision.DENY
    return ApprovalDecided(
        id=identity,
        decision="deny" if denied else "allow",
        by="policy" if verdict.by in ("denied", "secret") else verdict.by,
        reason=verdict.because,
        rule=verdict.rule.id if verdict.rule is not None else "",
    )
