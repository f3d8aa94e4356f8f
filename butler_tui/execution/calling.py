"""One call from ready to settled: the gate, the approval, the attempts, the result."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import stamina

from butler_tui.core.errors import ToolError
from butler_tui.core.events import (
    ApprovalDecided,
    ApprovalRequested,
    StepFailed,
    StepFinished,
    StepStarted,
    StepUnknown,
)
from butler_tui.core.labels import Labels
from butler_tui.core.policy import Decision, Verdict
from butler_tui.core.ports import CallFrame, StepRunner
from butler_tui.core.ready import ReadyCall
from butler_tui.core.tool import Again, Effect, Preview, Tool, ToolCall, ToolResult
from butler_tui.core.values import labels_of
from butler_tui.execution.gate import Gate, as_asked
from butler_tui.execution.live import LiveRun
from butler_tui.execution.runner import failure_label, label_output

ATTEMPTS = 3
"""How often an observing or fetching call is tried when its fault may pass."""

NO_WORD = frozenset({"no_answer", "timeout"})
"""Failures after which nobody knows whether a call that must not be repeated has happened."""


def key_of(run: str, ready: ReadyCall) -> str:
    """The call's idempotency key: a hash of run, step, item and arguments, in hex."""
    values = {name: arg.value for name, arg in ready.args.items()}
    text = json.dumps([run, ready.call.id, ready.item, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Calling:
    """Takes one ready call as far as it can go: to a result, a failure, or a held approval."""

    live: LiveRun
    tools: Mapping[str, Tool]
    gate: Gate
    runner: StepRunner

    async def take(self, ready: ReadyCall) -> None:
        """Pass the call through the gate and, when it is allowed, carry it out."""
        tool = self.tools.get(ready.call.tool)
        call = ToolCall(ready.call.tool, ready.args)
        if tool is None:
            await self._fail(ready, ToolError("no_tool", f"There is no tool {call.tool} any more."))
            return
        frame = self._frame(ready)
        try:
            tool.validated(call.values)
            effect = tool.effect_of(call.values)
            holds = self._still_holds if ready.allowed else self._passes
            if await holds(tool, call, ready, frame, effect):
                await self._carry_out(tool, call, ready, frame, effect)
        except ToolError as error:
            await self._fail(ready, error, failure_label_of=(tool, call))

    def _frame(self, ready: ReadyCall) -> CallFrame:
        run, folder = self.live.run, self.live.state.folder
        private = any(arg.labels.overall().private for arg in ready.args.values())
        return CallFrame(run, ready.call.id, ready.item, key_of(run, ready), folder, private)

    async def _passes(
        self, tool: Tool, call: ToolCall, ready: ReadyCall, frame: CallFrame, effect: Effect | None
    ) -> bool:
        verdict = self.gate.verdict(self.live.state, tool, call.values, effect)
        if verdict.decision is Decision.ALLOW:
            return True
        preview = await self.runner.preview(tool, call, frame)
        request = self._request(tool, call, ready, frame, effect, verdict, preview)
        if verdict.decision is Decision.ASK:
            await self.live.record(request, flush=True)
            return False
        denial = ApprovalDecided(
            id=request.id, decision="deny", by="policy", reason=verdict.because
        )
        await self.live.record(request, denial, flush=True)
        return False

    async def _still_holds(
        self, tool: Tool, call: ToolCall, ready: ReadyCall, frame: CallFrame, effect: Effect | None
    ) -> bool:
        """An allowed call is exactly the one that was shown; if anything drifted, ask again.

        What the person edited was never previewed: there only a rule that denies it counts.
        """
        state = self.live.state
        verdict = self.gate.verdict(state, tool, call.values, effect)
        if verdict.decision is Decision.DENY:
            return await self._passes(tool, call, ready, frame, effect)
        approval = state.allowed_by(ready.address)
        if approval is None or state.calls[ready.address].edited:
            return True
        preview = await self.runner.preview(tool, call, frame)
        changed = Verdict(Decision.ASK, "what it would do has changed since you allowed it")
        now = self._request(tool, call, ready, frame, effect, changed, preview)
        if (now.preview, now.seen, now.effect) == (
            approval.preview,
            approval.seen,
            approval.effect,
        ):
            return True
        await self.live.record(now, flush=True)
        return False

    def _request(
        self,
        tool: Tool,
        call: ToolCall,
        ready: ReadyCall,
        frame: CallFrame,
        effect: Effect | None,
        verdict: Verdict,
        preview: Preview | None,
    ) -> ApprovalRequested:
        state = self.live.state
        return ApprovalRequested(
            id=self._approval_id(ready, frame),
            step=ready.call.id,
            item=ready.item,
            tool=tool.name,
            effect=effect,
            args=call.values,
            labels=labels_of(call.args),
            preview=preview.text if preview else "",
            preview_kind=preview.kind if preview else "text",
            because=verdict.because,
            undoable=tool.undoable,
            seen=dict(as_asked(state, tool, call.values, effect).args),
        )

    def _approval_id(self, ready: ReadyCall, frame: CallFrame) -> str:
        """Eight letters that are easy to type; a call that is asked again gets others."""
        again = self.live.state.times_asked(ready.address)
        return hashlib.sha256(f"{frame.key}{again}".encode()).hexdigest()[:8]

    async def _carry_out(
        self, tool: Tool, call: ToolCall, ready: ReadyCall, frame: CallFrame, effect: Effect | None
    ) -> None:
        bounds = effect is not None and effect.bounds_the_world
        state = self.live.state.calls.get(ready.address)
        before = state.attempt if state is not None else 0
        attempts = 1 if bounds else ATTEMPTS
        async for attempt in stamina.retry_context(
            on=lambda error: isinstance(error, ToolError) and error.transient,
            attempts=attempts,
            timeout=None,
            wait_initial=0.5,
            wait_max=10.0,
        ):
            with attempt:
                started = StepStarted(
                    step=ready.call.id,
                    item=ready.item,
                    attempt=before + attempt.num,
                    key=frame.key,
                    tool=tool.name,
                    effect=effect,
                    args=call.values,
                    labels=labels_of(call.args),
                )
                await self.live.record(started, flush=bounds)
                await self._attempt(tool, call, ready, frame, last=attempt.num == attempts)

    async def _attempt(
        self, tool: Tool, call: ToolCall, ready: ReadyCall, frame: CallFrame, *, last: bool
    ) -> None:
        begun = time.monotonic()
        try:
            result = await self.runner.run(tool, call, frame)
        except ToolError as error:
            if error.code in NO_WORD and _once(tool, call):
                evidence = f"{error} It may have happened all the same: check before you repeat it."
                unknown = StepUnknown(step=ready.call.id, item=ready.item, evidence=evidence)
                await self.live.record(unknown, flush=True)
                return
            if error.transient and not last:
                seconds = time.monotonic() - begun
                await self._fail(ready, error, will_retry=True, seconds=seconds)
            raise
        labelled = label_output(ready.call.id, tool, call, result, ready.control)
        finished = StepFinished(
            step=ready.call.id,
            item=ready.item,
            output=labelled.value,
            labels=labelled.labels.dump(),
            receipt=_receipt(result),
            seconds=round(time.monotonic() - begun, 4),
        )
        effect = tool.effect_of(call.values)
        await self.live.record(finished, flush=effect is not None and effect.bounds_the_world)

    async def _fail(
        self,
        ready: ReadyCall,
        error: ToolError,
        *,
        will_retry: bool = False,
        seconds: float = 0.0,
        failure_label_of: tuple[Tool, ToolCall] | None = None,
    ) -> None:
        label = Labels()
        if failure_label_of is not None:
            tool, call = failure_label_of
            label = Labels(failure_label(ready.call.id, tool, call, ready.control))
        await self.live.record(
            StepFailed(
                step=ready.call.id,
                item=ready.item,
                code=error.code,
                error=str(error),
                will_retry=will_retry,
                labels=label.dump(),
                seconds=round(seconds, 4),
            )
        )


def _once(tool: Tool, call: ToolCall) -> bool:
    effect = tool.effect_of(call.values)
    return tool.again is Again.ONCE and effect is not None and effect.bounds_the_world


def _receipt(result: ToolResult) -> dict[str, object] | None:
    """The receipt as the journal keeps it, with what was kept of the paths that changed."""
    receipt = result.receipt
    if receipt is None:
        return None
    kept = {"kept": [dict(one) for one in result.kept]} if result.kept else {}
    return {"summary": receipt.summary, "facts": dict(receipt.facts), **kept}
