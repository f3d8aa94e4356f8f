"""What a tool is: its name, arguments, effect, label, and how it may be run again.

A tool is a typed, docstringed async function behind the `tool` decorator; built-in ones and a
stranger's come through the same door:

    @tool(effect=Effect.CHANGE, again=Again.QUERYABLE, undoable=True, targets=("path",))
    async def write_file(
        context: ToolContext, path: Annotated[str, "the file"], content: str
    ) -> Written:
        \"\"\"Write text to a file, replacing what was there.\"\"\"

    @write_file.previews
    async def _(context: ToolContext, path: str, content: str) -> Preview: ...
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import PydanticUndefinedAnnotation, PydanticUserError, TypeAdapter

from butler_tui.core.argument_type import ArgumentType, Misfit, PythonType
from butler_tui.core.errors import ButlerError, ToolError
from butler_tui.core.labels import Json
from butler_tui.core.readiness import Missing, Readiness, Setup
from butler_tui.core.shapes import describe_schema
from butler_tui.core.tool_context import (
    Again,
    Checked,
    Closing,
    Effect,
    Mark,
    Preview,
    PreviewKind,
    Receipt,
    Remembered,
    RunScope,
    ToolCall,
    ToolContext,
    ToolResult,
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool."""

    name: str
    type: ArgumentType
    description: str
    required: bool
    default: Json = None

    def describe(self) -> str:
        """The type in a few words: `text`, `whole number`, `list of text`."""
        return describe_schema(self.type.json_schema())

    def read(self, value: Json) -> Any:  # noqa: ANN401  (what the tool's author asked for)
        """The value as the tool's function takes it; raises Misfit.

        Text is never taken for a number, nor a number for text, at any depth.
        """
        return self.type.read(value)

    def problem_with(self, value: Json) -> str | None:
        """Why the value does not fit, in a clause; None when it does."""
        try:
            self.read(value)
        except Misfit as misfit:
            if where := _where(misfit.where, value):
                return f"{self.name}{where}: {misfit.why}"
            return f"{self.name} must be {self.describe()}: {misfit.why}"
        return None


def _where(place: Sequence[int | str], value: Json) -> str:
    """The way to a part of the value; pydantic's own words for types on it are left out."""
    way = ""
    for key in place:
        match value, key:
            case dict(), str() if key in value:
                value = value[key]
            case list(), int() if key < len(value):
                value = value[key]
            case _:
                continue
        way += f"[{key!r}]"
    return way


EffectOf = Callable[[Mapping[str, Json]], Effect | None]
Preparation = Callable[..., Awaitable[Preview]]
Check = Callable[..., Awaitable[None]]
"""Raises the ToolError for which a call would be refused, as far as that is known before it."""

Settlement = Callable[..., Awaitable["ToolResult | None"]]
"""Finds out whether an interrupted call happened; see `Tool.settles`."""

Adaptation = Callable[["Tool", Setup], "Tool"]
"""Says how a tool differs in a setup: where an account is set up, say, it reaches others."""

Verification = Callable[["ToolContext", Mapping[str, Json]], Awaitable[Checked]]
"""Looks again at what a receipt's facts say."""


