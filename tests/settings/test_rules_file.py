"""Rules are read with their paths resolved, and kept without disturbing what the person wrote."""

from __future__ import annotations

import multiprocessing
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.core.errors import SettingsError
from butler_tui.core.rules import Decision, Rule
from butler_tui.settings import keep_rule, load, read_rules, remove_rule
from butler_tui.settings.places import Places

RULE = Rule(tool="write_file", args={"path": "/n/*"}, decision=Decision.ALLOW, because="mine")


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o600)
    return path


def only(path: Path) -> Rule:
    (rule,) = read_rules(path)
    return rule


def test_without_a_file_there_are_no_rules(tmp_path: Path) -> None:
    assert read_rules(tmp_path / "rules.toml") == []


def test_a_kept_rule_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rules.toml"
    keep_rule(path, RULE)
    other = RULE.model_copy(update={"expires": datetime(2027, 1, 1, tzinfo=UTC), "because": ""})
    keep_rule(path, other)
    assert read_rules(path) == [RULE, other]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rule_is_kept_once(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    keep_rule(path, RULE)
    keep_rule(path, RULE)
    assert read_rules(path) == [RULE]


def test_comments_and_order_stay(tmp_path: Path) -> None:
    mine = '# my own words\n[[rules]]\ntool = "x"   # why\ndecision = "deny"\n\n# the end\n'
    path = write(tmp_path / "rules.toml", mine)
    keep_rule(path, RULE)
    text = path.read_text()
    for line in mine.splitlines():
        assert line in text
    assert [rule.tool for rule in read_rules(path)] == ["x", "write_file"]


def test_an_inline_list_of_rules_can_be_added_to(tmp_path: Path) -> None:
    path = write(tmp_path / "rules.toml", 'rules = [{ tool = "x", decision = "deny" }]\n')
    keep_rule(path, RULE)
    assert [rule.tool for rule in read_rules(path)] == ["x", "write_file"]


def test_a_file_that_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path / "rules.toml", "rules = [")
    with pytest.raises(SettingsError, match="is not valid TOML"):
        keep_rule(path, RULE)
    assert path.read_text() == "rules = ["


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "rules.toml"
    keep_rule(real, RULE)
    link = tmp_path / "rules.toml"
    link.symlink_to(real)
    keep_rule(link, RULE.model_copy(update={"tool": "other"}))
    assert link.is_symlink()
    assert len(read_rules(real)) == 2


def _keep_some(path: Path, who: int) -> None:
    for number in range(5):
        keep_rule(path, RULE.model_copy(update={"tool": f"t{who}_{number}"}))


def test_processes_that_keep_rules_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    spawn = multiprocessing.get_context("spawn")
    others = [spawn.Process(target=_keep_some, args=(path, who)) for who in (1, 2)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    assert {rule.tool for rule in read_rules(path)} == {
        f"t{who}_{number}" for who in (1, 2) for number in range(5)
    }


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"])), because=st.text(max_size=20))
def test_whatever_a_rule_holds_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, text: str, because: str
) -> None:
    try:
        because.encode()
    except UnicodeEncodeError:
        return
    path = tmp_path_factory.mktemp("r") / "rules.toml"
    rule = RULE.model_copy(update={"args": {"query": text}, "because": because})
    keep_rule(path, rule)
    assert read_rules(path) == [rule]


def test_home_and_links_are_resolved_in_globs_and_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home[1]"
    (home / "real notes").mkdir(parents=True)
    (home / "notes").symlink_to(home / "real notes")
    monkeypatch.setenv("HOME", str(home))
    path = write(
        tmp_path / "rules.toml",
        """
        [[rules]]
        tool = "write_file"
        args = { path = "~/notes/**" }
        decision = "deny"
        match = [{ path = "~/notes/a.md" }, { path = "~/real notes/deep/b.md" }]
        not_match = [{ path = "~/notes/../.ssh/config" }]
        """,
    )
    rule = only(path)
    assert rule.covers_args({"path": f"{home.resolve()}/real notes/a.md"})
    assert not rule.covers_args({"path": f"{home.resolve()}/other/a.md"})


def test_an_example_that_does_not_hold_refuses_the_rule(tmp_path: Path) -> None:
    path = write(
        tmp_path / "rules.toml",
        """
        [[rules]]
        tool = "write_file"
        args = { path = "/n/*" }
        decision = "allow"
        not_match = [{ path = "/n/x/../secret" }]
        """,
    )
    with pytest.raises(SettingsError, match=r"rules\[0\]: the rule for write_file matches"):
        read_rules(path)


