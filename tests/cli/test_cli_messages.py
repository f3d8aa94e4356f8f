"""A message by a goal without a model, through the whole house."""

from __future__ import annotations

import json

from command_line import CommandLine
from web_site import Running

GOAL = "send the message 'Lunch at one' to team"


def test_a_message_is_asked_sent_once_and_reported(butler: CommandLine) -> None:
    with Running() as site:
        config = butler.home / "config.toml"
        settings = f'kind = "ntfy"\nto = "lunch"\nserver = "{site.origin}"\n'
        config.write_text(f"[messages.team]\n{settings}")
        config.chmod(0o600)
        site.page("/", '{"id": "n1"}', kind="application/json")
        assert butler("run", GOAL).code == 3
        assert site.visits == []
        done = butler("run", GOAL, "--yes")
        assert (done.code, done.out) == (0, "Sent to team: Lunch at one\n"), done.err
        assert "verified" in butler("report", "last").out
    [visit] = site.visits
    assert json.loads(visit.body) == {"topic": "lunch", "message": "Lunch at one"}


def test_without_a_service_it_says_what_is_lacking(butler: CommandLine) -> None:
    refused = butler("run", GOAL, "--yes", env={"COLUMNS": "300"})
    assert refused.code == 2
    assert "No service is named under [messages] in config.toml" in refused.err
