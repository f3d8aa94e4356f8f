"""A call and a post through the real command line: asked about first, and made exactly once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from call_providers import CALLS, TWILIO, Provider
from command_line import CommandLine
from social_networks import Networks
from web_site import Running, Site

CALL = 'call +49 30 901820 and say "The table is for four."'
POST = 'post "We are open on Sunday." on mastodon'


@pytest.fixture
def site(butler: CommandLine) -> Iterator[Site]:
    """A provider of calls and a network, set up for this person."""
    with Running() as site:
        config = butler.home / "config.toml"
        config.write_text(
            "[phone]\n"
            'provider = "twilio"\n'
            f'twilio_account = "{TWILIO["phone.twilio_account"]}"\n'
            f'twilio_from = "{TWILIO["phone.twilio_from"]}"\n'
            f'api_base = "{site.origin}"\n'
            f'[social.mastodon]\nserver = "{site.origin}"\n'
        )
        config.chmod(0o600)
        butler.environ |= {"TWILIO_AUTH_TOKEN": "twilio-key", "MASTODON_TOKEN": "mastodon-token"}
        yield site


def test_a_call_is_asked_about_and_made_once(butler: CommandLine, site: Site) -> None:
    provider = Provider(site)
    assert butler("run", CALL).code == 3
    assert site.visits == []
    [held] = butler("approvals", "--json").lines
    assert "+49 30 901820 (Germany, a landline)" in str(held)
    assert "The table is for four." in str(held)
    assert butler("allow", held["id"]).code == 0
    done = butler("resume", held["run"])
    assert done.code == 0, done.err
    assert "completed, 17 seconds." in done.out
    assert len(provider.asked("POST", CALLS)) == 1


def test_a_post_is_asked_about_and_made_once(butler: CommandLine, site: Site) -> None:
    networks = Networks(site)
    assert butler("run", POST).code == 3
    assert site.visits == []
    [held] = butler("approvals", "--json").lines
    assert "We are open on Sunday." in str(held)
    assert butler("allow", held["id"]).code == 0
    done = butler("resume", held["run"])
    assert done.code == 0, done.err
    assert f"Posted on mastodon: {site.origin}/@me/1032" in done.out
    assert networks.paths == [("POST", "/api/v1/statuses")]


def test_what_nobody_answered_is_unknown_and_not_repeated(butler: CommandLine, site: Site) -> None:
    Networks(site)
    site.on("/api/v1/statuses", lambda visit: setattr(visit, "close_connection", True))
    assert butler("run", POST, "--yes").code != 0
    run = butler.last()
    assert "did not answer to the end" in butler("report", run, env={"COLUMNS": "200"}).out
    butler("resume", run)
    assert [one.path for one in site.visits] == ["/api/v1/statuses"]


def test_what_is_not_set_up_says_what_it_lacks(butler: CommandLine) -> None:
    wide = {"COLUMNS": "300"}
    refused = butler("run", CALL, env=wide)
    assert refused.code == 2 and "Nobody places calls yet" in refused.err
    refused = butler("run", POST, env=wide)
    assert refused.code == 2 and "No social network is set up" in refused.err
