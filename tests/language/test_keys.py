"""No key reaches a host that it is not meant for."""

from __future__ import annotations

import pytest
from model_server import Answer, ModelServer

from butler_tui.core.errors import ModelError
from butler_tui.core.ports import Message, Model
from butler_tui.language.choice import ModelChoice
from butler_tui.language.keys import NO_KEY, key_arguments, server_key_name

REAL = "sk-real"
PROVIDERS = ["openai", "anthropic", "groq", "mistral", "openrouter", "deepseek", "ollama_chat"]


@pytest.mark.parametrize("provider", [*PROVIDERS, "hosted_vllm", "lm_studio", "gemini", "azure"])
async def test_a_server_named_in_the_settings_never_sees_a_providers_key(
    make_model, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    for name in (f"{provider.upper()}_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.setenv(name, REAL)
    model_server.add(Answer(status=400, repeat=True))
    secrets = {f"{provider.upper()}_API_KEY": REAL}
    with pytest.raises(ModelError):
        await _ask(make_model(f"{provider}/m", secrets=secrets))
    request = model_server.requests[0]
    assert REAL not in f"{request.path} {request.headers} {request.raw}"


async def test_a_server_of_ones_own_gets_the_key_that_carries_its_name(
    make_model, model_server: ModelServer
) -> None:
    name = server_key_name(ModelChoice("openai/m", model_server.url))
    model_server.add("hello")
    await _ask(make_model("openai/m", secrets={name: "own-key", "OPENAI_API_KEY": REAL}))
    assert model_server.requests[0].key == "own-key"


async def test_the_address_in_the_environment_gets_the_key_in_the_environment(
    make_model, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", model_server.url)
    monkeypatch.setenv("OPENAI_API_KEY", REAL)
    model_server.add("hello")
    await _ask(make_model("openai/m", api_base=None))
    assert model_server.requests[0].key == REAL


async def test_the_address_in_the_environment_needs_no_key(
    make_model, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", model_server.url)
    model_server.add("hello")
    await _ask(make_model("openai/m", api_base=None))
    assert model_server.requests[0].key == NO_KEY


async def test_a_key_that_was_refused_is_looked_up_again(
    make_model, model_server: ModelServer
) -> None:
    name = server_key_name(ModelChoice("openai/m", model_server.url))
    secrets = {name: "old"}
    model = make_model("openai/m", secrets=secrets)
    model_server.add(Answer(status=401, error={"message": "old is wrong"}), "hello")
    with pytest.raises(ModelError, match=f"keep the right one with `butler secrets set {name}`"):
        await _ask(model)
    secrets[name] = "new"
    await _ask(model)
    assert [request.key for request in model_server.requests] == ["old", "new"]


async def test_no_error_quotes_the_key(make_model, model_server: ModelServer) -> None:
    name = server_key_name(ModelChoice("openai/m", model_server.url))
    model = make_model("openai/m", secrets={name: "own-key"})
    for status in (400, 401, 403, 404, 500):
        model_server.add(Answer(status=status, error={"message": "own-key"}, repeat=status == 500))
        with pytest.raises(ModelError) as caught:
            await _ask(model)
        assert "own-key" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_the_providers_own_address_gets_its_key() -> None:
    choice = ModelChoice("openai/gpt-5-mini", "https://eu.api.openai.com/v1")
    found = key_arguments(choice, {"OPENAI_API_KEY": REAL}.get)
    assert found == {"api_base": "https://eu.api.openai.com/v1", "api_key": REAL}


@pytest.mark.parametrize(
    "address",
    [
        "http://api.openai.com/v1",
        "https://api.openai.com.evil.example/v1",
        "https://evil-openai.com/v1",
        "https://api.openai.com@evil.example/v1",
        "https://evil.example\\@api.openai.com/v1",
        "https://api.openai.com:8443/v1",
        "https://api.anthropic.com/v1",
    ],
)
def test_an_address_that_only_looks_like_the_providers_does_not(address: str) -> None:
    found = key_arguments(ModelChoice("openai/m", address), {"OPENAI_API_KEY": REAL}.get)
    assert found["api_key"] == NO_KEY


def test_names_of_secrets_are_bound_to_host_and_port() -> None:
    choice = ModelChoice("openai/m", "https://me:pw@gpu-1.lan.example:8000/v1")
    assert server_key_name(choice) == "BUTLER_KEY_GPU_1_LAN_EXAMPLE_8000"


def test_bedrock_gets_each_part_of_its_key() -> None:
    secrets = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "key"}
    found = key_arguments(ModelChoice("bedrock/m"), secrets.get)
    assert found == {"aws_access_key_id": "id", "aws_secret_access_key": "key"}


async def _ask(model: Model) -> None:
    async for _ in model.stream("planner", [Message("user", "Say hello.")]):
        pass
