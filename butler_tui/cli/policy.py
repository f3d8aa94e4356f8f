"""`butler policy`: the rules that hold, the history against others, a call explained."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from butler_tui.butler import Butler
from butler_tui.butler.policies import Explained, Standing
from butler_tui.butler.replaying import Otherwise, Replay, Replayed
from butler_tui.cli.editing import value_typed
from butler_tui.cli.exits import DONE, FAILED
from butler_tui.cli.output import local_time, note, say, say_json
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError
from butler_tui.core.labels import NO_LABEL, Json, Label, Source
from butler_tui.core.plan_check import nearest
from butler_tui.core.report_ahead import place
from butler_tui.core.rules import CONTROL, Decision
from butler_tui.core.tool import Tool
from butler_tui.core.tool_context import said_of_effect

_OTHERWISE: Sequence[tuple[Otherwise, str]] = (
    ("allowed", "denied"),
    ("denied", "allowed"),
    ("asked", "allowed"),
)
_FLAGS = ("untrusted", "private", "secret")


def list_rules(*, as_json: bool) -> int:
    """List every rule that holds."""

    async def work(butler: Butler) -> int:
        found = await butler.policy.all(told=note)
        for one in found:
            if as_json:
                say_json(_standing_json(one))
            else:
                for line in _standing(one):
                    say(line)
        if not found and not as_json:
            note("There are no rules; the mode alone says what is asked.")
        if not as_json:
            note(f"mode: {butler.settings.approvals.mode}")
        return DONE

    return with_butler(work)


def remove_rule(identity: str) -> int:
    """Take back a rule of rules.toml. Raises UsageError when it is not there."""

    async def work(butler: Butler) -> int:
        rule = await butler.policy.remove(identity)
        note(f"{rule.id} holds no more: {rule.describe()}")
        return DONE

    return with_butler(work)


def test_rules(file: str, *, as_json: bool) -> int:
    """Replay the history against a file's rules; 1 when something denied would be allowed."""

    async def work(butler: Butler) -> int:
        found = await butler.policy.replay(Path(file), note)
        if as_json:
            for one in found.calls:
                say_json(_replayed_json(one))
        else:
            for line in _replay(found):
                say(line)
        return FAILED if found.otherwise("allowed") else DONE

    return with_butler(work)


def explain_call(
    tool: str,
    args: Sequence[str],
    labels: Sequence[str],
    *,
    mode: str | None,
    folder: str | None,
    goal: str,
    as_json: bool,
) -> int:
    """Say what would become of a call. Raises UsageError when it does not fit its tool."""

    async def work(butler: Butler) -> int:
        known = _labels(labels)
        control = known.pop(CONTROL, NO_LABEL)
        found = await butler.policy.explain(
            tool,
            _values(butler.tools.get(tool), args),
            labels=known,
            control=control,
            folder=Path(folder) if folder is not None else None,
            goal=goal,
        )
        if as_json:
            say_json(_explained_json(found))
        else:
            for line in _explained(found):
                say(line)
        return DONE

    return with_butler(work, mode=mode)


def _standing(one: Standing) -> Iterator[str]:
    until = f", until {one.until}" if one.until else ""
    yield f"{one.rule.id}  {one.rule.describe()}"
    if one.rule.because:
        yield f"          because {one.rule.because}"
    if one.use is None:
        used = "decided no call yet"
    else:
        times = f"{one.use.times} call{'' if one.use.times == 1 else 's'}"
        used = f"decided {times}, last on {local_time(one.use.last)}"
    yield f"          in {one.kept}{until}; {used}"
    if one.idle:
        yield f"          note: it covers no call. {one.idle}"


def _standing_json(one: Standing) -> dict[str, Any]:
    return {
        "id": one.rule.id,
        "says": one.rule.describe(),
        "kept": one.kept,
        "until": one.until,
        "times": one.use.times if one.use else 0,
        "last": one.use.last if one.use else None,
        "idle": one.idle or None,
        "rule": one.rule.dump(),
    }


def _replay(found: Replay) -> Iterator[str]:
    for one in found.calls:
        yield _replayed(one)
    if not found.calls:
        yield "The history holds no call that was asked or decided."
        return
    sums = found.sums
    yield ""
    yield (
        f"{len(found.calls)} calls: {sums[Decision.ALLOW]} would be allowed, "
        f"{sums[Decision.ASK]} asked, {sums[Decision.DENY]} denied."
    )
    asked = [one for one in found.calls if one.verdict.decision is Decision.ASK and one.by_person]
    if asked:
        allowed = sum(1 for one in asked if one.was == "allow")
        yield (
            f"Of those asked, you had allowed {allowed} and denied {len(asked) - allowed} yourself."
        )
    for what, before in _OTHERWISE:
        if others := found.otherwise(what):
            wide = " for more than once" if what == "asked" else ""
            yield f"You had {before} {len(others)}{wide} that would be {what}:"
            yield from (f"  {_replayed(one)}" for one in others)