def test_only_paths_are_resolved(tmp_path: Path) -> None:
    path = write(
        tmp_path / "rules.toml",
        '[[rules]]\ntool = "http"\nargs = { url = "~/x/*", query = "/a/../b" }\ndecision = "ask"\n',
    )
    assert only(path).args == {"url": "~/x/*", "query": "/a/../b"}


@pytest.mark.parametrize("expires", ["2027-01-01T00:00:00", "2027-01-01"])
def test_a_time_without_a_zone_is_local(tmp_path: Path, expires: str) -> None:
    path = write(
        tmp_path / "rules.toml", f'[[rules]]\ntool = "x"\ndecision = "ask"\nexpires = {expires}\n'
    )
    rule = only(path)
    assert rule.expires == datetime(2027, 1, 1).astimezone()
    assert rule.covers("x", {}, {}, "run", datetime(2026, 1, 1, tzinfo=UTC))


def test_rules_in_the_settings_are_resolved_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(
        tmp_path / "config.toml",
        '[[approvals.rules]]\ntool = "x"\nargs = { path = "~/n/*" }\ndecision = "ask"\n',
    )
    found = load({}, places=Places.below(tmp_path))
    assert found.approvals.rules[0].args == {"path": f"{tmp_path.resolve()}/n/*"}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_removed_rule_takes_nothing_else_with_it(tmp_path: Path, at: int) -> None:
    rules = [f'[[rules]]\ntool = "t{one}" # why {one}\ndecision = "deny"\n' for one in range(3)]
    text = "# top\n" + "".join(f"# about {one}\n{rule}\n" for one, rule in enumerate(rules))
    path = write(tmp_path / "rules.toml", text)
    kept = read_rules(path)
    assert remove_rule(path, kept[at].id) == kept[at]
    assert read_rules(path) == kept[:at] + kept[at + 1 :]
    left = path.read_text()
    for one in range(3):
        assert f"# about {one}" in left
        assert (f"# why {one}" in left) is (one != at)


def test_a_rule_is_removed_however_it_is_written(tmp_path: Path) -> None:
    text = 'rules = [{ tool = "a", decision = "deny" }, { tool = "b", decision = "deny" }]\n'
    path = write(tmp_path / "rules.toml", text)
    first, second = read_rules(path)
    remove_rule(path, first.id)
    assert read_rules(path) == [second]
    tricky = (
        '[[rules]]\ntool = "a"\nbecause = """\n[[rules]]\n"""\ndecision = "deny"\n'
        '[[rules]]\ntool = "b"\ndecision = "deny"\n[rules.args]\npath = "/x"\n'
    )
    path = write(tmp_path / "tricky.toml", tricky)
    first, second = read_rules(path)
    remove_rule(path, second.id)
    assert read_rules(path) == [first]


def test_a_rule_that_is_not_there_is_not_removed(tmp_path: Path) -> None:
    assert remove_rule(tmp_path / "rules.toml", "12345678") is None


@pytest.mark.parametrize(
    "rule",
    [
        'tool = "write_file"\nargs = { path = "notes/**" }',
        'tool = "*"\nargs = { folder = ["/n/*", "work"] }',
        'tool = "move_*"\nargs = { to = "old/*" }',
        'tool = "write_file"\nmatch = [{ path = "notes/a.md" }]',
        'tool = "write_file"\nargs = { path = "**/a" }\nmatch = [{ path = "*/a" }]',
    ],
)
def test_a_path_that_begins_nowhere_is_refused(tmp_path: Path, rule: str) -> None:
    places = Places.below(tmp_path)
    write(places.rules, f'[[rules]]\n{rule}\ndecision = "deny"\n')
    with pytest.raises(SettingsError, match="which no call can have: write the whole path \\(/"):
        read_rules(places.rules)
    write(places.config, f'[[approvals.rules]]\n{rule}\ndecision = "deny"\n')
    with pytest.raises(SettingsError, match="which no call can have"):
        load({}, places=places)


@pytest.mark.parametrize(
    ("tool", "name", "glob"),
    [
        ("write_file", "path", "**/.git/**"),
        ("write_file", "path", "~/n/*"),
        ("send_email", "to", "anna@example.org"),
        ("run_command", "folder", ""),
    ],
)
def test_what_is_a_whole_path_or_none_is_taken(
    tmp_path: Path, tool: str, name: str, glob: str
) -> None:
    write(
        tmp_path / "rules.toml",
        f'[[rules]]\ntool = "{tool}"\nargs = {{ {name} = "{glob}" }}\ndecision = "deny"\n',
    )
    assert only(tmp_path / "rules.toml").tool == tool
