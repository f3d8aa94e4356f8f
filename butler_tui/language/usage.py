"""What a call cost: tokens as the provider counts them, dollars by LiteLLM's price list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from butler_tui.core.budget import Amount
from butler_tui.core.events import ModelCalled
from butler_tui.language.choice import ModelChoice
from butler_tui.language.library import load

EXPECTED = 1_000
"""Tokens that an answer is expected to have where the options do not allow for fewer."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one call; `counted` is LiteLLM's usage object, None when they are an estimate."""

    into: int
    out: int
    counted: Any = None


def tokens_reported(usage: Any) -> Tokens:  # noqa: ANN401  (LiteLLM's own class)
    """The tokens in a usage object of LiteLLM."""
    return Tokens(usage.prompt_tokens or 0, usage.completion_tokens or 0, usage)


async def tokens_estimated(
    choice: ModelChoice, messages: Sequence[Mapping[str, Any]], answer: str
) -> Tokens:
    """About how many tokens a call took whose provider did not get to say."""

    def count() -> Tokens:
        counter = load().token_counter
        into = counter(model=choice.called, messages=list(messages))
        return Tokens(into, counter(model=choice.called, text=answer))

    return await asyncio.to_thread(count)


def expected(choice: ModelChoice, messages: Sequence[Mapping[str, Any]]) -> Amount:
    """What a call will use, roughly: a token is about four bytes; cost 0 without a known price."""
    into = sum(len(str(one.get("content", "")).encode("utf-8", "replace")) for one in messages)
    most = choice.options.get("max_tokens")
    out = min(most, EXPECTED) if isinstance(most, int) and most > 0 else EXPECTED
    tokens = Tokens(into // 4 + 4 * len(messages), out)
    return Amount(1, tokens.into + tokens.out, cost_of(choice, tokens) or 0.0)


def model_called(role: str, choice: ModelChoice, tokens: Tokens, seconds: float) -> ModelCalled:
    """The event for the journal."""
    return ModelCalled(
        role=role,
        model=choice.name,
        tokens_in=tokens.into,
        tokens_out=tokens.out,
        cost=cost_of(choice, tokens),
        seconds=round(seconds, 3),
    )


def cost_of(choice: ModelChoice, tokens: Tokens) -> float | None:
    """What so many tokens cost in dollars; None when the price is not known. Blocks to load."""
    try:
        into, out = load().cost_per_token(
            model=choice.called,
            prompt_tokens=tokens.into,
            completion_tokens=tokens.out,
            usage_object=tokens.counted,
        )
    except Exception:  # noqa: BLE001  (a price that is not known is a bare Exception)
        return None
    return into + out
