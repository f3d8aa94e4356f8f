"""Carrying out an allowed call: on disk first, tried as often as it may be, then settled."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from butler_tui.core.acceptance import may_begin
from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import ToolError
from butler_tui.core.events import (
    ReceiptChecked,
    StepFailed,
    StepFinished,
    StepStarted,
    StepUnknown,
)
from butler_tui.core.labels import NO_LABEL, Label, Source, join
from butler_tui.core.ports import FileMemory, StepRunner
from butler_tui.core.tool import Again, Effect, Receipt, ToolResult
from butler_tui.core.values import labels_of
from butler_tui.execution.commanded import labelling
from butler_tui.execution.file_sources import FileSources
from butler_tui.execution.intended import intended_event, receipt_of
from butler_tui.execution.live import LiveRun
from butler_tui.execution.paths import is_path, paths_of
from butler_tui.execution.requests import Request
from butler_tui.execution.runner import label_output

ATTEMPTS = 3
"""How often an observing or fetching call is tried when its fault may pass."""

PAUSES = (0.5, 10.0)
"""Seconds before the second attempt, doubled before each further one, and the most of them."""

_LOOKS = frozenset({Effect.OBSERVE, Effect.FETCH})
_WRITE = frozenset({Effect.CHANGE, Effect.SEND})
"""What may leave files behind: an event with guests is kept here, and sent."""

NO_WORD = frozenset({"no_answer", "timeout"})
"""Failures after which nobody knows whether a call that must not be repeated has happened."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Makes the attempts of one run's calls."""

    live: LiveRun
    runner: StepRunner
    files: FileMemory
    untrusted: Sequence[Path] = ()

    @property
    def sources(self) -> FileSources:
        """Which strangers are behind files."""
        return FileSources(self.files, self.untrusted)

    async def make(self, request: Request) -> None:
        """Carry out the call. Raises the ToolError of the last attempt."""
        state = self.live.state.calls.get(request.ready.address)
        before = state.attempt if state is not None else 0
        attempts = 1 if request.bounds else ATTEMPTS
        await self._label_files(request)
        for number in range(1, attempts + 1):
            started = self.live.note(_started(request, before + number), flush=request.bounds)
            if request.effect not in _LOOKS:
                # Of what may act, ask or cost, the beginning is on the disk before it begins.
                await started
                if self._called_off(request):
                    return
                self.check_allowed(request)
            try:
                await self._attempt(request, last=number == attempts)
            except ToolError as error:
                await started
                if not error.transient or number == attempts:
                    raise
                await asyncio.sleep(_pause(number))
            else:
                await started
                return

    def check_allowed(self, request: Request) -> None:
        """Raise ToolError `not_allowed` where the journal does not allow the call as it is."""
        ready, state = request.ready, self.live.state
        refusal = may_begin(state, ready.address, request.effect, request.values, request.asked)
        if refusal is not None:
            raise ToolError("not_allowed", refusal)

    def _called_off(self, request: Request) -> bool:
        """True when the person was first: they took the call back, did without it, or ended all."""
        state = self.live.state
        under_way = (CallStatus.RUNNING, CallStatus.ASKING)
        return state.calls[request.ready.address].status not in under_way

    async def _attempt(self, request: Request, *, last: bool) -> None:
        begun = time.monotonic()
        step, item = request.ready.call.id, request.ready.item
        try:
            result = await self._run(request)
        except ToolError as error:
            if error.code in NO_WORD and request.bounds and request.tool.again is Again.ONCE:
                evidence = f"{error} It may have happened all the same: check before you repeat it."
                await self.live.record(
                    StepUnknown(step=step, item=item, evidence=evidence), flush=True
                )
                return
            if error.transient and not last:
                retried = StepFailed(
                    step=step,
                    item=item,
                    code=error.code,
                    error=str(error),
                    will_retry=True,
                    seconds=round(time.monotonic() - begun, 4),
                )
                await self.live.record(retried)
            raise
        await self.finish(request, result, round(time.monotonic() - begun, 4))

    async def _run(self, request: Request) -> ToolResult:
        """Carry it out; what a command leaves in its folder is as strange as what it prints."""
        intends = partial(self._intends, request)
        if request.effect is not Effect.EXECUTE or request.tool.parameter("folder") is None:
            return await self.runner.run(request.tool, request.call, request.frame, intends)
        folder = request.asked.args.get("folder") or self.live.state.folder
        step, name = request.ready.call.id, request.tool.name
        own = Label.of(Source("step", step, name, untrusted=True))
        label = own | await self._flow(request)
        async with labelling(self.files, folder, label):
            return await self.runner.run(request.tool, request.call, request.frame, intends)

    async def _intends(self, request: Request, result: ToolResult) -> None:
        """Write down what the call is about to do, so that it can settle itself after a crash."""
        event = intended_event(request.ready.call.id, request.ready.item, result)
        await self.live.record(event, flush=True)

    async def finish(self, request: Request, result: ToolResult, seconds: float) -> None:
        """Record what the call returned, and look again at what its receipt says."""
        labelled = label_output(
            request.ready.call.id, request.tool, request.call, result, request.ready.control
        )
        await self._label_results(request, result, labelled.labels.own)
        step, item = request.ready.call.id, request.ready.item
        finished = StepFinished(
            step=step,
            item=item,
            output=labelled.value,
            labels=labelled.labels.dump(),
            receipt=receipt_of(result),
            seconds=seconds,
        )
        await self.live.record(finished, flush=request.bounds)
        if result.receipt is not None and request.bounds:
            found = await self.runner.check(request.tool, result.receipt, request.frame)
            await self.live.record(
                ReceiptChecked(step=step, item=item, verdict=found.verdict, detail=found.detail)
            )

    async def _label_files(self, request: Request) -> None:
        """Label what a change writes before it is written, so that no crash loses the label."""
        if request.effect is not Effect.CHANGE:
            return
        label = await self._flow(request)
        if request.tool.untrusted:
            step = request.ready.call.id
            label = label | Label.of(Source("step", step, request.tool.name, untrusted=True))
        for path in paths_of(request.tool, request.asked.args):
            known = self.files.find(path)
            if label.sources or known is not None:
                both = label | (known.label if known is not None else NO_LABEL)
                await self.files.note(path, None, both)

    async def _label_results(self, request: Request, result: ToolResult, own: Label) -> None:
        """Remember the hash of each file that the call wrote, and where its content came from."""
        if request.effect not in _WRITE or result.receipt is None:
            return
        label = await self._flow(request)
        if request.tool.untrusted:
            label = label | own.strange
        for path, digest, fresh in _written(result.receipt):
            known = None if fresh else self.files.find(path)
            both = label | (known.label if known is not None else NO_LABEL)
            await self.files.note(path, digest, both)

    async def _flow(self, request: Request) -> Label:
        """As `_flowing`, in a thread where files are looked at."""
        if any(is_path(request.tool, name) for name in request.asked.args):
            return await asyncio.to_thread(self._flowing, request)
        return self._flowing(request)

    def _flowing(self, request: Request) -> Label:
        """Who could have written what the call writes, by its arguments, its control, its files."""
        flowing = join(arg.labels.overall().strange for arg in request.ready.args.values())
        behind = self.sources.behind(request.tool, request.asked.args, self.live.state.folder)
        return flowing | request.ready.control.strange | behind


def _started(request: Request, attempt: int) -> StepStarted:
    return StepStarted(
        step=request.ready.call.id,
        item=request.ready.item,
        attempt=attempt,
        key=request.frame.key,
        tool=request.tool.name,
        effect=request.effect,
        args=request.values,
        labels=labels_of(request.ready.args),
    )


def _pause(number: int) -> float:
    """Seconds to wait after that attempt, by chance up to half more, so that not all come back."""
    first, most = PAUSES
    return min(most, first * 2 ** (number - 1)) * random.uniform(1.0, 1.5)  # noqa: S311


def _written(receipt: Receipt) -> Iterator[tuple[str, str | None, bool]]:
    """Each file of a receipt: its path, the SHA-256 of what is there now, whether it is new."""
    files = cast("list[Mapping[str, Any]]", receipt.facts.get("files") or [])
    for one in files:
        # What comes back to a place where nothing was is not new: its label is known.
        fresh = one.get("sha256_before") is None and not one.get("restored")
        yield str(one["path"]), one.get("sha256"), fresh
