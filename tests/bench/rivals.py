"""The same no-op steps in LangGraph with its SQLite saver, and in DBOS on SQLite.

They are no dependency of Butler; `bench_overhead.py` says how to install them.
"""

from __future__ import annotations

import asyncio
import operator
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict


class State(TypedDict):
    """What LangGraph's steps pass on."""

    n: Annotated[list[int], operator.add]


async def langgraph(folder: Path, steps: int, *, wide: bool) -> float:
    """Seconds a step, every one on the disk before the next (`durability="sync"`)."""
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
    from langgraph.graph import END, START, StateGraph

    graph: Any = StateGraph(State)

    async def step(_state: State) -> dict[str, list[int]]:
        return {"n": [1]}

    names = [f"s{number}" for number in range(steps)]
    for name in names:
        graph.add_node(name, step)
    befores = [START] * steps if wide else [START, *names]
    for before, name in zip(befores, names, strict=False):
        graph.add_edge(before, name)
    for name in names if wide else names[-1:]:
        graph.add_edge(name, END)
    path = str(folder / f"langgraph-{wide}.db")
    async with AsyncSqliteSaver.from_conn_string(path) as saver:
        await saver.setup()
        compiled = graph.compile(checkpointer=saver)
        config = {"configurable": {"thread_id": "t"}, "recursion_limit": steps + 10}
        begun = time.perf_counter()
        made = await compiled.ainvoke({"n": []}, config, durability="sync")
        taken = time.perf_counter() - begun
    assert len(made["n"]) == steps
    return taken / steps


def dbos(folder: Path, steps: int, *, wide: bool) -> float:
    """Seconds a step."""
    from dbos import DBOS

    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{folder / f'dbos-{wide}.db'}",
            "run_admin_server": False,
            "log_level": "ERROR",
        }
    )

    @DBOS.step()
    async def step(number: int) -> int:
        return number

    @DBOS.workflow()
    async def flow() -> int:
        if wide:
            return len(await asyncio.gather(*[step(number) for number in range(steps)]))
        last = 0
        for number in range(steps):
            last = await step(number)
        return last + 1

    DBOS.launch()
    try:
        begun = time.perf_counter()
        assert asyncio.run(flow()) == steps
        return (time.perf_counter() - begun) / steps
    finally:
        DBOS.destroy(destroy_registry=True)