def _replayed(one: Replayed) -> str:
    held = one.held.requested
    args = ", ".join(f"{name}={_short(value)}" for name, value in one.asked.args.items())
    decided = one.held.decided
    by = "you" if one.by_person else decided.by if decided is not None else ""
    was = {"allow": f"allowed by {by}", "deny": f"denied by {by}"}.get(one.was, "not decided")
    where = f"{one.held.run} {place(held.step, held.item)}"
    return f"{one.verdict.decision:<5}  {where}: {held.tool}({args}); was {was}" + (
        f"; {one.verdict.because}"
    )


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:19]}…{line[-40:]}"


def _replayed_json(one: Replayed) -> dict[str, Any]:
    return {
        "run": one.held.run,
        "at": one.held.at,
        "step": one.held.requested.step,
        "item": list(one.held.requested.item),
        "tool": one.held.requested.tool,
        "args": one.asked.args,
        "decision": one.verdict.decision,
        "because": one.verdict.because,
        "by": one.verdict.by,
        "rule": one.verdict.rule.id if one.verdict.rule else None,
        "was": one.was or None,
        "was_by": one.held.decided.by if one.held.decided else None,
        "otherwise": bool(one.otherwise),
    }


def _explained(found: Explained) -> Iterator[str]:
    verdict = found.verdict
    words = {
        Decision.ALLOW: "it would be allowed",
        Decision.ASK: "it would be asked",
        Decision.DENY: "it would be denied",
    }
    but = ", but the tool itself would refuse it" if found.refused is not None else ""
    yield f"{words[verdict.decision]}{but}: {found.refused or verdict.because}"
    if found.refused is not None:
        yield f"policy    {verdict.decision}: {verdict.because}"
    elif found.looked:
        yield "tool      would not refuse it, as far as can be seen beforehand"
    else:
        yield "tool      cannot say beforehand whether it would refuse"
    yield f"effect    {said_of_effect(found.effect, found.asked.undoable)}"
    for name, text in found.asked.args.items():
        yield f"argument  {name} = {text}"
    for rule in found.covering:
        because = f" (because {rule.because})" if rule.because else ""
        yield f"rule      {rule.id}  {rule.describe()}{because}"
    if not found.covering:
        yield "rule      none covers it"
    left = verdict.concerns
    for one in found.asked.concerns:
        lifted = "" if one in left or verdict.decision is Decision.DENY else " (a rule lifts it)"
        yield f"label     {one.describe()}{lifted}"
    if not found.asked.concerns:
        yield "label     nothing that its labels would have asked"
    yield f"mode      {found.mode}: {found.by_mode.decision}, {found.by_mode.because}"


def _explained_json(found: Explained) -> dict[str, Any]:
    return {
        "decision": found.verdict.decision,
        "because": found.verdict.because,
        "by": found.verdict.by,
        "effect": found.effect,
        "undoable": found.asked.undoable,
        "args": found.asked.args,
        "rules": [{"id": one.id, "says": one.describe()} for one in found.covering],
        "concerns": [
            {**one.dump(), "lifted": one not in found.verdict.concerns}
            for one in found.asked.concerns
        ],
        "mode": found.mode,
        "mode_decision": found.by_mode.decision,
        "refused": str(found.refused) if found.refused is not None else None,
        "refused_code": found.refused.code if found.refused is not None else None,
        "looked_at": found.looked,
    }


def _values(tool: Tool | None, args: Sequence[str]) -> Mapping[str, Json]:
    """The arguments by name, each of its type. Raises UsageError."""
    if len(args) == 1 and args[0].lstrip().startswith("{"):
        try:
            return cast("Mapping[str, Json]", json.loads(args[0]))
        except ValueError as error:
            raise UsageError(f"The arguments are not valid JSON ({error}).") from error
    names = tool.names if tool is not None else ()
    values: dict[str, Json] = {}
    for number, one in enumerate(args):
        name, text = _named(one, names)
        if not name and values.keys() - names[:number]:
            raise UsageError(f"{one!r} stands after a NAME=VALUE; give it a name too.")
        if not name and tool is not None:
            if number >= len(names):
                raise UsageError(f"{one!r} is one too many; {tool.name} takes {', '.join(names)}.")
            name = names[number]
        if name in values:
            raise UsageError(f"{name} is given twice; give it once.")
        values[name] = value_typed(tool, name, text)
    return values


def _named(one: str, names: Sequence[str]) -> tuple[str, str]:
    """A word as the name of an argument and its text; without a name where it has none.

    `a=b` is text where no argument has such a name or one near it. Raises UsageError.
    """
    name, equals, text = one.partition("=")
    name = name.strip()
    if equals and name in names:
        return name, text
    if equals and (hint := nearest(name, list(names))):
        raise UsageError(f"There is no argument {name}{hint}")
    return "", one


def _labels(given: Sequence[str]) -> dict[str, Label]:
    """Labels by argument, from `NAME=untrusted:web page example.org`. Raises UsageError."""
    found: dict[str, Label] = {}
    for one in given:
        name, _, rest = one.partition("=")
        flag, _, origin = rest.partition(":")
        if not name or flag not in _FLAGS:
            raise UsageError(f"--from {one!r}: write NAME=untrusted, NAME=private:ORIGIN or so.")
        source = Source("step", "", origin or "somewhere", **{flag: True})
        found[name] = found.get(name, NO_LABEL) | Label.of(source)
    return found
