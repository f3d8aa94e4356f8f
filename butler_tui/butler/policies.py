"""The policy as a person looks at it: which rules hold, what they did, what others would do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from butler_tui.butler.engine import Engine
from butler_tui.butler.replaying import Replay, replay
from butler_tui.core.errors import ToolError, UsageError
from butler_tui.core.idle_rules import idleness
from butler_tui.core.labels import NO_LABEL, Json, Label, Labelled
from butler_tui.core.plan_check import nearest
from butler_tui.core.policy import Asked, Mode, Verdict, decide
from butler_tui.core.ports import CallFrame
from butler_tui.core.rules import Rule, with_hosts
from butler_tui.core.run import RunState, fold
from butler_tui.core.tool import Effect, ToolCall
from butler_tui.execution.gate import run_rules
from butler_tui.history import History, Use
from butler_tui.history.leaving_out import Told, leaving_out, unheard
from butler_tui.settings import Places, read_change, read_rules, remove_rule


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule that holds: where it is kept, until when, and what it decided so far.

    `idle`: why it covers no call that there can be; empty when it can cover one.
    """

    rule: Rule
    kept: str
    until: str
    use: Use | None = None
    idle: str = ""


@dataclass(frozen=True, slots=True)
class Explained:
    """What would become of a call, and why: `covering` rules, and what the mode alone says.

    `refused`: why the tool itself would not do it; `looked`: it could say so beforehand.
    """

    asked: Asked
    effect: Effect | None
    mode: Mode
    verdict: Verdict
    covering: Sequence[Rule]
    by_mode: Verdict
    refused: ToolError | None = None
    looked: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """Lists, tries and explains the rules, and takes kept ones back."""

    engine: Engine
    history: History
    places: Places

    async def all(self, told: Told = unheard) -> Sequence[Standing]:
        """Every rule that holds: those of the settings, those that were kept, those of open runs.

        A run that cannot be read is left out; `told` hears of it. Raises SettingsError.
        """
        uses = await self.history.decided.uses()
        found = [*self._of_settings()]
        for run in await self.history.decided.open_runs():
            with leaving_out(run, told):
                state = fold(await self.history.journal.read(run, outputs=False))
                found.extend(self._of_run(state))
        tools = self.engine.tools
        return [
            replace(one, use=uses.get(one.rule.id), idle=idleness(one.rule, tools)) for one in found
        ]

    async def remove(self, identity: str) -> Rule:
        """Take back a rule of rules.toml, by its id or how it begins.

        Raises UsageError when there is none, several begin so, or it is kept somewhere else.
        """
        wanted = identity.strip().lower()
        found = {one.rule.id: one for one in await self.all() if one.rule.id.startswith(wanted)}
        if not wanted or not found:
            raise UsageError(f"There is no rule {identity!r}; `butler policy` lists them.")
        if len(found) > 1:
            raise UsageError(f"Several rules begin with {identity!r}: {', '.join(found)}.")
        [exact] = found
        removed = await asyncio.to_thread(remove_rule, self.places.rules, exact)
        if removed is None:
            raise UsageError(_why_it_stays(found[exact], self.places))
        return removed

    async def replay(self, file: Path, told: Told = unheard) -> Replay:
        """The whole history against the rules of a file. Raises SettingsError.

        A run that cannot be read is left out; `told` hears of it.

        What the file does not speak of, config.toml's rules or those of rules.toml, stays.
        """
        change = await asyncio.to_thread(read_change, file)
        own = self.engine.settings.approvals.rules if change.rules is None else change.rules
        kept = read_rules(self.places.rules) if change.kept is None else change.kept
        return replay(await self.history.decided.calls(told), [*own, *kept], change.mode)

    async def explain(
        self,
        tool: str,
        values: Mapping[str, Json],
        *,
        labels: Mapping[str, Label] | None = None,
        control: Label = NO_LABEL,
        mode: str | None = None,
        folder: Path | None = None,
        goal: str = "",
    ) -> Explained:
        """What would become of such a call in a run of its own, begun in `folder` with that goal.

        Raises UsageError when there is no such tool or the arguments do not fit it.
        """
        known = self.engine.tools.get(tool)
        if known is None:
            hint = nearest(tool, list(self.engine.tools)) or "; `butler tools` lists them."
            raise UsageError(f"There is no tool {tool}{hint}")
        if unknown := [name for name in labels or {} if name not in values]:
            raise UsageError(f"{unknown[0]} is labelled, but is not one of the arguments given.")
        try:
            known.validated(values)
            effect = known.effect_of(values)
        except ToolError as error:
            raise UsageError(str(error)) from error
        state = RunState(goal=goal, folder=str((folder or Path.cwd()).resolve()))
        chosen = Mode(mode or self.engine.settings.approvals.mode)
        args = {
            name: Labelled.with_label(value, (labels or {}).get(name, NO_LABEL))
            for name, value in values.items()
        }
        scales = self.engine.scales()
        asked = await scales.weigh(state, known, args, control, effect)
        frame = CallFrame("", tool, (), "", state.folder)
        refused, looked = None, True
        try:
            runner = self.engine.foreseeing(goal)
            looked = await runner.foresee(known, ToolCall(tool, args), frame)
        except ToolError as error:
            refused = error
        explained = _explained(asked, chosen, self.engine.rules())
        return replace(explained, refused=refused, looked=looked)

    def _of_settings(self) -> Iterator[Standing]:
        for rule in self.engine.settings.approvals.rules:
            yield Standing(rule, "config.toml", _until(rule))
        for rule in read_rules(self.places.rules):
            yield Standing(rule, "rules.toml", _until(rule))

    def _of_run(self, state: RunState) -> Iterator[Standing]:
        """What one run was allowed: *this run*, and signed bounds."""
        kept = f"run {state.id}"
        tools = {one.requested.tool for one in state.approvals.values()}
        for name in sorted(tools & self.engine.tools.keys()):
            rules = {one.id: one for one in run_rules(state, self.engine.tools[name])}
            for rule in rules.values():
                yield Standing(rule, kept, "the run's end")
        for rule in state.bounds:
            yield Standing(rule, f"{kept}, signed", "the run's end")


def _explained(asked: Asked, mode: Mode, rules: Sequence[Rule]) -> Explained:
    now = datetime.now(UTC)
    hosts = with_hosts(asked.args)
    return Explained(
        asked,
        asked.effect,
        mode,
        decide(asked, mode, rules, now),
        [one for one in rules if one.covers(asked.tool, hosts, asked.lists, asked.run, now)],
        decide(Asked(asked.tool, asked.effect, asked.undoable, asked.args, ""), mode, [], now),
    )


def _until(rule: Rule) -> str:
    if rule.expires is None:
        return ""
    moment = f"{rule.expires.astimezone():%Y-%m-%d %H:%M}"
    return f"{moment} (over)" if rule.expires <= datetime.now(UTC) else moment


def _why_it_stays(standing: Standing, places: Places) -> str:
    rule = standing.rule.id
    if standing.kept == "config.toml":
        return f"Rule {rule} is yours, in {places.config}; take it out there."
    return f"Rule {rule} belongs to {standing.kept} and ends with it; `butler cancel` ends a run."
