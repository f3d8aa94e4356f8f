"""Too many requests: what one call is told, every other call to the same model or site heeds."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fault_proxy import Fault, FaultProxy
from model_server import Answer, ModelServer
from tool_context import Context
from web_site import Running

from butler_tui.core.errors import ModelError, ToolError
from butler_tui.core.ports import Message
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel, Timeouts
from butler_tui.tools.network import fetch

HELLO = [Message("user", "Say hello.")]


def busy(seconds: str) -> Fault:
    return Fault("429", headers={"retry-after": seconds})


def port_of(address: str) -> int:
    return urlsplit(address).port or 0


def the_model(proxy: FaultProxy, *, tries: tuple[float, ...] = ()) -> LiteLlmModel:
    choice = ModelChoice("openai/scripted", f"{proxy.url}/v1")
    roles = {"planner": choice, "writer": choice}
    return LiteLlmModel(roles, lambda _name: "key", timeouts=Timeouts(tries=tries))


async def said(model: LiteLlmModel, role: str = "planner") -> str:
    parts = [part async for part in model.stream(role, HELLO)]  # type: ignore[arg-type]
    return "".join(part for part in parts if isinstance(part, str))


async def test_calls_to_a_busy_model_wait_together(model_server: ModelServer) -> None:
    model_server.add(Answer("hello", repeat=True))
    async with FaultProxy(port_of(model_server.url), [busy("0.5")]) as proxy:
        model = the_model(proxy)
        with pytest.raises(ModelError, match="too many requests"):
            await said(model)
        calls = [said(model, role) for role in ("planner", "writer", "writer")]
        assert await asyncio.gather(*calls) == ["hello"] * 3
        await model.close()
    assert proxy.met == ["429", "passed", "passed", "passed"]
    assert all(at - proxy.at[0] >= 0.45 for at in proxy.at[1:])


async def test_a_busy_model_that_wants_minutes_is_not_asked_again(
    model_server: ModelServer,
) -> None:
    async with FaultProxy(port_of(model_server.url), [busy("240")]) as proxy:
        model = the_model(proxy, tries=(0.01,))
        for _ in range(3):
            with pytest.raises(ModelError, match=r"try again in \d+ s"):
                await said(model)
        await model.close()
    assert proxy.met == ["429"]


async def test_a_model_that_says_no_time_is_asked_later_each_time(
    model_server: ModelServer,
) -> None:
    model_server.add(Answer("hello", repeat=True))
    async with FaultProxy(port_of(model_server.url), [Fault("429")]) as proxy:
        model = the_model(proxy, tries=(0.01,))
        assert await said(model) == "hello"
        await model.close()
    assert proxy.at[1] - proxy.at[0] >= 0.7


async def test_calls_to_a_busy_site_wait_together() -> None:
    with Running() as site:
        site.page("/a", "Owls")
        async with FaultProxy(site.port, [busy("1")]) as proxy:
            context = Context(Path(), [], origins=[proxy.url])
            assert (await fetch(context, proxy.via("/a"))).status == 429
            answers = await asyncio.gather(*[fetch(context, proxy.via("/a")) for _ in range(3)])
            assert [one.status for one in answers] == [200] * 3
        assert len(site.visits) == 3
    assert all(at - proxy.at[0] >= 0.95 for at in proxy.at[1:])


async def test_a_busy_site_that_wants_minutes_is_not_asked_again() -> None:
    with Running() as site:
        async with FaultProxy(site.port, [busy("600")]) as proxy:
            context = Context(Path(), [], origins=[proxy.url])
            await fetch(context, proxy.via("/a"))
            with pytest.raises(ToolError, match=r"asks to wait \d+ minutes") as caught:
                await fetch(context, proxy.via("/b"))
            assert caught.value.transient
    assert proxy.met == ["429"]
