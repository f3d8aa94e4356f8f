"""Plans in which text flows every way it can, and a small world that carries them out.

Run twice in worlds that differ in one thing alone, what one stranger says, a plan shows by itself
all that the stranger decided: every call whose arguments differ, or that only one run has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from run_engine import Drive, place

from butler_tui.core.calls import CallStatus, Failed
from butler_tui.core.events import StepFailed, StepFinished
from butler_tui.core.labels import Json, Labels, text_of
from butler_tui.core.ready import ReadyCall
from butler_tui.core.tool import Effect, Tool, ToolCall, ToolContext, ToolResult, tool
from butler_tui.execution.runner import failure_label, label_output

WORDS = ("yes", "no", "", "longer text")


@tool(effect=Effect.FETCH, untrusted=True)
async def web(context: ToolContext, what: Any = None) -> Any:
    """A stranger says something."""


@tool(effect=Effect.OBSERVE)
async def get(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Look something up."""


@tool(effect=Effect.OBSERVE)
async def check(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Fails for `no` and for nothing."""


@tool(effect=None, labels_of_inputs=True)
async def write(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Write from what is given."""


@tool(effect=Effect.CHANGE)
async def put(context: ToolContext, what: Any = None, more: Any = None) -> Any:
    """Put anything anywhere."""


TOOLS: Mapping[str, Tool] = {one.name: one for one in (web, get, check, write, put)}


@dataclass
class World:
    """Carries calls out: what comes of each follows from its arguments and what `web` says."""

    said: str
    ran: dict[str, ReadyCall] = field(default_factory=dict)

    def run(self, text: str, **proposed: Any) -> Drive:
        """A run of the plan to its end."""
        drive = Drive(tools=TOOLS)
        drive.propose(text, **proposed)
        for _ in range(200):
            front = drive.front()
            for broken in front.broken:
                labels = Labels(broken.label).dump()
                drive.add(
                    StepFailed(
                        step=broken.step,
                        item=broken.item,
                        code=broken.error.code,
                        error="",
                        labels=labels,
                    )
                )
            noted = drive.note(_skipped_only(front))
            if not front.ready:
                if noted or front.broken:
                    continue
                return drive
            for one in front.ready:
                self._carry_out(drive, one)
        raise AssertionError("the run does not end")

    def _carry_out(self, drive: Drive, one: ReadyCall) -> None:
        self.ran[place(one.address)] = one
        drive.start(one)
        which = TOOLS[one.call.tool]
        call = ToolCall(one.call.tool, one.args)
        what = text_of(call.values.get("what"))
        if which is check and what in ("no", ""):
            label = failure_label(one.call.id, which, call, one.control)
            labels = Labels(label).dump()
            drive.add(
                StepFailed(step=one.call.id, item=one.item, code="bad", error="", labels=labels)
            )
            return
        output = _output(self.said if which is web else what)
        made = label_output(one.call.id, which, call, ToolResult(output), one.control)
        drive.add(
            StepFinished(
                step=one.call.id, item=one.item, output=made.value, labels=made.labels.dump()
            )
        )


def _skipped_only(front: Any) -> Any:
    front.broken, broken = [], front.broken
    kept = type(front)(skipped=front.skipped)
    front.broken = broken
    return kept


def _output(text: str) -> Json:
    """What every call returns: a text, a list as long as the text, a number."""
    return {"text": text, "list": ["yes", *text.split()], "n": len(text)}


def stopped(world: World, drive: Drive, step: str) -> bool:
    """True when the call could not be made: its statement failed, or a value that it needs."""
    for one in drive.state.statements.values():
        if any(call.id == step for call in one.statement.calls()) and isinstance(
            one.outcome, Failed
        ):
            return True
    return any(
        place((name, item)) not in world.ran
        and (state.status is CallStatus.FAILED or state.error.startswith("its argument"))
        for (name, item), state in drive.state.calls.items()
        if name == step
    )


@dataclass
class Writer:
    """Writes a plan whose names mostly have what is asked of them."""

    draw: Callable[[st.SearchStrategy[Any]], Any]
    names: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def below(self, many: int) -> int:
        return self.draw(st.integers(0, many - 1))

    def one(self, *choices: str) -> str:
        return choices[self.below(len(choices))]

    def base(self, inner: str) -> str:
        """Something with `text`, `list` and `n`."""
        if self.lists and self.below(4) == 0:
            return f"{self.one(*self.lists)}[{self.below(2)}]"
        return self.one(*self.names)

    def leaf(self, inner: str) -> str:
        base = self.base(inner)
        choices = [f"{base}.text", f"{base}.list[{self.below(2)}]", f"{base}.n", '"fixed"', "goal"]
        return self.one(*choices, *([inner] * 3 if inner else []))

    def value(self, inner: str = "", deep: int = 2) -> str:
        kind = self.below(7) if deep else 0
        if kind == 1:
            parts = [self.leaf(inner).replace('"', "'") for _ in range(2)]
            return f'f"a {{{parts[0]}}} b {{{parts[1]}}}"'
        if kind == 2:
            return f"{self.base(inner)}.text[{self.below(3)}:]"
        if kind == 3:
            return f"[{self.value(inner, deep - 1)}, {self.leaf(inner)}][{self.below(2)}]"
        if kind == 4:
            return f"{self.over(inner)}[:{1 + self.below(2)}]"
        if kind == 5:
            return f'{{"k": {self.value(inner, deep - 1)}}}'
        return self.leaf(inner)

    def over(self, inner: str = "") -> str:
        base = self.base(inner)
        kind = self.below(4)
        if kind == 0:
            return f"[e for e in {base}.list if {self.condition('e')}]"
        if kind == 1:
            return f'[{self.leaf(inner)}, "yes", "no"]'
        if kind == 2:
            return f"[{self.leaf('e')} for e in {base}.list]"
        return f"{base}.list"

    def condition(self, inner: str = "", deep: int = 2) -> str:
        kind = self.below(7) if deep else 0
        if kind == 1:
            return f"not {self.leaf(inner)}"
        if kind == 2:
            return f"{self.base(inner)}.n > {self.below(5)}"
        if kind == 3:
            return f'{self.leaf(inner)} in ["yes", "longer"]'
        if kind == 4:
            word = self.one("and", "or")
            return f"{self.condition(inner, deep - 1)} {word} {self.condition(inner, deep - 1)}"
        if kind == 5:
            return f"{self.base(inner)}.list"
        return f'{self.leaf(inner)} == "yes"'

    def call(self, inner: str = "", deep: int = 1) -> str:
        name = self.one("get", "check", "write", "put", "put")
        if deep and self.below(4) == 0:
            return f"{name}({self.call(inner, deep - 1)})"
        if self.below(3) == 0:
            return f"{name}({self.value(inner)}, more={self.value(inner)})"
        return f"{name}({self.value(inner)})"

    def doing(self, name: str) -> str:
        kind = self.below(7)
        if kind == 1:
            return f"{self.call()} or {self.call()}"
        if kind == 2:
            return f"{self.call()} if {self.condition()} else {self.call()}"
        if kind == 3:
            return f"[{self.call('x')} for x in {self.over()}]"
        if kind == 4:
            return f"[{self.call('x')} for x in {self.over()} if {self.condition('x')}]"
        if kind == 5:
            return f"(check({self.value()}) or check({self.value()})) or {self.call()}"
        return self.call()

    def plan(self) -> str:
        """A few statements; the first is the stranger's."""
        lines = ['w = web("x")', 'g = get("yes")']
        self.names = ["w", "w", "g"]
        for number in range(1 + self.below(4)):
            name = f"s{number}"
            doing = self.doing(name)
            lines.append(f"{name} = {doing}")
            (self.lists if doing.startswith("[") else self.names).append(name)
        return "\n".join(lines) + "\n"


@st.composite
def flowing(draw: st.DrawFn) -> str:
    """The text of such a plan."""
    return Writer(draw).plan()
