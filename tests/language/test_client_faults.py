"""Every way a model can fail ends in a sentence that says what to do, after tries that may help."""

from __future__ import annotations

import socket
import sys
import time
from typing import Any

import pytest
from model_server import Answer, ModelServer, ToolUse

from butler_tui.core.errors import ModelError
from butler_tui.core.events import ModelCalled
from butler_tui.core.ports import Message, Model

HELLO = [Message("user", "Say hello.")]
TOO_LONG = {
    "message": "This model's maximum context length is 8192 tokens, you asked for 9000.",
    "code": "context_length_exceeded",
}
NO_QUOTA = {"message": "You exceeded your current quota", "code": "insufficient_quota"}


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=401), "does not accept the key for openai/m: set BUTLER_KEY_127_0_0_1_"),
        (Answer(status=402), "There is no credit left for openai/m: top up"),
        (Answer(status=403), "may not use openai/m: allow it there"),
        (Answer(status=404), "There is no model openai/m at 127.0.0.1:"),
        (Answer(status=413), "The prompt is too long for openai/m: give it fewer"),
        (Answer(status=400, error=TOO_LONG), "The prompt is too long for openai/m: give it fewer"),
        (Answer(status=429, error=NO_QUOTA), "There is no credit left for openai/m: top up"),
        (
            Answer(status=400, error={"message": "no such knob"}),
            "openai/m cannot be asked like this: no such knob; check its name and options",
        ),
        (Answer(""), "openai/m gave an empty answer: try again"),
        (Answer("<think>Hm."), "openai/m gave an empty answer: try again"),
        (Answer("a b", finish="length"), "was cut off at its limit: raise max_tokens"),
        (Answer(reasoning="Hm.", finish="length"), "never began before its limit: raise max"),
        (Answer("a", finish="content_filter"), "content filter stopped the answer of openai/m"),
        (Answer(fault="garbage"), "sent nothing that can be read: is 127.0.0.1:"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_will_not_get_better_is_not_tried_again(
    make_model, model_server: ModelServer, answer: Answer, says: str
) -> None:
    model_server.add(answer)
    _, error = await _ask(make_model("openai/m"))
    assert says in str(error)
    assert "\n" not in str(error)
    assert not error.transient
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=408, repeat=True), "openai/m fell silent and was given up: try again"),
        (Answer(status=429, repeat=True), "openai/m has had too many requests: try again in a wh"),
        (Answer(status=500, repeat=True), "The server of openai/m fails (status 500): try again"),
        (Answer(status=503, repeat=True), "The server of openai/m fails (status 503): try again"),
        (Answer(status=529, repeat=True), "The server of openai/m fails (status 529): try again"),
        (Answer(fault="reset", repeat=True), "The connection to openai/m broke off: try again"),
        (Answer(fault="hang", repeat=True), "openai/m fell silent and was given up: try again"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_may_get_better_is_tried_three_times(
    make_model, model_server: ModelServer, answer: Answer, says: str
) -> None:
    model_server.add(answer)
    parts, error = await _ask(make_model("openai/m"))
    assert says in str(error)
    assert error.transient
    assert len(model_server.requests) == 3
    assert parts == []


async def test_a_try_that_succeeds_hides_those_that_failed(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(status=500), Answer(fault="reset"), Answer(chunks=["hello"]))
    parts = [part async for part in make_model().stream("planner", HELLO)]
    assert parts[0] == "hello"
    assert isinstance(parts[1], ModelCalled)


async def test_the_wait_that_the_provider_asks_for_is_kept(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(status=429, headers={"retry-after": "0.3"}), "hello")
    assert [part async for part in make_model().stream("planner", HELLO)]
    first, second = model_server.requests
    assert 0.3 <= second.at - first.at < 2


async def test_a_wait_of_minutes_is_left_to_the_person(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(status=429, headers={"retry-after": "240"}))
    _, error = await _ask(make_model("openai/m"))
    assert "try again in 240 s" in str(error)
    assert error.transient
    assert len(model_server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("reset", "The connection to openai/m broke off"),
        ("end", "The answer of openai/m broke off"),
        ("hang", "openai/m fell silent"),
        ("garbage", "openai/m sent what cannot be read"),
    ],
)
async def test_what_breaks_off_is_not_said_twice_and_is_paid_for(
    make_model, model_server: ModelServer, fault: Any, says: str
) -> None:
    model_server.add(Answer(chunks=["one", " two", " three"], fault=fault, after=2))
    parts, error = await _ask(make_model("openai/m"))
    assert parts[:2] == ["one", " two"]
    assert isinstance(parts[2], ModelCalled)
    assert parts[2].tokens_out == 2
    assert says in str(error)
    assert error.transient
    assert len(model_server.requests) == 1


