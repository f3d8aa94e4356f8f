"""Asking on a terminal: one approval or question at a time, nothing decided by accident.

What was typed before a prompt appeared is thrown away, and Enter alone decides nothing.
"""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from butler_tui.butler import Acceptance, Butler
from butler_tui.cli.answers import answer_from, filled
from butler_tui.cli.describe import card, question, sheet_card, why
from butler_tui.cli.editing import edited
from butler_tui.cli.output import note
from butler_tui.core.calls import QuestionState
from butler_tui.core.concerns import Concern, kinds_of
from butler_tui.core.errors import SettingsError, UsageError
from butler_tui.core.events import ApprovalRequested, PlanOffered
from butler_tui.core.labels import Json
from butler_tui.core.rules import Rule
from butler_tui.core.run import RunState
from butler_tui.execution.gate import run_rule
from butler_tui.execution.weighing import as_asked

Wanted = ApprovalRequested | QuestionState | PlanOffered


def can_prompt() -> bool:
    """True when a person sits at both ends."""
    return sys.stdin.isatty() and sys.stderr.isatty()


QUIET_SECONDS = 0.5
"""No prompt appears while somebody types: first nothing must have come for so long."""


async def read_line(prompt: str) -> str:
    """A line typed after the prompt appeared. Raises EOFError at the end of input."""
    fd = sys.stdin.fileno()
    await _quiet(fd)
    termios.tcflush(fd, termios.TCIFLUSH)
    sys.stderr.write(prompt)
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    typed: asyncio.Future[bytes] = loop.create_future()

    def ready() -> None:
        if not typed.done():
            try:
                typed.set_result(os.read(fd, 4096))
            except OSError:  # the terminal was closed
                typed.set_result(b"")

    loop.add_reader(fd, ready)
    try:
        line = await typed
    finally:
        loop.remove_reader(fd)
    if not line:
        raise EOFError
    return line.decode(errors="replace").strip()


async def _quiet(fd: int) -> None:
    """Throw away what is typed until nothing is; what was meant for one card decides no other."""
    loop = asyncio.get_running_loop()
    while True:
        typed = asyncio.Event()
        loop.add_reader(fd, typed.set)
        try:
            async with asyncio.timeout(QUIET_SECONDS):
                await typed.wait()
        except TimeoutError:
            return
        finally:
            loop.remove_reader(fd)
        try:
            gone = not os.read(fd, 4096)
        except OSError:  # the terminal was closed
            gone = True
        if gone:
            raise EOFError