@dataclass(slots=True)
class Tool:
    """Something a step can call.

    `effect_of` gives the effect of a call from its arguments; `effect` is the worst it can be,
    None for tools that touch nothing outside the run. `targets` names the arguments that say
    what the call acts on. `reaches`: the call goes beyond this machine. `labels_of_inputs`: the
    output carries all labels of the arguments, as text written from them does. `shaped_by` names
    the argument that, when given, decides the output's shape instead of `output`. `recipients`
    are the arguments that say whom a call that reaches beyond this machine reaches. `content`
    names the arguments that only become the content of the plain data file at `path`. `answered`:
    the output is the person's own word. `definition` names what the tool is, empty for Butler's
    own. `words_of` names the stranger whose words its descriptions are, empty where they come with
    installed code. `lands_late`: what an interrupted call had set going may still come about until
    the call's time is over. `reaches_alone`: without recipients it reaches only what is the
    person's own. `missing` is what it lacks where Butler runs, as `wants` says; None where it is
    ready.
    """

    name: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    effect: Effect | None
    effect_of: EffectOf
    again: Again
    run: Callable[..., Awaitable[Any]]
    timeout: float
    at_once: int
    undoable: bool
    reaches: bool
    targets: tuple[str, ...]
    untrusted: bool
    private: bool
    labels_of_inputs: bool
    output: Mapping[str, Any] | None
    shaped_by: str | None = None
    preview: Preparation | None = None
    verify: Verification | None = None
    check: Check | None = None
    recipients: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    answered: bool = False
    definition: str = ""
    words_of: str = ""
    settle: Settlement | None = None
    lands_late: bool = True
    reaches_alone: bool = True
    adapt: Adaptation | None = None
    wants: Readiness | None = None
    missing: Missing | None = None

    def ready(self, function: Readiness) -> Readiness:
        """Register the function that says what the tool lacks; without one it is ready."""
        self.wants = function
        return function

    def equipped(self, setup: Setup) -> Tool:
        """The tool, which knows what it lacks in this setup."""
        adapted = self if self.adapt is None else self.adapt(self, setup)
        return adapted if self.wants is None else replace(adapted, missing=self._lacks(setup))

    def adapts(self, function: Adaptation) -> Adaptation:
        """Register the function that makes of the tool what it is in a setup; it never raises."""
        self.adapt = function
        return function

    def _lacks(self, setup: Setup) -> Missing | None:
        try:
            return self.wants(setup) if self.wants is not None else None
        except ButlerError as error:
            return Missing(str(error))
        except Exception as error:  # noqa: BLE001  (a stranger's code may raise anything)
            return Missing(f"Whether it is ready cannot be told: {type(error).__name__}.")

    def previews(self, function: Preparation) -> Preparation:
        """Register the function that previews a call: same arguments, no effect."""
        self.preview = function
        return function

    def checks(self, function: Check) -> Check:
        """Register the function that refuses what the call would be refused for: no effect.

        Where there is none, or beside it, the preview does so.
        """
        self.check = function
        return function

    def verifies(self, function: Verification) -> Verification:
        """Register the function that looks again at what a receipt of this tool says."""
        self.verify = function
        return function

    def settles(self, function: Settlement, *, late: bool = True) -> Settlement:
        """Register the function that finds out what became of an interrupted, queryable call.

        It takes the same arguments. A ToolResult: the call happened, this is what it returned.
        None: it did not happen, and runs again. A ToolError `unsure` says why it cannot be told;
        then the person is asked. Unless `late` is False, it is asked only when the call's own
        time-out is over, since a request in flight may land late.
        """
        self.settle, self.lands_late = function, late
        return function

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in the order in which they may be given by position."""
        return tuple(parameter.name for parameter in self.parameters)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((one for one in self.parameters if one.name == name), None)

    @property
    def output_labels(self) -> tuple[str, ...]:
        """What its output is, in words: `untrusted`, `private`, or as the arguments are."""
        labels = [("untrusted", self.untrusted), ("private", self.private)]
        labels.append(("as its arguments", self.labels_of_inputs))
        return tuple(name for name, is_so in labels if is_so)

    def signature(self) -> str:
        """How the tool is called: `web_search(query, limit=5) -> {results}`."""
        parts = [
            one.name if one.required else f"{one.name}={one.default!r}" for one in self.parameters
        ]
        returns = f" -> {describe_schema(self.output, fields=True)}" if self.output else ""
        return f"{self.name}({', '.join(parts)}){returns}"

    def validated(self, values: Mapping[str, Json]) -> dict[str, Any]:
        """The arguments as the function takes them; raises ToolError `bad_arguments`."""
        for name in values:
            if self.parameter(name) is None:
                raise ToolError(
                    "bad_arguments",
                    f"{self.name} has no argument {name}; it takes {', '.join(self.names)}.",
                )
        ready: dict[str, Any] = {}
        for one in self.parameters:
            if one.name in values:
                if problem := one.problem_with(values[one.name]):
                    raise ToolError("bad_arguments", f"{self.name}: {problem}.")
                ready[one.name] = one.read(values[one.name])
            elif one.required:
                raise ToolError(
                    "bad_arguments", f"{self.name} needs {one.name} ({one.describe()})."
                )
        return ready


def equipped(tools: Mapping[str, Tool], setup: Setup) -> dict[str, Tool]:
    """The tools by their names, each of which knows what it lacks in this setup."""
    return {name: one.equipped(setup) for name, one in tools.items()}


def tool(
    *,
    effect: Effect | EffectOf | None,
    worst: Effect | None = None,
    again: Again = Again.PURE,
    name: str | None = None,
    timeout: float = 30.0,
    at_once: int = 0,
    undoable: bool = False,
    reaches: bool = False,
    targets: Sequence[str] = (),
    untrusted: bool = False,
    private: bool = False,
    labels_of_inputs: bool = False,
    shaped_by: str | None = None,
    recipients: Sequence[str] | None = None,
    content: Sequence[str] = (),
    answered: bool = False,
) -> Callable[[Callable[..., Awaitable[Any]]], Tool]:
    """Make a tool of an async function whose first parameter is the ToolContext.

    The other parameters, their types and `Annotated` descriptions become the tool's arguments;
    the docstring's first paragraph is what planners and people read. `effect` may be a function
    of the arguments, then `worst` says what it can be at most. `timeout` is in seconds, 0 for
    none (a question may wait for days); `at_once` limits calls side by side, 0 for no limit.
    `recipients` are the targets where nothing else is said.
    """

    def register(function: Callable[..., Awaitable[Any]]) -> Tool:
        hints = get_type_hints(function, include_extras=True)
        doc = inspect.getdoc(function) or ""
        tool_name = name or function.__name__
        if not doc:
            raise ButlerError(f"Tool {tool_name} has no docstring; say in a sentence what it does.")
        if callable(effect) and worst is None:
            raise ButlerError(
                f"Tool {tool_name} has an effect by its arguments; say with worst= what it can be "
                "at most."
            )
        fixed = effect if isinstance(effect, Effect) or effect is None else None
        return Tool(
            name=tool_name,
            summary=" ".join(doc.split("\n\n")[0].split()),
            description=doc,
            parameters=_parameters(function, hints),
            effect=worst if callable(effect) else fixed,
            effect_of=effect if callable(effect) else lambda _args: fixed,
            again=again,
            run=function,
            timeout=timeout,
            at_once=at_once,
            undoable=undoable,
            reaches=reaches,
            targets=tuple(targets),
            untrusted=untrusted,
            private=private,
            labels_of_inputs=labels_of_inputs,
            output=_output_schema(hints.get("return")),
            shaped_by=shaped_by,
            recipients=tuple(targets if recipients is None else recipients),
            content=tuple(content),
            answered=answered,
        )

    return register


def _parameters(function: Callable[..., Any], hints: Mapping[str, Any]) -> tuple[Parameter, ...]:
    made: list[Parameter] = []
    for one in list(inspect.signature(function).parameters.values())[1:]:
        hint = hints.get(one.name, Any)
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        description = next((note for note in notes if isinstance(note, str)), "")
        required = one.default is inspect.Parameter.empty
        adapter = _adapter(one.name, hint)
        default = (
            None if required else adapter.dump_python(one.default, mode="json", warnings=False)
        )
        made.append(Parameter(one.name, PythonType(adapter), description, required, default))
    return tuple(made)


def _adapter(name: str, hint: Any) -> TypeAdapter[Any]:  # noqa: ANN401  (an author's annotation)
    try:
        return TypeAdapter(hint)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise ButlerError(
            f"A tool's argument {name} has a type that JSON cannot hold or that is not known: "
            f"{error}."
        ) from error


def _output_schema(hint: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
    if hint is None or hint is Any or hint is ToolResult:
        return None
    notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    shape: Any = next((note for note in notes if isinstance(note, type)), hint)
    try:
        return TypeAdapter[Any](shape).json_schema(mode="serialization")
    except (PydanticUserError, PydanticUndefinedAnnotation):
        return None


__all__ = [
    "Adaptation",
    "Again",
    "ArgumentType",
    "Check",
    "Checked",
    "Closing",
    "Effect",
    "EffectOf",
    "Mark",
    "Misfit",
    "Missing",
    "Parameter",
    "Preparation",
    "Preview",
    "PreviewKind",
    "Readiness",
    "Receipt",
    "Remembered",
    "RunScope",
    "Settlement",
    "Setup",
    "Tool",
    "ToolCall",
    "ToolContext",
    "ToolResult",
    "Verification",
    "equipped",
    "tool",
]
