"""With a model: it plans the goal, through the real LiteLLM, and what it cost is shown."""

from __future__ import annotations

from command_line import CommandLine
from model_answers import Answer
from model_server import ModelServer


def test_a_model_plans_the_goal(butler: CommandLine, model_server: ModelServer) -> None:
    config = butler.home / "config.toml"
    config.write_text(f'[model]\nname = "openai/scripted"\napi_base = "{model_server.url}"\n')
    config.chmod(0o600)
    model_server.add(
        Answer('page = read_file("README.md")  # Look\nanswer(f"It says: {page.text}")\n')
    )
    done = butler("run", "What does the README say?", "--json")
    assert done.code == 0, done.err
    types = [event["type"] for event in done.lines]
    assert "model_called" in types
    assert done.lines[0]["model"] == "openai/scripted"
    assert done.lines[-1]["answer"].startswith("It says: # Tea")
    assert "openai/scripted: 1 call," in butler("show", "last").out


def test_a_model_without_a_key_fails_the_run_in_a_sentence(butler: CommandLine) -> None:
    done = butler("run", "What does the README say?", "--model", "openai/gpt-5-mini")
    assert (done.code, done.out) == (1, "")
    assert "OPENAI_API_KEY" in done.err
    assert "Traceback" not in done.err
