"""Models under test: real LiteLLM, pointed at the scripted server."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable

import pytest
from model_server import ModelServer

from butler_tui.language.choice import ModelChoice
from butler_tui.language.client import LiteLlmModel, Timeouts

QUICK = Timeouts(connect=0.5, silence=0.4, tries=(0.01, 0.02))

MakeModel = Callable[..., LiteLlmModel]


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key or address of the person who runs the tests gets into them."""
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL", "_AUTH_TOKEN")):
            monkeypatch.delenv(name)


@pytest.fixture
async def make_model(model_server: ModelServer) -> AsyncIterator[MakeModel]:
    """Makes a model that plays every role; by default it is the scripted one."""
    made: list[LiteLlmModel] = []

    def make(
        name: str = "openai/gpt-5-mini",
        *,
        api_base: str | None = "",
        options: dict[str, object] | None = None,
        secrets: dict[str, str] | None = None,
        private: ModelChoice | None = None,
        timeouts: Timeouts = QUICK,
    ) -> LiteLlmModel:
        address = model_server.url if api_base == "" else api_base
        choice = ModelChoice(name, address, options or {})
        roles = {"planner": choice, "writer": choice, "reviewer": choice}
        find = (secrets or {}).get
        made.append(LiteLlmModel(roles, find, private=private, timeouts=timeouts))
        return made[-1]

    yield make
    for model in made:
        await model.close()
