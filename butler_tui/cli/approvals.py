"""`butler approvals`, `allow`, `deny` and `answer`: what waits for a person, from any terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast, get_args

from butler_tui.butler import Acceptance, Butler, Scope
from butler_tui.butler.bounds import read_bounds
from butler_tui.cli.answers import answer_from
from butler_tui.cli.describe import card, question, sheet
from butler_tui.cli.output import local_time, note, say, say_json
from butler_tui.cli.prompting import Prompter, can_prompt
from butler_tui.cli.session import with_butler
from butler_tui.core.calls import CallState, QuestionState
from butler_tui.core.errors import UsageError
from butler_tui.core.events import ApprovalRequested, PlanOffered, QuestionAsked
from butler_tui.core.report_ahead import place
from butler_tui.history import Waits


def list_waiting(*, as_json: bool) -> int:
    """List every open approval and question in full, oldest first."""

    async def work(butler: Butler) -> int:
        waiting = await butler.history.waiting.all()
        for one in waiting:
            if as_json:
                say_json(_as_json(one))
            else:
                _show(one, await _call_of(butler, one))
        if not waiting and not as_json:
            note("Nothing waits for you.")
        return 0

    return with_butler(work)


def allow_call(
    identity: str, scope: str, bounds: Sequence[str] = (), without: Sequence[str] = ()
) -> int:
    """Allow a held call, or accept a plan's sheet, with `bounds` and `without` some of its calls.

    Raises UsageError when it is not there or decided already.
    """
    if scope not in get_args(Scope):
        raise UsageError(f"There is no scope {scope!r}; it is one of {', '.join(get_args(Scope))}.")

    async def work(butler: Butler) -> int:
        held = await butler.history.waiting.find(identity)
        if isinstance(held.requested, PlanOffered):
            await _accept(butler, held, held.requested, bounds, without)
        elif bounds or without:
            raise UsageError(
                f"{held.id} is one call; --bound and --without are for a plan's sheet."
            )
        elif scope == "always" and isinstance(held.requested, ApprovalRequested):
            rule = butler.deciding.always_rule(await butler.state(held.run), held.requested)
            await butler.deciding.allow(held.id, scope="always", rule=rule)
            note(f"This rule is kept in {butler.places.rules}: {rule.describe()}")
        else:
            await butler.deciding.allow(held.id, scope=cast(Scope, scope))
        return await _decided(butler, held, "allowed")

    return with_butler(work)


async def _accept(
    butler: Butler,
    held: Waits,
    offered: PlanOffered,
    bounds: Sequence[str],
    without: Sequence[str],
) -> None:
    """Accept a plan's sheet. Raises UsageError when a bound or a left out call is not known."""
    folder = Path((await butler.state(held.run)).folder)
    signed = read_bounds(bounds, held.run, folder, butler.tools)
    left_out = frozenset(_of_sheet(offered, one) for one in without)
    acceptance = Acceptance(without=left_out, bounds=signed.rules, cost_usd=signed.cost_usd)
    await butler.deciding.accept(held.id, acceptance)


def _of_sheet(offered: PlanOffered, identity: str) -> str:
    """The sheet's call of that id, or the one whose id begins so. Raises UsageError."""
    wanted = identity.strip().lower()
    found = [one for one in offered.approvals if wanted and one.startswith(wanted)]
    if len(found) != 1:
        raise UsageError(
            f"--without {identity}: it must name one call of the sheet: "
            f"{', '.join(offered.approvals)}."
        )
    return found[0]


def deny_call(identity: str, reason: str) -> int:
    """Deny a held call. Raises UsageError when it is not there or decided already."""

    async def work(butler: Butler) -> int:
        held = await butler.history.waiting.find(identity)
        await butler.deciding.deny(held.id, reason=reason)
        return await _decided(butler, held, "denied")

    return with_butler(work)


def answer_question(identity: str, text: str) -> int:
    """Answer a question. Raises UsageError when it is not there or the answer does not fit.

    Without a text it is shown, and asked for on a terminal.
    """

    async def work(butler: Butler) -> int:
        held = await butler.history.waiting.find(identity)
        asked = held.requested
        if not text.strip() and isinstance(asked, QuestionAsked):
            if not can_prompt():
                _show(held, await _call_of(butler, held))
                raise UsageError(f"Say the answer: butler answer {held.id} TEXT.")
            prompter = Prompter(butler, await butler.state(held.run))
            await prompter.ask(QuestionState(asked, held.since))
            return await _decided(butler, held, "answered")
        await butler.deciding.answer(
            held.id, answer_from(asked, text) if isinstance(asked, QuestionAsked) else text
        )
        return await _decided(butler, held, "answered")

    return with_butler(work)


async def _decided(butler: Butler, held: Waits, verb: str) -> int:
    """Say what was decided, and what is left to do when nobody carries the run on."""
    note(f"{_what(held)} of run {held.run}: {verb}")
    if await butler.history.leases.owner(held.run) is None:
        note(f"Go on with the run: butler resume {held.run}")
    return 0


async def _call_of(butler: Butler, one: Waits) -> CallState | None:
    """The call that a question of the run itself is about."""
    asked = one.requested
    if not isinstance(asked, QuestionAsked) or asked.about == "step":
        return None
    return (await butler.state(one.run)).calls.get((asked.step, asked.item))


def _show(one: Waits, call: CallState | None) -> None:
    say(f"{one.id}  run {one.run}, since {local_time(one.since)}: {one.title}")
    for line in _lines(one, call):
        say(f"  {line}")
    say()


def _what(held: Waits) -> str:
    asked = held.requested
    return "the plan" if isinstance(asked, PlanOffered) else place(asked.step, asked.item)


def _lines(one: Waits, call: CallState | None) -> Iterator[str]:
    match one.requested:
        case ApprovalRequested() as asked:
            yield from card(asked)
        case QuestionAsked() as asked:
            yield from question(QuestionState(asked, one.since), call)
        case PlanOffered() as offered:
            yield from sheet(offered)


def _as_json(one: Waits) -> dict[str, Any]:
    body = one.requested.model_dump(mode="json", exclude_none=True)
    body.pop("type")
    return {"run": one.run, "title": one.title, "since": one.since, "kind": one.kind, **body}
