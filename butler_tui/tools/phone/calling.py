"""place_call: a call by the provider that is set up, followed until it is over."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import BaseModel

from butler_tui.core.clean import marked, visible, visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.labels import Json
from butler_tui.core.readiness import Missing, Setup
from butler_tui.core.tool import (
    Again,
    Checked,
    Effect,
    Mark,
    Preview,
    Receipt,
    ToolContext,
    ToolResult,
    tool,
)
from butler_tui.tools.phone import providers
from butler_tui.tools.phone.numbers import PhoneNumber, callable_number
from butler_tui.tools.phone.placing import Heard, Outcome, Placed, Provider, Wanted

PAUSES = (0.5, 1.0, 2.0, 3.0)
"""Seconds before each look at how far a call is; the last again and again."""

RINGS_SECONDS = 120.0
"""How long a call may ring before it counts as one that nobody answered."""

HANG_UP_SECONDS = 8.0
MOST_FAULTS = 6
LONGEST_PURPOSE = 2_000
LONGEST_SCRIPT = 4_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
_UNSPOKEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class PhoneCall(BaseModel):
    """How a call went, what was said in it as far as is known, and how long it took."""

    outcome: Outcome
    transcript: str
    seconds: int


@tool(
    effect=Effect.SEND,
    again=Again.ONCE,
    timeout=1_800,
    at_once=1,
    reaches=True,
    targets=("number",),
    untrusted=True,
)
async def place_call(
    context: ToolContext,
    number: Annotated[str, "the phone number, with its country: +49 30 901820"],
    purpose: Annotated[str, "what the call is for, in a sentence"],
    script: Annotated[str | None, "what is said, word for word"] = None,
    language: Annotated[str | None, "the language spoken, such as en or de-DE"] = None,
) -> Annotated[ToolResult, PhoneCall]:
    """Call a phone number and say something: how the call went, what was said, and its seconds.

    Emergency numbers, short codes and numbers at a higher price are refused.
    """
    wanted = await asyncio.to_thread(_wanted, context, number, purpose, script, language)
    provider = providers.chosen(context.option)
    provider.check(wanted)
    context.progress(f"calling {wanted.number.shown}")
    placed = await provider.start(context, wanted)
    try:
        heard = await _to_its_end(context, provider, wanted, placed)
    except asyncio.CancelledError:
        await _hung_up(context, provider, placed)
        raise
    return _result(wanted, provider, placed, heard)


@place_call.previews
async def _(
    context: ToolContext,
    number: str,
    purpose: str,
    script: str | None = None,
    language: str | None = None,
) -> Preview:
    wanted = await asyncio.to_thread(_wanted, context, number, purpose, script, language)
    provider = providers.chosen(context.option)
    provider.check(wanted)
    told = {
        "Call": f"{wanted.number.shown} ({wanted.number.about})",
        "Purpose": visible_line(wanted.purpose),
        "Language": wanted.language or "as it is set up there",
        **provider.preview(wanted),
        "Longest": f"{wanted.most_seconds // 60} minutes",
    }
    lines = [f"{heading}: {text}" for heading, text in told.items()]
    if wanted.script:
        lines += ["Script:", *marked(visible(wanted.script))]
    return Preview("\n".join(lines))


@place_call.ready
def _(setup: Setup) -> Missing | None:
    return providers.missing(setup)


@place_call.verifies
async def _(context: ToolContext, facts: Mapping[str, Json]) -> Checked:
    outcome, provider = facts.get("outcome"), facts.get("provider")
    if outcome == "completed":
        return Checked("verified", f"{provider} says that the call was answered")
    if outcome in ("still-going", "not-known"):
        return Checked("unverified", f"{provider} has not said how the call ended")
    return Checked("failed", f"{provider} says that the call was not answered ({outcome})")


def _wanted(
    context: ToolContext, number: str, purpose: str, script: str | None, language: str | None
) -> Wanted:
    """The call that was asked for; raises ToolError for one that cannot be."""
    for name, text, longest in (
        ("purpose", purpose, LONGEST_PURPOSE),
        ("script", script or "", LONGEST_SCRIPT),
    ):
        if len(text) > longest:
            raise ToolError(
                "too_long", f"The {name} is longer than {longest:,} characters; shorten it."
            )
        if _UNSPOKEN.search(text):
            raise ToolError(
                "bad_arguments", f"The {name} holds a character that nobody can say; leave it out."
            )
    if not purpose.strip():
        raise ToolError("bad_arguments", "Say what the call is for, in a sentence.")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise ToolError("bad_arguments", "The language must be a code such as en or de-DE.")
    meant = callable_number(number, context.option("phone.default_country"))
    _check_allowed(context, meant)
    return Wanted(
        meant,
        purpose.strip(),
        (script or "").strip() or None,
        language or context.option("phone.language"),
        context.option("phone.record") == "true",
        int(context.option("phone.most_minutes") or 10) * 60,
    )


def _check_allowed(context: ToolContext, number: PhoneNumber) -> None:
    """Raise ToolError `not_allowed` for a number that the settings keep from being called."""
    only, never = (context.option(f"phone.{name}") or "" for name in ("only", "never"))
    if (only and not _named(number, only)) or _named(number, never):
        raise ToolError(
            "not_allowed",
            f"{number.shown} is not to be called: [phone] in config.toml says so with "
            f"{'never' if _named(number, never) else 'only'}.",
        )


def _named(number: PhoneNumber, globs: str) -> bool:
    return any(fnmatchcase(number.e164, glob) for glob in globs.split(",") if glob)


async def _to_its_end(
    context: ToolContext, provider: Provider, wanted: Wanted, placed: Placed
) -> Heard:
    """Follow the call; what happened to it is never lost for want of an answer about it."""
    if not placed.id:
        return Heard("placed", "not-known", reason=f"{provider.name} gave no name to ask it by")
    begun = time.monotonic()
    last = Heard("on its way")
    faults = looks = 0
    reason = ""
    while faults < MOST_FAULTS:
        await asyncio.sleep(PAUSES[min(looks, len(PAUSES) - 1)])
        looks += 1
        try:
            last = await provider.listen(context, wanted, placed)
        except ToolError as error:
            faults = faults + 1 if error.transient else MOST_FAULTS
            reason = str(error)
            continue
        faults = 0
        if last.outcome is not None:
            return last
        passed = time.monotonic() - begun
        context.progress(f"{wanted.number.shown}: {last.state}, {passed:.0f} s")
        if passed > (wanted.most_seconds if last.connected else 0) + RINGS_SECONDS:
            ended = await _hung_up(context, provider, placed)
            if not last.connected:
                return Heard("ringing", "no-answer", reason="it rang for too long")
            reason = "it took too long and was ended" if ended else "it takes too long"
            return Heard(last.state, "canceled" if ended else "still-going", True, reason=reason)
    return Heard(last.state, "not-known", last.connected, reason=reason)


async def _hung_up(context: ToolContext, provider: Provider, placed: Placed) -> bool:
    """End the call, and say whether that is known to have worked."""
    ended = False
    with suppress(ToolError, TimeoutError):
        async with asyncio.timeout(HANG_UP_SECONDS):
            ended = bool(placed.twilio_id) and await provider.hang_up(context, placed)
    if ended:
        context.progress("hung up")
    else:
        context.progress(f"the call may go on: {provider.name} could not be told to end it")
    return ended


def _result(wanted: Wanted, provider: Provider, placed: Placed, heard: Heard) -> ToolResult:
    outcome = heard.outcome or "not-known"
    output = PhoneCall(outcome=outcome, transcript=heard.transcript, seconds=heard.seconds)
    facts: dict[str, Json] = {
        "number": wanted.number.e164,
        "provider": provider.name,
        "call": placed.id,
        "outcome": outcome,
        "seconds": heard.seconds,
        "recorded": wanted.record,
    }
    words = f"called {wanted.number.shown} by {provider.name}: {outcome}, {heard.seconds} s"
    if heard.reason and outcome != "completed":
        words += f" ({visible_line(heard.reason)[:200]})"
    return ToolResult(output, Receipt(words, facts), [Mark((), f"call to {wanted.number.shown}")])
