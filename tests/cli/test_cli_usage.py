"""`butler usage`, and how budgets and estimates are told on the command line."""

from __future__ import annotations

import pytest
from command_line import CommandLine
from model_server import Answer, ModelServer

WRITES = (
    'first = write_text("one")\nthen = write_text("two", inputs=[first.text])\nanswer(then.text)\n'
)


@pytest.fixture
def with_model(butler: CommandLine, model_server: ModelServer) -> CommandLine:
    """A person whose model has a known price, and who allows one call a run."""
    settings = f'[model]\nname = "openai/gpt-4o"\napi_base = "{model_server.url}"\n'
    config = butler.home / "config.toml"
    config.write_text(f"{settings}[limits]\nmodel_calls = 1\n")
    config.chmod(0o600)
    return butler


def test_a_spent_budget_ends_the_run_and_what_was_used_is_summed(
    with_model: CommandLine, model_server: ModelServer
) -> None:
    butler = with_model
    model_server.add(Answer("a", usage=(100_000, 1_000)))
    plan = butler.plan(WRITES)
    said = butler("run", "--plan", plan)
    assert said.code == 1
    assert "3 steps; cost unknown, time unknown (write_text never ran)" in said.err
    assert "used up: 1 of 1 model calls" in said.err
    assert "The run failed. The run has used 1 of 1 model calls. Raise model_calls" in said.err
    (day,) = butler("usage", "--json").lines
    assert (day["calls"], day["tokens_in"], day["unpriced"]) == (1, 100_000, 0)
    assert day["cost"] == pytest.approx(0.26)
    by_model = butler("usage", "--by", "model", "--days", "1")
    assert "openai/gpt-4o  1      100000  1000   $0.2600" in by_model.out
    assert "1 call today: $0.2600" in by_model.err


def test_usage_without_runs_and_by_what_there_is_not(butler: CommandLine) -> None:
    assert "No model was called in 30 days." in butler("usage").err
    wrong = butler("usage", "--by", "week")
    assert (wrong.code, wrong.err) == (2, "butler: --by week: it must be day, model or run.\n")
