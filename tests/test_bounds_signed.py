"""Bounds are read from one line each, and never cover more than they say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from butler_tui.butler.bounds import read_bounds
from butler_tui.core.errors import UsageError
from butler_tui.core.rules import Rule
from butler_tui.tools.plugins import find_tools

TOOLS = find_tools(Path("/nowhere")).tools
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def only(line: str, folder: str = "/home/me") -> Rule:
    [rule] = read_bounds([line], "run1", Path(folder), TOOLS).rules
    return rule


def test_a_bound_is_a_rule_of_one_run_with_a_count() -> None:
    rule = only("write_file: most=3, path=/x/**")
    assert (rule.run, rule.most, rule.tool) == ("run1", 3, "write_file")
    assert rule.covers("write_file", {"path": "/x/a/b.md"}, {}, "run1", NOW)
    assert not rule.covers("write_file", {"path": "/x/a/b.md"}, {}, "run2", NOW)
    assert not rule.covers("write_file", {"path": "/y/b.md"}, {}, "run1", NOW)


@pytest.mark.parametrize("glob", ["*.md", "notes/*.md", "./*.md", "**/*.md"])
def test_a_path_that_is_not_absolute_starts_in_the_run_s_folder(glob: str) -> None:
    rule = only(f"write_file: most=1, path={glob}")
    path = "/home/me/notes/a.md" if "notes" in glob else "/home/me/a.md"
    assert rule.covers_args({"path": path})
    assert not rule.covers_args({"path": f"/elsewhere{path}"})


def test_a_folder_s_own_brackets_are_no_glob() -> None:
    rule = only("write_file: most=1, path=*.md", "/home/[ab]")
    assert rule.covers_args({"path": "/home/[ab]/x.md"})
    assert not rule.covers_args({"path": "/home/a/x.md"})


def test_addresses_alternatives_and_quotes() -> None:
    rule = only("http_request: most=2, url.host=a.example|'b, c|d', method=POST")
    assert rule.args["url.host"] == ("a.example", "b, c|d")
    assert rule.covers_args({"url.host": "a.example", "method": "POST"})


def test_a_bound_names_the_argument_and_where_it_may_come_from() -> None:
    rule = only("http_request: most=1, body from 'web page a.example', even if private")
    assert rule.even_if == ("private",)
    assert rule.accepts_sources("body", ["web page a.example"])
    assert not rule.accepts_sources("body", ["web page b.example"])
    assert not rule.accepts_sources("url", ["web page a.example"])


def test_a_cost_is_a_bound_of_its_own() -> None:
    bounds = read_bounds(["cost=0.5"], "run1", Path("/"), TOOLS)
    assert (bounds.cost_usd, list(bounds.rules)) == (0.5, [])
    assert not read_bounds([], "run1", Path("/"), TOOLS)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("write_file", "write TOOL: most=COUNT"),
        ("write_fil: most=3", "did you mean write_file"),
        ("write_file: path=/x/**", "say how many"),
        ("write_file: most=3, pth=/x/**", "has no argument pth"),
        ("write_file: most=three", "most is a count"),
        ("write_file: most=3, even if friendly", "not untrusted, private or changed"),
        ("write_file: most=3, please", "says nothing known"),
        ("write_file: most=3,", "says nothing known"),
        ("write_file: most=3, body from x", "has no argument body"),
        ("cost=much", "in US dollars"),
    ],
)
def test_what_cannot_be_read_is_refused(line: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        only(line)
