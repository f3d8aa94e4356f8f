"""What another process does with the same history: `python another_process.py HOME WHAT ...`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from butler_tui.core.errors import UsageError
from butler_tui.core.events import ModelCalled, StepFinished
from butler_tui.history import History, open_history
from butler_tui.settings import Places


def say(text: str) -> None:
    print(text, flush=True)


async def told() -> str:
    """Wait for a line from the test."""
    return (await asyncio.to_thread(sys.stdin.readline)).strip()


async def append(history: History, run: str, count: str) -> None:
    """Append so many events, one after the other, when told to."""
    say("ready")
    await told()
    for number in range(int(count)):
        await history.journal.append(run, [ModelCalled(role="other", model=str(number))])


async def forever(history: History, run: str) -> None:
    """Append until killed; say the number of each event that was promised to be on the disk."""
    number = 0
    while True:
        output = {"text": "x" * (100_000 if number % 10 == 0 else 100)}
        event = StepFinished(step=f"s{number}", output=output)
        recorded = await history.journal.append(run, [event], flush=True)
        say(str(recorded[0].seq))
        number += 1


async def decide(history: History, decision: str) -> None:
    """Decide what the test names, line by line; say how it went."""
    say("ready")
    while identity := await told():
        try:
            await history.waiting.decide(identity, "allow" if decision == "allow" else "deny")
            say("decided")
        except UsageError as error:
            say(str(error))


async def flush(history: History, run: str) -> None:
    """Append, first without and then with a flush, and say when it is done."""
    event = ModelCalled(role="x", model="y")
    await history.journal.append(run, [event])
    say("before")
    await history.journal.append(run, [event])
    say("not flushed")
    await history.journal.append(run, [event], flush=True)
    say("flushed")


async def hold(history: History, run: str) -> None:
    """Hold the run's lease until told to let go."""
    try:
        async with history.leases.held(run):
            say("held")
            await told()
        say("let go")
    except UsageError as error:
        say(str(error))


async def main(home: str, what: str, *rest: str) -> None:
    async with open_history(Places.below(Path(home))) as history:
        await DOES[what](history, *rest)


DOES = {"append": append, "forever": forever, "decide": decide, "flush": flush, "hold": hold}


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
