"""Held calls in words: what is shown of a call before it is decided, and whether it still holds."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from butler_tui.core.acceptance import BY_POLICY
from butler_tui.core.asking_events import HERE
from butler_tui.core.calls import ApprovalState
from butler_tui.core.events import ApprovalDecided, ApprovalRequested
from butler_tui.core.labels import Json, Labels, join
from butler_tui.core.plan import Call
from butler_tui.core.policy import Asked, Verdict
from butler_tui.core.ports import CallFrame, StepRunner
from butler_tui.core.ready import ReadyCall
from butler_tui.core.rules import Decision
from butler_tui.core.tool import Effect, Preview, Tool, ToolCall
from butler_tui.core.values import labels_of, with_labels
from butler_tui.execution.live import LiveRun
from butler_tui.settings import PATH_ARGUMENTS
from butler_tui.settings.real_paths import real_path

AS_DEFINED = "()"
"""In `seen`: what a stranger's tool was, by its definition."""

LARGE = 64 << 20
"""Bytes; a larger file is not read again to see whether it is still the same."""

DRIFTED = "what it would do has changed since you allowed it"


@dataclass(frozen=True, slots=True)
class Request:
    """One call on its way: weighed, with what the policy says of it."""

    tool: Tool
    ready: ReadyCall
    frame: CallFrame
    effect: Effect | None
    asked: Asked
    verdict: Verdict

    @property
    def call(self) -> ToolCall:
        """The call as its tool takes it."""
        return ToolCall(self.tool.name, self.ready.args)

    @property
    def values(self) -> dict[str, Json]:
        """The arguments without their labels."""
        return self.call.values

    @property
    def bounds(self) -> bool:
        """True when the call changes, sends or executes."""
        return self.effect is not None and self.effect.bounds_the_world


@dataclass(frozen=True, slots=True)
class Requests:
    """Makes the events that hold calls of one run."""

    live: LiveRun
    runner: StepRunner

    async def made(self, request: Request, *, preview: bool = True) -> ApprovalRequested:
        """The call as it is laid before the person. Raises ToolError when it cannot be made."""
        if not preview:
            return self._event(request, None, "")
        return await self._shown(request)

    async def drifted(self, request: Request, approval: ApprovalState) -> ApprovalRequested | None:
        """The call asked anew where it is not exactly what was allowed; None where it is."""
        requested, decided = approval.requested, approval.decided
        if decided is not None and decided.by in BY_POLICY:
            return None if request.verdict.decision is Decision.ALLOW else await self.made(request)
        if decided is not None and decided.args is not None:
            if not decided.seen:  # changed by somebody who was shown its arguments alone
                return None
            requested = _as_edited(requested, decided)
        asks = request.verdict.decision is Decision.ASK
        because = f"{DRIFTED}; and {request.verdict.because}" if asks else DRIFTED
        again = replace(request, verdict=replace(request.verdict, because=because))
        now = await self._shown(again)
        return None if _same(now, requested) else now

    def held(self, requested: ApprovalRequested) -> ReadyCall:
        """A held call as it was when it was held."""
        args = with_labels(requested.args, requested.labels)
        call = Call(requested.step, requested.tool, ())
        return ReadyCall(call, requested.item, args, Labels.load(requested.control).own)

    async def _shown(self, request: Request) -> ApprovalRequested:
        """The call with what its tool says it would do, and what that was made from."""
        shown = await self.runner.preview(request.tool, request.call, request.frame)
        basis = ""
        if request.effect is Effect.CHANGE:
            basis = await asyncio.to_thread(basis_of, request.asked)
        return self._event(request, shown, basis)

    def _event(self, request: Request, preview: Preview | None, basis: str) -> ApprovalRequested:
        asked, ready = request.asked, request.ready
        seen = {**asked.args, HERE: real_path(self.live.state.folder)}
        if request.tool.definition:
            seen[AS_DEFINED] = request.tool.definition
        return ApprovalRequested(
            id=self._id(ready, request.frame),
            step=ready.call.id,
            item=ready.item,
            tool=request.tool.name,
            effect=request.effect,
            args=request.values,
            labels=labels_of(ready.args),
            preview=preview.text if preview else "",
            preview_kind=preview.kind if preview else "text",
            because=request.verdict.because,
            undoable=request.tool.undoable,
            seen=seen,
            lists={name: list(one) for name, one in asked.lists.items()},
            basis=basis,
            concerns=[one.dump() for one in asked.concerns],
            control=Labels(ready.control).dump(),
        )

    def _id(self, ready: ReadyCall, frame: CallFrame) -> str:
        """Eight letters that are easy to type; a call that is asked again gets others."""
        again = self.live.state.times_asked(ready.address)
        return hashlib.sha256(f"{frame.key}{again}".encode()).hexdigest()[:8]


def _as_edited(requested: ApprovalRequested, decided: ApprovalDecided) -> ApprovalRequested:
    """What was allowed, with the arguments as the person changed them."""
    return requested.model_copy(
        update={
            "args": decided.args,
            "seen": decided.seen,
            "lists": decided.lists,
            "preview": decided.preview,
            "basis": decided.basis,
            "concerns": decided.concerns,
        }
    )


def _same(now: ApprovalRequested, before: ApprovalRequested) -> bool:
    """True when nothing that was shown, or that it was made from, is different now.

    A reason to ask that was not shown is such a difference, one that is gone is none.
    """
    return all(one in before.concerns for one in now.concerns) and all(
        getattr(now, name) == getattr(before, name)
        for name in ("tool", "args", "seen", "lists", "effect", "preview", "basis")
    )


def basis_of(asked: Asked) -> str:
    """What lies at the paths of a change now, in a line each: nothing, a folder, or which content.

    A file too large to be read for this is known by its size and time.
    """
    lines = [
        f"{name} {_state_of(path)}" for name, path in asked.args.items() if name in PATH_ARGUMENTS
    ]
    return "\n".join(lines)


def _state_of(path: str) -> str:
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return f"is of kind {stat.S_IFMT(found.st_mode):o}"
        if found.st_size > LARGE:
            return f"has {found.st_size} bytes of {found.st_mtime_ns}"
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "is not there"
    except OSError as error:
        return f"cannot be read: {error.errno}"


def key_of(run: str, step: str, item: tuple[int, ...], values: Mapping[str, Json]) -> str:
    """The call's idempotency key: a hash of run, step, item and arguments, in hex."""
    text = json.dumps([run, step, item, values], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def frame_of(live: LiveRun, ready: ReadyCall) -> CallFrame:
    """Where the call stands in its run."""
    values = {name: arg.value for name, arg in ready.args.items()}
    key = key_of(live.run, ready.call.id, ready.item, values)
    label = join(arg.labels.overall().marked for arg in ready.args.values())
    return CallFrame(
        live.run,
        ready.call.id,
        ready.item,
        key,
        live.state.folder,
        label.private,
        label | ready.control.marked,
    )