@pytest.mark.parametrize("cut", [{"finish": "length"}, {"fault": "end", "after": 2}])
async def test_a_tool_call_that_was_cut_off_is_not_made(
    make_model, model_server: ModelServer, cut: dict[str, Any]
) -> None:
    use = ToolUse("move", {"from": "a", "to": "b", "overwrite": False})
    model_server.add(Answer(tools=[use], **cut))
    tools = [{"type": "function", "function": {"name": "move"}}]
    parts: list[Any] = []
    with pytest.raises(ModelError):
        async for part in make_model().converse(
            "planner", [{"role": "user", "content": "go"}], tools
        ):
            parts.append(part)  # noqa: PERF401  (what came before the failure must be kept)
    assert [type(part) for part in parts] == [ModelCalled]


async def test_a_model_that_repeats_itself_for_ever_is_stopped(
    make_model, model_server: ModelServer
) -> None:
    model_server.add(Answer(chunks=["again "] * 5_000))
    parts, error = await _ask(make_model("openai/m"))
    assert len(parts) < 1_000
    assert "openai/m kept repeating itself and was stopped" in str(error)


async def test_an_empty_answer_is_paid_for_too(make_model, model_server: ModelServer) -> None:
    model_server.add(Answer("", usage=(70, 3)))
    parts, _ = await _ask(make_model())
    assert isinstance(parts[0], ModelCalled)
    assert (parts[0].tokens_in, parts[0].tokens_out) == (70, 3)


async def test_a_server_that_is_not_there(make_model) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening: nobody else can answer here
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        _, error = await _ask(make_model("openai/m", api_base=f"http://{host}/v1"))
    assert str(error) == (
        f"No model server answers at {host}: start it, "
        "or correct api_base under [model] in config.toml."
    )
    assert error.transient


@pytest.mark.skipif(sys.platform != "linux", reason="others queue connections differently")
async def test_a_host_that_takes_no_connection_is_given_up_in_time(make_model) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(full.getsockname())  # nobody accepts: the queue is full
        started = time.monotonic()
        host = f"127.0.0.1:{full.getsockname()[1]}"
        _, error = await _ask(make_model("openai/m", api_base=f"http://{host}/v1"))
        for one in waiting:
            one.close()
    assert "No model server answers" in str(error)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("name", "api_base", "says"),
    [
        ("gpt", None, "'gpt' is no model's name: write provider/model"),
        ("", None, "'' is no model's name: write provider/model"),
        ("nobody/x", None, "'nobody/x' is no model's name: write provider/model"),
        ("openai/m", None, "There is no key for openai/m: set OPENAI_API_KEY in the environment"),
        ("anthropic/m", None, "or keep it with `butler secrets set ANTHROPIC_API_KEY`"),
        ("gemini/m", None, "or keep it with `butler secrets set GEMINI_API_KEY`"),
        ("openai/m", "localhost:11434", "The api_base of openai/m is no address: write it with ht"),
    ],
)
async def test_what_is_wrong_before_anything_is_sent(
    make_model, name: str, api_base: str | None, says: str
) -> None:
    _, error = await _ask(make_model(name, api_base=api_base))
    assert says in str(error)
    assert not error.transient


async def test_options_cannot_take_the_place_of_butlers_own(
    make_model, model_server: ModelServer
) -> None:
    options = {"base_url": "http://elsewhere.example", "api_key": "k"}
    _, error = await _ask(make_model("openai/m", options=options))
    assert "may not hold api_key, base_url" in str(error)
    assert model_server.requests == []


async def test_ollama_is_asked_by_its_chat_address(make_model, model_server: ModelServer) -> None:
    model_server.add(Answer(status=404, repeat=True))
    _, error = await _ask(make_model("ollama/qwen3"))
    assert [request.path for request in model_server.requests] == ["/v1/api/chat"]
    assert "fetch it with `ollama pull qwen3`" in str(error)


async def test_a_servers_words_are_cut_and_cleaned(make_model, model_server: ModelServer) -> None:
    model_server.add(Answer(status=400, error={"message": "\x1b[2Jbad\u202e thing" + "!" * 9999}))
    _, error = await _ask(make_model("openai/m"))
    assert len(str(error)) < 400
    assert str(error).isprintable()


async def _ask(model: Model) -> tuple[list[str | ModelCalled], ModelError]:
    """What came before the failure, and the failure."""
    parts: list[str | ModelCalled] = []
    with pytest.raises(ModelError) as caught:
        async for part in model.stream("planner", HELLO):
            parts.append(part)  # noqa: PERF401  (what came before the failure must be kept)
    return parts, caught.value
