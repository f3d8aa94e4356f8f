"""`butler policy`: the rules that hold, the history against others, a call explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

KEPT = """\
# mine
[[rules]]
tool = "write_file"   # why
args = { path = "FOLDER/copy.md" }
decision = "allow"

# about the next one
[[rules]]
tool = "delete_file"
decision = "deny"
"""


@pytest.fixture
def ruled(butler: CommandLine) -> CommandLine:
    """A person with two kept rules and one in their settings."""
    put(butler.home / "rules.toml", KEPT.replace("FOLDER", str(butler.folder)))
    put(
        butler.home / "config.toml",
        '[[approvals.rules]]\ntool = "http_request"\ndecision = "ask"\nbecause = "the web"\n'
        "expires = 2099-01-01T00:00:00\n",
    )
    return butler


def put(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)


def test_every_rule_is_listed_with_its_place_and_use(ruled: CommandLine, copying: str) -> None:
    assert ruled("run", "--plan", copying).code == 0
    web, write, delete = ruled("policy", "--json").lines
    assert (web["kept"], web["until"], web["times"]) == ("config.toml", "2099-01-01 00:00", 0)
    assert (write["kept"], write["times"]) == ("rules.toml", 1)
    assert write["last"] is not None
    assert (delete["says"], delete["last"]) == ("deny delete_file", None)
    shown = ruled("policy", "list").out
    assert "because the web" in shown
    assert "decided 1 call, last on" in shown


def test_a_rule_that_covers_no_call_is_told(butler: CommandLine) -> None:
    put(
        butler.home / "rules.toml",
        '[[rules]]\ntool = "write_flie"\ndecision = "deny"\n'
        '[[rules]]\ntool = "delete_file"\nargs = { file = "/x/*" }\ndecision = "deny"\n'
        '[[rules]]\ntool = "write_*"\nargs = { contents = "*" }\ndecision = "deny"\n'
        '[[rules]]\ntool = "*"\nargs = { "url.host" = "a.org", argv = "*" }\ndecision = "ask"\n'
        '[[rules]]\ntool = "*"\nargs = { "url.host" = "a.org", argv = "" }\ndecision = "ask"\n',
    )
    said = [one["idle"] for one in butler("policy", "--json").lines]
    assert said[0].startswith("There is no tool write_flie; did you mean write_file")
    assert said[1] == "delete_file has no argument file; it takes path."
    assert said[2] == "No tool write_* has an argument contents; did you mean content?"
    assert said[3:] == ["No tool * takes all of argv, url.", None]
    assert butler("policy").out.count("note: it covers no call. ") == 4
    done = butler("doctor")
    assert done.code == 0
    assert done.out.count(" covers no call. ") == 4
    assert "did you mean write_file" in " ".join(done.out.split())


def test_what_an_open_run_was_allowed_is_listed(butler: CommandLine) -> None:
    plan = butler.plan(
        'a = read_file("README.md")\nmake_folder("x")\nwrite_file("b.md", a.text)\n'
        'write_file("c.md", a.text)\n'
    )
    assert butler("run", "--plan", plan, "--bound", "make_folder: most=1, path=x").code == 3
    [signed] = butler("policy", "--json").lines
    assert (signed["until"], signed["times"]) == ("the run's end", 1)
    assert signed["says"] == f"allow at most 1 make_folder where path is {butler.folder}/x"
    first, _ = butler("approvals", "--json").lines
    butler("allow", first["id"], "--scope", "run")
    rules = butler("policy", "--json").lines
    assert [one["kept"].partition(",")[0] for one in rules] == [f"run {first['run']}"] * 2
    refused = butler("policy", "remove", signed["id"])
    assert refused.code == 2
    assert "ends with it" in refused.err


def test_a_kept_rule_is_removed_and_comments_stay(ruled: CommandLine) -> None:
    web, write, _ = ruled("policy", "--json").lines
    done = ruled("policy", "remove", write["id"][:5])
    assert done.code == 0
    assert f"{write['id']} holds no more" in done.err
    assert (ruled.home / "rules.toml").read_text() == (
        '# mine\n\n# about the next one\n[[rules]]\ntool = "delete_file"\ndecision = "deny"\n'
    )
    for words in (write["id"], web["id"], ""):
        refused = ruled("policy", "remove", words)
        assert refused.code == 2
    assert "config.toml" in ruled("policy", "remove", web["id"]).err


@pytest.fixture
def decided(butler: CommandLine) -> CommandLine:
    """A person who allowed a.md, denied b.md, and had c.md denied by --no."""
    plan = butler.plan("".join(f'write_file("{one}.md", "{one}")\n' for one in "ab"))
    butler("run", "--plan", plan)
    a, b, _sheet = butler("approvals", "--json").lines
    assert (a["args"]["path"], b["args"]["path"]) == ("a.md", "b.md")
    butler.each([f"allow {a['id']}", f"deny {b['id']}", "resume last"])
    butler("run", "--plan", butler.plan('write_file("c.md", "c")\n', "c.plan"), "--no")
    return butler


def test_a_rule_that_allows_what_was_denied_is_told(decided: CommandLine) -> None:
    put(
        decided.folder / "wide.toml",
        f'[[rules]]\ntool = "write_file"\nargs = {{ path = "{decided.folder}/*" }}\n'
        'decision = "allow"\n',
    )
    done = decided("policy", "test", "wide.toml")
    assert done.code == 1
    assert "3 calls: 3 would be allowed, 0 asked, 0 denied." in done.out
    assert "You had denied 1 that would be allowed:" in done.out
    assert done.out.count("b.md") == 2
    found = decided("policy", "test", "wide.toml", "--json").lines
    assert [(one["was"], one["was_by"], one["otherwise"]) for one in found] == [
        ("allow", "person", False),
        ("deny", "person", True),
        ("deny", "--no", False),
    ]


def test_a_rule_that_denies_what_was_allowed_is_told(decided: CommandLine) -> None:
    put(
        decided.folder / "narrow.toml",
        f'[approvals]\nmode = "trusting"\n[[approvals.rules]]\ntool = "write_file"\n'
        f'args = {{ path = ["{decided.folder}/a.md", "{decided.folder}/b.md"] }}\n'
        'decision = "deny"\n',
    )
    done = decided("policy", "test", "narrow.toml")
    assert done.code == 0
    assert "3 calls: 1 would be allowed, 0 asked, 2 denied." in done.out
    assert "You had allowed 1 that would be denied:" in done.out


def test_what_stays_asked_is_no_other_decision(decided: CommandLine) -> None:
    put(decided.folder / "same.toml", '[approvals]\nmode = "normal"\n')
    done = decided("policy", "test", "same.toml")
    assert done.code == 0
    assert "Of those asked, you had allowed 1 and denied 1 yourself." in done.out
    assert "You had" not in done.out.replace("you had", "")


def test_a_file_that_is_no_rules_is_refused(butler: CommandLine) -> None:
    put(butler.folder / "empty.toml", "[model]\n")
    put(butler.folder / "wrong.toml", '[[rules]]\ntool = "x"\ndecision = "perhaps"\n')
    put(
        butler.folder / "nowhere.toml",
        '[[rules]]\ntool = "write_file"\nargs = { path = "notes/**" }\ndecision = "deny"\n',
    )
    names = ("empty", "wrong", "missing", "nowhere")
    empty, wrong, missing, nowhere = butler.each([f"policy test {one}.toml" for one in names])
    assert [one.code for one in (empty, wrong, missing, nowhere)] == [2, 2, 2, 2]
    assert "path = notes/**, which no call can have" in nowhere.err
    assert "there is no change" in empty.err
    assert "perhaps" in wrong.err


def test_a_call_is_explained(ruled: CommandLine) -> None:
    done = ruled("policy", "explain", "write_file", "path=copy.md", "content=x")
    assert done.out.startswith("it would be allowed: rule: allow write_file")
    assert f"path = {ruled.folder}/copy.md" in done.out
    assert "mode      normal: ask, it changes something" in done.out
    denied, careful, fits, unknown, label = ruled.each(
        [
            'policy explain delete_file {"path":"a"} --json',
            "policy explain read_file path=README.md --mode careful",
            "policy explain write_file path=x",
            "policy explain write_fil path=x",
            "policy explain read_file path=x --from other=untrusted",
        ]
    )
    assert denied.lines[0]["decision"] == "deny"
    assert "in careful mode every call is asked" in careful.out
    assert [one.code for one in (fits, unknown, label)] == [2, 2, 2]


def test_labels_are_explained(ruled: CommandLine) -> None:
    source = "path=untrusted:web page example.org"
    call = ["policy", "explain", "write_file", "path=copy.md", "content=x"]
    done = ruled(*call, "--from", source)
    assert "path comes from web page example.org, which strangers may write" in done.out
    assert done.out.startswith("it would be asked")
    send = ["policy", "explain", "http_request", "method=GET", "url=https://a.example/x"]
    private = ["--from", "url=private:file notes.md"]
    asked = ruled(*send, *private, "--json").lines[0]
    assert [one["kind"] for one in asked["concerns"]] == ["private"]
    named = ruled(*send, *private, "--goal", "tell a.example", "--json").lines[0]
    assert named["concerns"] == []


REFUSED = {
    "write_file /etc/hosts hello": "outside",
    "write_file ../outside.txt hello": "outside",
    "write_file path=HOME/rules.toml content=x": "forbidden",
    "read_file missing.md": "not_found",
    "read_file .": "is_folder",
    "list_files README.md": "not_a_folder",
    "read_page http://127.0.0.1:9/": "private_address",
    "http_request POST http://10.0.0.1/": "private_address",
    "download_file http://127.0.0.1:9/ x.txt": "private_address",
    "read_page https://a@b.example/": "bad_url",
    "move_file missing.md to.md": "not_found",
    "edit_file README.md nowhere x": "no_match",
    'run_command ["no-such-program"]': "no_program",
}


def test_what_the_tool_itself_would_refuse_is_said(butler: CommandLine) -> None:
    before = sorted(butler.folder.rglob("*"))
    calls = [call.replace("HOME", str(butler.home)) for call in REFUSED]
    done = butler.each([f"policy explain {call} --json" for call in calls])
    assert [one.code for one in done] == [0] * len(done), [one.err for one in done]
    assert [one.lines[0]["refused_code"] for one in done] == list(REFUSED.values())
    assert sorted(butler.folder.rglob("*")) == before
    said = butler("policy", "explain", "read_file", "missing.md").out.splitlines()
    assert said[0].startswith("it would be allowed, but the tool itself would refuse it: ")
    assert said[1] == "policy    allow: it looks at something on this machine"


def test_arguments_stand_in_the_tool_s_order_or_have_names(butler: CommandLine) -> None:
    done = butler("policy", "explain", "write_file", "notes.txt", "hello=you", "append=true")
    assert done.code == 0, done.err
    assert done.out.startswith("it would be asked: it changes something")
    assert "tool      would not refuse it" in done.out
    assert f"path = {butler.folder}/notes.txt" in done.out
    assert "content = hello=you" in done.out
    assert not (butler.folder / "notes.txt").exists()
    wrong = butler.each(
        [
            "policy explain write_file a b true d",
            "policy explain write_file a path=b",
            "policy explain write_file content=b a.txt",
            "policy explain write_file paht=a content=b",
        ]
    )
    assert [one.code for one in wrong] == [2] * 4
    assert "one too many" in wrong[0].err
    assert "twice" in wrong[1].err
    assert "give it a name" in wrong[2].err
    assert "path" in wrong[3].err
