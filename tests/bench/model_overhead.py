"""What LiteLLM and the client add to a call, against a scripted model that answers at once.

    PYTHONPATH=.:tests python tests/bench/model_overhead.py

Prints: seconds to load, how long the event loop stood still meanwhile, the first call and later
ones to their first chunk and per chunk, next to the same requests by bare httpx.
"""

from __future__ import annotations

import asyncio
import json
import time
from statistics import median

from model_server import Answer, ModelServer

from butler_tui.core.ports import Message
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel
from butler_tui.language.library import library

CALLS, CHUNKS = 40, 200
HELLO = [Message("user", "Say hello.")]
ANSWER = Answer(chunks=[f"word{n} " for n in range(CHUNKS)], repeat=True)


async def main() -> None:
    with ModelServer([ANSWER]) as server:
        model = LiteLlmModel({"planner": ModelChoice("openai/m", server.url)}, {}.get)
        stalls: list[float] = []
        watch = asyncio.create_task(_watch(stalls))
        started = time.perf_counter()
        model.preload()
        await library()
        print(f"load in a thread        {time.perf_counter() - started:8.2f} s")
        print(f"  loop stood still      {max(stalls) * 1e3:8.1f} ms at most")
        stalls.clear()
        first = await _times(model)
        print(f"first call, first chunk {first[0] * 1e3:8.1f} ms")
        await asyncio.sleep(0.05)
        print(f"  loop stood still      {max(stalls) * 1e3:8.1f} ms at most")
        watch.cancel()
        ours = [await _times(model) for _ in range(CALLS)]
        bare = await _bare(server.url)
        await model.close()
    for name, at in (("first chunk", 0), ("whole answer", 1)):
        us, them = (median(one[at] for one in times) * 1e3 for times in (ours, bare))
        print(f"{name:<23} {us:8.2f} ms, bare httpx {them:.2f} ms, ratio {us / them:.1f}")
    chunk = median((one[1] - one[0]) / CHUNKS for one in ours) * 1e6
    print(f"each further chunk      {chunk:8.0f} us")


async def _watch(stalls: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        stalls.append(time.perf_counter() - before - 0.001)


async def _times(model: LiteLlmModel) -> tuple[float, float]:
    """Seconds to the first chunk and to the end."""
    started = time.perf_counter()
    first = 0.0
    async for _ in model.stream("planner", HELLO):
        first = first or time.perf_counter() - started
    return first, time.perf_counter() - started


async def _bare(url: str) -> list[tuple[float, float]]:
    import httpx

    body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "Say hello."}]}
    times: list[tuple[float, float]] = []
    async with httpx.AsyncClient() as client:
        for _ in range(CALLS):
            started = time.perf_counter()
            first = 0.0
            async with client.stream("POST", f"{url}/chat/completions", json=body) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        json.loads(line[6:])
                        first = first or time.perf_counter() - started
            times.append((first, time.perf_counter() - started))
    return times


if __name__ == "__main__":
    asyncio.run(main())
