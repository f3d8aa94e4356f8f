"""An answer streams through real LiteLLM, and what it cost comes last."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing

import pytest
from model_server import Answer, ModelServer, ToolUse

from butler_tui.core.errors import ModelError
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import Message, Model
from butler_tui.language import answer as native
from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel

HELLO = [Message("system", "Be brief."), Message("user", "Say hello.")]


async def test_text_arrives_in_chunks_and_the_cost_last(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(chunks=["Hel", "lo", "."], usage=(1000, 500)))
    model: Model = make_model()
    *texts, called = [part async for part in model.stream("planner", HELLO)]
    assert texts == ["Hel", "lo", "."]
    assert isinstance(called, ModelCalled)
    assert (called.role, called.model) == ("planner", "openai/gpt-5-mini")
    assert (called.tokens_in, called.tokens_out) == (1000, 500)
    assert called.cost == pytest.approx(1000 * 0.25e-6 + 500 * 2e-6)
    assert 0 < called.seconds < 30
    sent = model_server.requests[0]
    assert [one["role"] for one in sent.messages] == ["system", "user"]
    assert sent.body["model"] == "gpt-5-mini"
    assert "tools" not in sent.body


async def test_each_chunk_is_given_on_before_the_next_is_sent(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(chunks=["one", "two"], fault="hang", after=1))
    async with aclosing(make_model().stream("writer", HELLO)) as parts:
        assert await anext(parts) == "one"


async def test_a_price_that_is_not_known_is_none(make_model, model_server: ModelServer) -> None:
    model_server.add("hello")
    called = await _called(make_model("openai/my-own-model"))
    assert called.cost is None
    assert called.tokens_out > 0


async def test_tokens_are_counted_here_when_the_server_does_not_say(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer("one two three four", usage="none"))
    called = await _called(make_model("openai/my-own-model"))
    assert called.tokens_in > 4
    assert called.tokens_out == 4


async def test_thoughts_are_no_part_of_the_answer(make_model, model_server: ModelServer) -> None:
    model = make_model()
    model_server.add(Answer("hello", reasoning="What would a butler say?"))
    assert await _text(model) == "hello"
    model_server.add(Answer(chunks=["\n<th", "ink>or </thin", "k is", "</think", ">\n", "\nhello"]))
    assert await _text(model) == "hello"


async def test_options_are_passed_on_and_dropped_where_not_supported(
    make_model, model_server: ModelServer
) -> None:
    options = {"temperature": 0.2, "max_tokens": 77}
    model_server.add("a", "b")
    await _text(make_model("openai/my-own-model", options=options))
    await _text(make_model("openai/gpt-5-mini", options=options))
    own, gpt = (request.body for request in model_server.requests)
    assert (own["temperature"], own["max_tokens"]) == (0.2, 77)
    assert gpt["max_completion_tokens"] == 77
    assert "temperature" not in gpt


async def test_a_tool_call_that_was_not_offered_is_no_answer(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer("hello", tools=[ToolUse("rm", {"path": "/"})]))
    assert await _text(make_model()) == "hello"


async def test_tool_calls_are_put_together_from_the_stream(
    make_model, model_server: ModelServer
) -> None:
    uses = [ToolUse("add", {"a": 2, "b": 40}), ToolUse("look", "{broken")]
    model_server.add(Answer(tools=uses))
    tools = [{"type": "function", "function": {"name": name}} for name in ("add", "look")]
    messages = [{"role": "user", "content": "Add 2 and 40."}]
    *made, called = [part async for part in make_model().converse("planner", messages, tools)]
    assert made == [
        native.ToolUse("call_0", "add", {"a": 2, "b": 40}, '{"a": 2, "b": 40}'),
        native.ToolUse("call_1", "look", None, "{broken"),
    ]
    assert isinstance(called, ModelCalled)


async def test_what_is_private_goes_to_the_private_model_alone(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(repeat=True, text="hello"))
    model = make_model(private=ModelChoice("openai/at-home", model_server.url))
    assert (await _called(model, private=True)).model == "openai/at-home"
    assert (await _called(model)).model == "openai/gpt-5-mini"
    assert [request.model for request in model_server.requests] == ["at-home", "gpt-5-mini"]


async def test_a_role_without_a_model_says_how_to_add_one() -> None:
    model = LiteLlmModel({}, lambda _name: None)
    assert model.name("planner") is None
    with pytest.raises(ModelError, match=r"No model is set up as planner: .* `butler setup`"):
        await _text(model)


async def test_closing_the_iterator_closes_the_connection_at_once(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer("a b c d", fault="hang", after=1))
    parts = make_model().stream("planner", HELLO)
    await anext(parts)
    before = time.monotonic()
    await parts.aclose()
    assert await model_server.requests[0].client_left() - before < 0.2


@pytest.mark.parametrize("after", [0, 2], ids=["before the first token", "in mid-stream"])
async def test_cancelling_closes_the_connection_at_once(
    make_model, model_server: ModelServer, after: int
) -> None:
    model_server.add(Answer("a b c d", fault="hang", after=after))
    arrived = asyncio.Event()

    async def consume() -> None:
        async for _ in make_model().stream("planner", HELLO):
            arrived.set()

    task = asyncio.create_task(consume())
    request = await model_server.arrived()
    if after:
        await arrived.wait()
    before = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await request.client_left() - before < 0.2


async def test_calls_side_by_side_do_not_mix(make_model, model_server: ModelServer) -> None:
    model = make_model()
    for name in ("ann", "bob", "eve"):
        model_server.add(Answer(f"hello {name} " * 5, when=name, token_delay=0.001))
    texts = await asyncio.gather(
        *(_text(model, [Message("user", f"I am {name}")]) for name in ("eve", "ann", "bob"))
    )
    assert [set(text.split()) for text in texts] == [{"hello", n} for n in ("eve", "ann", "bob")]


async def _text(model: Model, messages: list[Message] | None = None) -> str:
    parts = [part async for part in model.stream("planner", messages or HELLO)]
    return "".join(part for part in parts if isinstance(part, str))


async def _called(model: Model, *, private: bool = False) -> ModelCalled:
    parts = [part async for part in model.stream("writer", HELLO, private=private)]
    assert isinstance(parts[-1], ModelCalled)
    return parts[-1]
