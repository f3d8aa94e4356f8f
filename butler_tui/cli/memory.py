"""`butler memory`: what is remembered across runs, listed and forgotten by the person."""

from __future__ import annotations

from butler_tui.butler import Butler
from butler_tui.cli.output import listing, note
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import UsageError

_MOST = 1_000


def list_facts(words: str, *, as_json: bool) -> int:
    """List the facts, those of some words or all."""

    async def work(butler: Butler) -> int:
        found = await butler.history.memory.recall(words, _MOST)
        rows = [
            {
                "id": one.id,
                "day": one.day,
                "fact": one.fact,
                "from": "; ".join(source.describe() for source in one.sources) or "you",
            }
            for one in found
        ]
        headers = {"id": "ID", "day": "LEARNED", "fact": "FACT", "from": "FROM"}
        listing(rows, headers, as_json, "Nothing is remembered.")
        return 0

    return with_butler(work)


def forget_fact(identity: str) -> int:
    """Forget a fact. Raises UsageError when there is none of that id."""

    async def work(butler: Butler) -> int:
        fact = await butler.history.memory.forget(identity)
        if fact is None:
            raise UsageError(f"There is no fact {identity!r}; `butler memory` lists them.")
        note(f"Forgotten: {fact}")
        return 0

    return with_butler(work)
