"""Calls that an earlier engine left in the middle: each goes on as its tool declares."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from butler_tui.core.calls import CallState, CallStatus
from butler_tui.core.errors import ToolError
from butler_tui.core.events import StepFailed, StepProgressed, StepUnknown
from butler_tui.core.labels import Labels
from butler_tui.core.plan import Call
from butler_tui.core.ready import ReadyCall
from butler_tui.core.run import RunState
from butler_tui.core.tool import Again, Tool
from butler_tui.core.values import with_labels
from butler_tui.execution.calling import Calling
from butler_tui.execution.intended import intended_result
from butler_tui.execution.requests import Request, frame_of

_STARTED = "had started and was not seen to finish"


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What becomes of the calls of one run that had started and were not seen to finish."""

    calling: Calling

    @property
    def _state(self) -> RunState:
        return self.calling.live.state

    async def take_up(self) -> list[CallState]:
        """Record what is clear from the tool alone; returns the calls that settle themselves."""
        clear: list[StepFailed | StepUnknown] = []
        asked: list[CallState] = []
        for call in self._left_behind():
            tool = self.calling.tools.get(call.tool)
            bounds = call.effect is not None and call.effect.bounds_the_world
            if not bounds or (tool is not None and tool.again in (Again.PURE, Again.KEYED)):
                clear.append(_again(call))
            elif self._state.allowed_by((call.step, call.item)) is None:
                clear.append(_again(call))  # it never began: nothing acts before its permission
            elif tool is not None and tool.again is Again.QUERYABLE and tool.settle is not None:
                asked.append(call)
            else:
                evidence = f"{call.tool} {_STARTED}: it may have happened."
                clear.append(_unknown(call, evidence))
        await self.calling.live.record(*clear, flush=True)
        return asked

    async def settle(self, call: CallState) -> None:
        """Have a call say itself whether it happened, once nothing of it can land any more."""
        live, tool = self.calling.live, self.calling.tools[call.tool]
        await self._wait_until_over(call, tool)
        try:
            request = await self._request(call, tool)
            intended = intended_result(call.intended) if call.intended is not None else None
            found = await self.calling.runner.settle(tool, request.call, request.frame, intended)
        except ToolError as error:
            why = str(error).rstrip(".")
            await live.record(_unknown(call, f"{call.tool} {_STARTED}: {why}."), flush=True)
            return
        if found is None:
            await live.record(_again(call), flush=True)
        else:
            await self.calling.attempts.finish(request, found, 0.0)

    async def _request(self, call: CallState, tool: Tool) -> Request:
        """The call as it was carried out, its labels too. Raises ToolError `unsure`."""
        held = [
            one.requested
            for one in self._state.approvals.values()
            if (one.requested.step, one.requested.item) == (call.step, call.item)
        ]
        if not held:
            raise ToolError("unsure", "the journal does not say by what it was allowed")
        ready = ReadyCall(
            Call(call.step, call.tool, ()),
            call.item,
            with_labels(call.args, call.arg_labels),
            Labels.load(held[-1].control).own,
        )
        frame = replace(frame_of(self.calling.live, ready), key=call.key)
        return await self.calling.weighed(tool, ready, frame, call.effect)

    async def _wait_until_over(self, call: CallState, tool: Tool) -> None:
        if not tool.lands_late or call.since is None:
            return
        over = call.since + timedelta(seconds=tool.timeout)
        seconds = (over - datetime.now(UTC)).total_seconds()
        if seconds > 0:
            text = f"was interrupted; whether it happened is asked in {seconds:,.0f} s"
            progress = StepProgressed(step=call.step, item=call.item, text=text)
            self.calling.live.journal.show(self.calling.live.run, progress)
            await asyncio.sleep(seconds)

    def _left_behind(self) -> Iterator[CallState]:
        for call in self._state.calls.values():
            if call.status in (CallStatus.RUNNING, CallStatus.ASKING):
                yield call


def _again(call: CallState) -> StepFailed:
    return StepFailed(
        step=call.step,
        item=call.item,
        code="interrupted",
        error=f"{call.tool} was interrupted and runs again.",
        will_retry=True,
    )


def _unknown(call: CallState, evidence: str) -> StepUnknown:
    return StepUnknown(step=call.step, item=call.item, evidence=evidence)