@dataclass(slots=True)
class Prompter:
    """Asks the person at this terminal what a run waits for, oldest first."""

    butler: Butler
    state: RunState
    _apart: set[str] = field(default_factory=set[str])
    """The sheets whose calls are asked one by one."""

    def wanted(self) -> Wanted | None:
        """What the run waits for: its plan's sheet, else what has waited for longest."""
        if (offer := self.state.open_offer()) is not None and offer.offered.id not in self._apart:
            return offer.offered
        for approval in self.state.waiting_approvals():
            return approval.requested
        for asked in self.state.waiting_questions():
            return asked
        return None

    def is_open(self, wanted: Wanted) -> bool:
        """True as long as nobody has decided it."""
        if isinstance(wanted, ApprovalRequested):
            return any(one.requested.id == wanted.id for one in self.state.waiting_approvals())
        if isinstance(wanted, PlanOffered):
            offer = self.state.open_offer()
            return offer is not None and offer.offered.id == wanted.id
        return any(one.asked.id == wanted.asked.id for one in self.state.waiting_questions())

    async def ask(self, wanted: Wanted) -> None:
        """Ask until the person decides. Raises EOFError when there is nobody any more."""
        try:
            if isinstance(wanted, ApprovalRequested):
                await self._approval(wanted)
            elif isinstance(wanted, PlanOffered):
                await self._sheet(wanted)
            else:
                await self._question(wanted)
        except (UsageError, SettingsError) as error:
            note(str(error))

    async def _sheet(self, offered: PlanOffered) -> None:
        held = {one.requested.id: one.requested for one in self.state.waiting_approvals()}
        _show(sheet_card(offered, [held[one] for one in offered.approvals if one in held]))
        while True:
            match (await read_line("y accept all, n deny all, o one by one > ")).lower():
                case "y" | "yes":
                    return await self.butler.deciding.accept(offered.id, Acceptance())
                case "n" | "no":
                    reason = await read_line("why? (Enter for no reason) > ")
                    return await self.butler.deciding.deny(offered.id, reason=reason)
                case "o":
                    self._apart.add(offered.id)
                    return None
                case _:
                    note("Type y, n or o and Enter.")

    async def _approval(self, approval: ApprovalRequested) -> None:
        _show(card(approval))
        also = kinds_of(Concern.load(one) for one in approval.concerns)
        lifts = f" (even if {' or '.join(also)})" if also else ""
        prompt = f"y once, r this run{lifts}, A always{lifts}, e edit, n deny, ? why > "
        while True:
            typed = await read_line(prompt)
            match typed.lower():
                case "y" | "yes":
                    return await self.butler.deciding.allow(approval.id)
                case "r":
                    return await self.butler.deciding.allow(approval.id, scope="run")
                case "a":
                    if await self._always(approval):
                        return None
                case "e":
                    if await self._edit(approval):
                        return None
                case "?":
                    _show(why(approval, self._run_rule(approval)))
                case "n" | "no":
                    reason = await read_line("why? (Enter for no reason) > ")
                    return await self.butler.deciding.deny(approval.id, reason=reason)
                case _:
                    note("Type y, r, A, e, n or ? and Enter.")

    def _run_rule(self, approval: ApprovalRequested) -> Rule | None:
        """What *this run* would allow."""
        tool = self.butler.tools.get(approval.tool)
        if tool is None:
            return None
        asked = as_asked(self.state, tool, approval.args, approval.effect)
        return run_rule(asked, tool, [Concern.load(one) for one in approval.concerns])

    async def _edit(self, approval: ApprovalRequested) -> bool:
        """Let the person change the arguments; True when the changed call is allowed."""
        args: Mapping[str, Json] = approval.args
        while True:
            try:
                args = await edited(args, self.butler.tools.get(approval.tool), read_line)
                changed = await self.butler.deciding.previewed(approval.id, args)
            except UsageError as error:
                note(str(error))
            else:
                _show(card(changed))
                match await read_line("y allow it so, e edit again, anything else: back > "):
                    case "y" | "yes":
                        await self.butler.deciding.allow(approval.id, args=dict(args))
                        return True
                    case "e":
                        continue
                    case _:
                        note("Nothing is changed.")
                        return False
            if (await read_line("e edit again, anything else: back > ")).lower() != "e":
                note("Nothing is changed.")
                return False

    async def _always(self, approval: ApprovalRequested) -> bool:
        rule = self.butler.deciding.always_rule(self.state, approval)
        note(f"This rule would be kept: {rule.describe()}")
        if (await read_line("keep it? y or n > ")).lower() not in ("y", "yes"):
            note("The rule is not kept.")
            return False
        await self.butler.deciding.allow(approval.id, scope="always", rule=rule)
        return True

    async def _question(self, asked: QuestionState) -> None:
        one = asked.asked
        _show(question(asked, self.state.calls.get((one.step, one.item))))
        while True:
            try:
                answer = await _answer(asked)
            except UsageError as error:
                note(str(error))
                continue
            return await self.butler.deciding.answer(asked.asked.id, answer)


async def _answer(asked: QuestionState) -> Json:
    """What the person types, field by field where there are fields."""
    fields = asked.asked.fields
    if not isinstance(fields, dict) or len(fields) < 2:
        return answer_from(asked.asked, await read_line("answer > "))
    values: dict[str, Json] = {}
    for name, kind in fields.items():
        if typed := await read_line(f"{name} ({kind}) > "):
            values[name] = typed
    return filled(fields, values)


def _show(lines: Iterator[str]) -> None:
    note("")
    for line in lines:
        note(line)
