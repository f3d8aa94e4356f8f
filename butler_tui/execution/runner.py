"""Carries out one call in this process: arguments checked, time limited, failures named."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import BaseModel, TypeAdapter

from butler_tui.core.errors import ButlerError, ToolError
from butler_tui.core.labels import NO_LABEL, Json, Label, Labelled, Labels, Source, join
from butler_tui.core.ports import CallFrame, Intends
from butler_tui.core.tool import Checked, Mark, Preview, Receipt, Tool, ToolCall, ToolResult
from butler_tui.execution.context import CallContext

_log = logging.getLogger(__name__)
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class LocalRunner:
    """The StepRunner of this process; `context` makes what a tool may ask of Butler."""

    context: Callable[[CallFrame], CallContext]

    async def preview(self, tool: Tool, call: ToolCall, frame: CallFrame) -> Preview | None:
        """What the call would do, without doing it; None when its tool does not preview."""
        _check_ready(tool)
        if tool.preview is None:
            return None
        values = tool.validated(call.values)
        async with _limited(tool):
            return await _named(tool, tool.preview(self.context(frame), **values))

    async def foresee(self, tool: Tool, call: ToolCall, frame: CallFrame) -> bool:
        """Raise the ToolError for which the tool would refuse the call, without carrying it out.

        False when the tool cannot say beforehand.
        """
        _check_ready(tool)
        values = tool.validated(call.values)
        if tool.check is not None:
            async with _limited(tool):
                await _named(tool, tool.check(self.context(frame), **values))
        previewed = await self.preview(tool, call, frame)
        return tool.check is not None or previewed is not None

    async def run(
        self, tool: Tool, call: ToolCall, frame: CallFrame, intends: Intends
    ) -> ToolResult:
        """Carry out the call once; its output is plain JSON."""
        _check_ready(tool)
        values = tool.validated(call.values)
        async with _limited(tool):
            context = replace(self.context(frame), intends=intends)
            made = await _named(tool, tool.run(context, **values))
            if context.kept:
                await asyncio.to_thread(context.look_around)
        result = made if isinstance(made, ToolResult) else ToolResult(made)
        return ToolResult(plain(result.output), result.receipt, result.marks, context.kept)

    async def settle(
        self, tool: Tool, call: ToolCall, frame: CallFrame, intended: ToolResult | None
    ) -> ToolResult | None:
        """What the tool's own look at an interrupted call finds."""
        if tool.settle is None:
            raise ToolError("unsure", f"{tool.name} cannot tell whether it happened")
        values = tool.validated(call.values)
        context = replace(self.context(frame), intended=intended)
        async with _limited(tool):
            made: ToolResult | None = await _named(tool, tool.settle(context, **values))
        return None if made is None else replace(made, output=plain(made.output))

    async def check(self, tool: Tool, receipt: Receipt, frame: CallFrame) -> Checked:
        """What the tool's own check finds; without one nothing was looked at again."""
        if tool.verify is None:
            return Checked("unverified", "there is nothing that could be looked at again")
        try:
            async with _limited(tool):
                found: Checked = await _named(tool, tool.verify(self.context(frame), receipt.facts))
        except ToolError as error:
            return Checked("unverified", str(error))
        return found


class _limited:  # noqa: N801  (reads as a clause: async with _limited(tool))
    """The tool's own time limit, as a failure that says so."""

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.timeout = asyncio.timeout(tool.timeout or None)

    async def __aenter__(self) -> None:
        await self.timeout.__aenter__()

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:  # noqa: ANN401
        try:
            await self.timeout.__aexit__(kind, error, trace)
        except TimeoutError as late:
            seconds = f"{self.tool.timeout:g}"
            message = f"{self.tool.name} took longer than {seconds} seconds and was stopped."
            raise ToolError("timeout", message, transient=True) from late


def _check_ready(tool: Tool) -> None:
    if tool.missing is not None:
        raise ToolError("not_ready", f"{tool.name} is not ready: {tool.missing}")


async def _named(tool: Tool, work: Any) -> Any:  # noqa: ANN401  (whatever a tool returns)
    """A stranger's tool may raise anything; only a ToolError's message is fit to show."""
    try:
        return await work
    except (ToolError, asyncio.CancelledError, TimeoutError):
        raise
    except ButlerError as error:
        raise ToolError("failed", str(error)) from error
    except Exception as error:
        _log.exception("tool %s failed", tool.name)
        message = f"{tool.name} failed with {type(error).__name__}; see the log for details."
        raise ToolError("broken_tool", message) from error


def plain(output: Any) -> Json:  # noqa: ANN401  (whatever a tool returns)
    """A tool's output as JSON; raises ToolError `broken_tool` when it is none."""
    if output is None or isinstance(output, str | bool | int):
        return output
    try:
        if isinstance(output, BaseModel):
            return _finite(cast(Json, output.model_dump(mode="json")))
        return _finite(cast(Json, _ANY.dump_python(output, mode="json")))
    except (ValueError, RecursionError) as error:
        raise ToolError(
            "broken_tool", "The tool returned something that is not plain data, or nested too deep."
        ) from error


def _finite(value: Json) -> Json:
    """The value with None for each NaN and infinity, which JSON has no word for."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _finite(one) for key, one in value.items()}
        case list():
            return [_finite(one) for one in value]
        case _:
            return value


def label_output(
    step: str, tool: Tool, call: ToolCall, result: ToolResult, control: Label
) -> Labelled:
    """The output with its labels: the tool's own, and the marks of arguments and control.

    A tool whose output is written from its inputs passes on all of their labels; the person's own
    word is theirs, whatever they were asked.
    """
    if tool.answered:
        return Labelled.with_label(result.output, control.marked | Label.of(Source("person")))
    inputs = [arg.labels.overall() for arg in call.args.values()]
    passed = control.marked
    for label in inputs:
        passed = passed | (label if tool.labels_of_inputs else label.marked)
    whole = [mark for mark in result.marks if not mark.path] or [None]
    own = passed | join(_label(step, tool, mark) for mark in whole)
    labels = Labels(own)
    for mark in result.marks:
        if mark.path:
            labels = _marked(labels, mark.path, passed | _label(step, tool, mark))
    return Labelled(result.output, labels)


def failure_label(step: str, tool: Tool, call: ToolCall, control: Label) -> Label:
    """Who could have brought a failure about: the arguments' strangers, and the tool's."""
    inputs = [arg.labels.overall().marked for arg in call.args.values()]
    source = Source("step", step, tool.name, untrusted=tool.untrusted, private=tool.private)
    label = control.marked | (Label.of(source) if source.marked else NO_LABEL)
    for one in inputs:
        label = label | one
    return label


def _source(step: str, tool: Tool, mark: Mark | None) -> Source:
    untrusted = tool.untrusted if mark is None or mark.untrusted is None else mark.untrusted
    private = tool.private if mark is None or mark.private is None else mark.private
    origin = tool.name if mark is None else mark.origin
    return Source("step", step, origin, untrusted=untrusted, private=private)


def _label(step: str, tool: Tool, mark: Mark | None) -> Label:
    further = mark.sources if mark is not None else ()
    return Label.of(_source(step, tool, mark), *further)


def _marked(labels: Labels, path: Sequence[str | int], label: Label) -> Labels:
    if not path:
        return Labels(label)
    head, rest = path[0], path[1:]
    return Labels(labels.own, {**labels.parts, head: _marked(labels.at(head), rest, label)})
