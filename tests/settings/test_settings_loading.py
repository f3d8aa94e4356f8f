"""config.toml, the environment and the command line become settings, or one clear sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from butler_tui.core.errors import SettingsError
from butler_tui.core.policy import Mode
from butler_tui.settings import Places, Settings, load


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


def write(home: Path, text: str, name: str = "config.toml") -> Path:
    path = home / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def settings(home: Path, text: str | None = None, **given: str) -> Settings:
    if text is not None:
        write(home, text)
    environ = {"BUTLER_HOME": str(home)} | {k: v for k, v in given.items() if k.isupper()}
    return load(environ, model=given.get("model"), mode=given.get("mode"))


def problem(home: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        settings(home, text)
    return str(caught.value).removeprefix(f"{home / 'config.toml'}")


def test_without_a_file_the_defaults_hold(home: Path) -> None:
    found = settings(home)
    assert found.approvals.mode is Mode.NORMAL
    assert found.limits.parallel_steps == 8
    assert found.limits.steps == 200
    assert found.model.role("planner") is None
    assert found.folders.allowed == (Path(),)


def test_the_example_file_loads_and_shows_the_defaults(home: Path) -> None:
    example = Path(__file__).parents[2] / "config.example.toml"
    found = settings(home, example.read_text())
    assert found.model.name == "anthropic/claude-sonnet-4-5"
    assert found.model_copy(update={"model": Settings().model}) == Settings()


def test_the_commented_parts_of_the_example_load_too(home: Path) -> None:
    example = Path(__file__).parents[2] / "config.example.toml"
    lines = example.read_text().splitlines()
    shown = [line.removeprefix("# ") if " = " in line or "# [" in line else line for line in lines]
    found = settings(home, "\n".join(shown))
    assert found.approvals.rules[0].because == "my notes"
    assert found.search.order == ("searxng", "duckduckgo")
    assert found.secrets.env_file == home / ".env"
    reviewer = found.model.role("reviewer")
    assert reviewer is not None
    assert reviewer.name == "openai/gpt-5-mini"


ROLES = """
[model]
name = "openai/big"
api_base = "http://127.0.0.1:1"
options = { temperature = 0.2, extra_headers = { authorization = "mine" } }
[model.writer]
options = { temperature = 0.9 }
[model.reviewer]
name = "anthropic/other"
"""


def test_a_role_inherits_what_it_does_not_say(home: Path) -> None:
    writer = settings(home, ROLES).model.role("writer")
    assert writer is not None
    assert (writer.name, writer.api_base) == ("openai/big", "http://127.0.0.1:1")
    assert writer.options["temperature"] == 0.9
    assert writer.options["extra_headers"] == {"authorization": "mine"}


def test_a_role_with_its_own_name_gets_neither_the_server_nor_its_key(home: Path) -> None:
    reviewer = settings(home, ROLES).model.role("reviewer")
    assert reviewer is not None
    assert (reviewer.name, reviewer.api_base) == ("anthropic/other", None)
    assert reviewer.options == {"temperature": 0.2}


@pytest.mark.parametrize(
    ("given", "chosen", "server"),
    [
        ({"BUTLER_MODEL": "openai/env"}, "openai/env", "http://127.0.0.1:1"),
        ({"model": "openai/line"}, "openai/line", "http://127.0.0.1:1"),
        ({"model": "x/line", "BUTLER_MODEL": "openai/env"}, "x/line", None),
    ],
)
def test_one_model_can_replace_every_role(
    home: Path, given: dict[str, str], chosen: str, server: str | None
) -> None:
    found = settings(home, ROLES, **given)
    for role in ("planner", "writer", "reviewer"):
        model = found.model.role(role)
        assert model is not None
        assert (model.name, model.api_base) == (chosen, server)


def test_a_role_of_its_own_does_not_need_a_model_for_the_others(home: Path) -> None:
    found = settings(home, '[model.planner]\nname = "x/y"')
    assert found.model.role("planner") is not None
    assert found.model.role("writer") is None


def test_the_mode_of_the_command_line_wins(home: Path) -> None:
    assert settings(home, '[approvals]\nmode = "careful"').approvals.mode is Mode.CAREFUL
    assert settings(home, mode="trusting").approvals.mode is Mode.TRUSTING
    with pytest.raises(SettingsError, match="no mode bold; it must be one of careful, normal"):
        settings(home, mode="bold")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[modle]", ": there is no setting modle; did you mean model?"),
        ("[model]\nnmae = 'x'", ": there is no setting model.nmae; did you mean model.name?"),
        ("mode = 'careful'", ": there is no setting mode; did you mean approvals.mode?"),
        ("[inbox]\nseconds = 8", ": there is no setting inbox"),
        (
            "[limits]\nxyzzy = 1.0",
            ": there is no setting limits.xyzzy; known here: cost_usd",
        ),
        (
            "[approvals]\nmode = 'carefull'",
            ": approvals.mode is 'carefull', but must be one of 'careful', 'normal' or 'trusting'; "
            "did you mean 'careful'?",
        ),
        ("[limits]\nsteps = '5'", ": limits.steps is '5', but must be a whole number."),
        ("[limits]\nsteps = true", ": limits.steps is true, but must be a whole number."),
        ("[limits]\nsteps = 0", ": limits.steps is 0, but must be greater than or equal to 1."),
        ("model = 'gpt'", ": model is 'gpt', but must be a table."),
        ("[model]\nname = 3", ": model.name is 3, but must be text."),
        ("[model]\nname = ''", ": model.name is '', but must be text that is not empty."),
        ("[model]\noptions = 3", ": model.options is 3, but must be a table."),
        ("[folders]\nallowed = '.'", ": folders.allowed is '.', but must be a list."),
        ("[folders]\nallowed = [3]", ": folders.allowed[0] is 3, but must be "),
        ("[network]\nallow = ['localhost']", ": network.allow[0]: localhost is no origin; write"),
        ("[network]\nallow = ['http://h/x']", ": network.allow[0]: http://h/x is more than"),
        ("[[approvals.rules]]\ntool = 'x'", ": approvals.rules[0].decision is missing; it must"),
        (
            "[[approvals.rules]]\ntool='x'\ndecision='permit'",
            ": approvals.rules[0].decision is 'permit', but must be one of 'allow', 'ask' or",
        ),
        ("[approvals]\nrules = ['x']", ": approvals.rules[0] is 'x', but must be a table"),
    ],
)
def test_what_does_not_fit_is_named_in_a_sentence(home: Path, text: str, said: str) -> None:
    found = problem(home, text)
    assert found.startswith(said)
    assert "\n" not in found


def test_all_wrong_keys_are_named_up_to_five(home: Path) -> None:
    said = problem(home, "mode = 'careful'\n[model]\nnmae = 'x'\nname = 3\n[limits]\nstpes = 1")
    assert "did you mean approvals.mode?" in said
    assert " There is no setting model.nmae; did you mean model.name?" in said
    assert " There is no setting limits.stpes; did you mean limits.steps?" in said
    assert problem(home, "".join(f"k{n} = 1\n" for n in range(9))).lower().count("no setting") == 5


def test_the_value_of_an_unknown_key_is_not_repeated(home: Path) -> None:
    assert "hunter2" not in problem(home, "[secrets]\nOPENAI_API_KEY = 'hunter2'")


@pytest.mark.parametrize(
    ("text", "where"), [("[model]\nname = ", "line 2"), ("[model]\n\n\nname = 'a", "line 4")]
)
def test_what_is_no_toml_is_named_with_its_line(home: Path, text: str, where: str) -> None:
    said = problem(home, text)
    assert "is not valid TOML" in said
    assert where in said


def test_a_file_that_is_no_text_is_refused(home: Path) -> None:
    write(home, "").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        settings(home)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_write_is_refused(home: Path, mode: int) -> None:
    write(home, "").chmod(mode)
    with pytest.raises(SettingsError, match=r"open for others to write; run `chmod go-w '.*toml'`"):
        settings(home)


@pytest.mark.parametrize("mode", [0o770, 0o777])
def test_a_folder_that_others_can_write_is_refused(home: Path, mode: int) -> None:
    write(home, "")
    home.chmod(mode)
    with pytest.raises(SettingsError, match=r"home is open for others to write; run `chmod go-w"):
        settings(home)


def test_a_link_into_a_folder_that_others_can_write_is_refused(home: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    write(shared, "").rename(shared / "real.toml")
    (home / "config.toml").symlink_to(shared / "real.toml")
    assert settings(home) == Settings()
    shared.chmod(0o777)
    with pytest.raises(SettingsError, match="shared is open for others to write"):
        settings(home)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(home: Path) -> None:
    os.chown(write(home, ""), 12345, 12345)
    with pytest.raises(SettingsError, match="belongs to somebody else"):
        settings(home)


def test_a_wrong_rules_file_is_noticed_when_the_settings_load(home: Path) -> None:
    write(home, "[[rules]]\ntool = 'x'\n", "rules.toml")
    with pytest.raises(SettingsError, match=r"rules.toml: rules\[0\].decision is missing"):
        settings(home)


def test_a_tilde_is_the_home_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    found = settings(home, '[folders]\nallowed = [".", "~/work"]\n[secrets]\nenv_file = "~/e"')
    assert found.folders.allowed == (Path(), Path("/somewhere/work"))
    assert found.secrets.env_file == Path("/somewhere/e")
    assert "nobody-here-at-all" in problem(home, '[folders]\nallowed = ["~nobody-here-at-all/x"]')


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("search.searxng", "http://127.0.0.1:8888"),
        ("search.order", "searxng,brave"),
        ("limits.steps", "200"),
        ("limits.parallel_steps", "4"),
        ("model.options.seed", "7"),
        ("model.options.think", "true"),
        ("network.allow", None),
        ("model.private", None),
        ("search", None),
        ("search.none", None),
        ("search.order.0", None),
        ("", None),
        ("model_fields", None),
        ("limits.__class__", None),
    ],
)
def test_a_setting_as_text(home: Path, name: str, text: str | None) -> None:
    found = settings(
        home,
        """
        [search]
        searxng = "http://127.0.0.1:8888"
        order = ["searxng", "brave"]
        [limits]
        parallel_steps = 4
        [model.options]
        seed = 7
        think = true
        """,
    )
    assert found.option(name) == text


def test_butler_home_moves_everything(tmp_path: Path) -> None:
    places = Places.find({"BUTLER_HOME": str(tmp_path / "b")})
    assert places == Places.below(tmp_path / "b")
    assert (places.config.name, places.db.name, places.tools.name) == (
        "config.toml",
        "butler.db",
        "tools",
    )
    every = (places.config, places.rules, places.db, places.data, places.log, places.agents)
    assert all(one.is_relative_to(tmp_path / "b") for one in every)


def test_without_it_they_are_where_the_platform_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    places = Places.find({})
    every = (places.config, places.rules, places.db, places.tools, places.data, places.log)
    assert all("butler" in str(one) for one in every)
    assert all(any(one.is_relative_to(own) for own in places.own) for one in every)


def test_the_secrets_that_are_declared_and_where_they_may_go() -> None:
    settings = Settings.model_validate(
        {
            "secrets": {
                "hosts": {"B_TOKEN": ["api.github.com", "http://127.0.0.1:8080"]},
                "commands": {"A_TOKEN": ["pass", "show", "a"], "B_TOKEN": ["pass", "show", "b"]},
            }
        }
    )
    assert settings.secrets.destinations == {
        "A_TOKEN": (),
        "B_TOKEN": ("https://api.github.com", "http://127.0.0.1:8080"),
    }


def test_tools_that_others_wrote_have_settings(home: Path) -> None:
    found = settings(home, '[tools.weather]\nstation = "http://station.local"\n')
    assert found.option("tools.weather.station") == "http://station.local"
    assert found.option("tools.other.station") is None
