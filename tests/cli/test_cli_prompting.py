"""On a terminal Butler asks, and nothing is decided by accident."""

from __future__ import annotations

from command_line import CommandLine

PROMPT = "A always, e edit, n deny, ? why > "


def test_a_call_is_allowed_by_y_alone(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying, before="y\n")
    terminal.wait_for(PROMPT)  # the y typed before did not count, else no prompt would stay
    assert "+Tea is a drink." in terminal.shown
    for typed in ("\n", "maybe\n"):
        terminal.type(typed)
        terminal.wait_for("Type y, r, A, e, n or ? and Enter.", PROMPT)
        assert not (butler.folder / "copy.md").exists()
    terminal.type("y\n")
    assert terminal.end() == 0
    assert terminal.out.startswith("Copied: # Tea")
    assert (butler.folder / "copy.md").exists()


def test_a_call_is_denied_with_a_reason(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying, "--json")
    terminal.wait_for(PROMPT)
    terminal.type("n\n")
    terminal.wait_for("why?")
    terminal.type("not today\n")
    assert terminal.end() == 1
    assert "not today" in terminal.shown
    assert terminal.out.count("\n") == terminal.out.count('{"run":')


def test_always_shows_the_rule_before_it_is_kept(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying)
    terminal.wait_for(PROMPT)
    terminal.type("A\n")
    terminal.wait_for("keep it? y or n > ")
    assert f"allow write_file where path is {butler.folder / 'copy.md'}" in terminal.shown
    terminal.type("\n")
    terminal.wait_for(PROMPT)
    assert not (butler.home / "rules.toml").exists()
    terminal.type("a\n")
    terminal.wait_for("keep it? y or n > ")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert (butler.home / "rules.toml").exists()


def test_questions_are_answered(butler: CommandLine) -> None:
    plan = butler.plan(
        'colour = ask_user("Which colour?", choices=["red", "blue"])\n'
        'where = ask_user("Where?", fields={"street": "text", "number": "integer"}, '
        "after=[colour])\n"
        'answer(f"{colour.text} at {where.street} {where.number}")\n'
    )
    terminal = butler.on_terminal("run", "--plan", plan)
    terminal.wait_for("answer > ")
    assert "2. blue" in terminal.shown
    terminal.type("3\n")
    terminal.wait_for("is not one of the choices", "answer > ")
    terminal.type("2\n")
    terminal.wait_for("street (text) > ")
    terminal.type("Main Street\n")
    terminal.wait_for("number (integer) > ")
    terminal.type("5\n")
    assert terminal.end() == 0
    assert terminal.out == "blue at Main Street 5\n"


def test_a_decision_made_elsewhere_ends_the_prompt(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying)
    terminal.wait_for(PROMPT)
    [held] = butler("approvals", "--json").lines
    assert butler("allow", held["id"]).code == 0
    assert terminal.end() == 0
    assert "decided elsewhere" in terminal.shown


def test_the_end_of_input_leaves_the_run_waiting(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying)
    terminal.wait_for(PROMPT)
    terminal.type("\x04")
    assert terminal.end() == 3
    assert "butler allow" in terminal.shown
    assert len(butler("approvals", "--json").lines) == 1


def test_a_burst_of_keys_decides_one_call_at_most(butler: CommandLine, copying: str) -> None:
    (butler.folder / "two.plan").write_text(
        'page = read_file("README.md")\na = write_file("one.md", page.text)\n'
        'write_file("two.md", page.text, after=[a])\n'
    )
    terminal = butler.on_terminal("run", "--plan", "two.plan")
    terminal.wait_for(PROMPT)
    for _ in range(20):
        terminal.type("y\n")
    terminal.wait_for("two.md")
    terminal.wait_for(PROMPT)
    assert (butler.folder / "one.md").exists()
    assert not (butler.folder / "two.md").exists()


TWO = """\
# Two notes
write_file("one.md", "1")
write_file("two.md", "2")
page = read_file("README.md")
write_file("three.md", page.text)
"""
SHEET = "y accept all, n deny all, o one by one > "


def test_a_plan_is_accepted_by_one_key(butler: CommandLine) -> None:
    terminal = butler.on_terminal("run", "--plan", butler.plan(TWO))
    terminal.wait_for("has 2 calls", "+1", "+2", "write_file_3: write_file (change)", SHEET)
    terminal.type("\n")
    terminal.wait_for("Type y, n or o and Enter.", SHEET)
    terminal.type("y\n")
    terminal.wait_for("three.md", PROMPT)  # what the sheet did not show has a card of its own
    terminal.type("y\n")
    assert terminal.end() == 0
    assert {one.name for one in butler.folder.glob("*.md")} >= {"one.md", "two.md", "three.md"}


def test_a_plan_is_denied_by_one_key(butler: CommandLine) -> None:
    terminal = butler.on_terminal("run", "--plan", butler.plan(TWO.partition("page")[0]))
    terminal.wait_for(SHEET)
    terminal.type("n\n")
    terminal.wait_for("why?")
    terminal.type("neither\n")
    assert terminal.end() == 1
    assert not (butler.folder / "one.md").exists()
    assert terminal.shown.count("neither") > 1


def test_a_plan_s_calls_can_be_answered_one_by_one(butler: CommandLine) -> None:
    terminal = butler.on_terminal("run", "--plan", butler.plan(TWO.partition("page")[0]))
    terminal.wait_for(SHEET)
    terminal.type("o\n")
    terminal.wait_for("one.md", PROMPT)
    terminal.type("y\n")
    terminal.wait_for("two.md", PROMPT)
    terminal.type("n\n")
    terminal.wait_for("why?")
    terminal.type("\n")
    assert terminal.end() == 0
    assert "done, without 1 call you denied: write_file two.md" in terminal.shown
    assert (butler.folder / "one.md").exists()
    assert not (butler.folder / "two.md").exists()


def test_arguments_are_changed_line_by_line(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying)
    terminal.wait_for(PROMPT)
    terminal.type("e\n")
    terminal.wait_for("path [copy.md] > ")
    terminal.type("other.md\n")
    terminal.wait_for("content [# Tea")
    terminal.type('"Milk\\n"\n')
    terminal.wait_for("append [not given] > ")
    terminal.type("often\n")
    terminal.wait_for("append", "e edit again")  # it is no such type
    terminal.type("e\n")
    terminal.wait_for("path [other.md] > ")
    terminal.type("\n")
    terminal.wait_for("content [Milk] > ")
    terminal.type("\n")
    terminal.wait_for("append [often] > ")
    terminal.type("false\n")
    terminal.wait_for("+Milk", "y allow it so")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert (butler.folder / "other.md").read_text() == "Milk\n"
    assert not (butler.folder / "copy.md").exists()


def test_an_argument_commands_no_terminal_where_it_is_changed(butler: CommandLine) -> None:
    plan = butler.plan('write_file("z.txt", "hi \\x1b[31mred \\u202e x")\n')
    terminal = butler.on_terminal("run", "--plan", plan)
    terminal.wait_for(PROMPT)
    terminal.type("e\n")
    terminal.wait_for("path [z.txt] > ")
    terminal.type("\n")
    terminal.wait_for("content [hi ␛[31mred ⟨U+202E⟩ x] > ")
    assert "\x1b[31m" not in terminal.shown and "\u202e" not in terminal.shown


def test_arguments_are_changed_in_the_editor(butler: CommandLine, copying: str) -> None:
    script = butler.folder / "edit"
    script.write_text('#!/bin/sh\nsed -i s/copy.md/edited.md/ "$1"\n')
    script.chmod(0o700)
    terminal = butler.on_terminal("run", "--plan", copying, env={"EDITOR": str(script)})
    terminal.wait_for(PROMPT)
    terminal.type("e\n")
    terminal.wait_for("path = edited.md", "y allow it so")
    terminal.type("\n")
    terminal.wait_for("Nothing is changed.", PROMPT)
    terminal.type("e\n")
    terminal.wait_for("y allow it so")
    terminal.type("y\n")
    assert terminal.end() == 0
    assert (butler.folder / "edited.md").read_text() == (butler.folder / "README.md").read_text()


def test_why_says_where_a_stranger_s_text_came_from(butler: CommandLine) -> None:
    config = butler.home / "config.toml"
    config.write_text(f'[folders]\nuntrusted = ["{butler.folder}"]\n')
    config.chmod(0o600)
    plan = butler.plan('page = read_file("README.md")\nmake_folder(page.text[:5])\n')
    terminal = butler.on_terminal("run", "--plan", plan, "--yes")
    assert terminal.end() == 3  # --yes does not answer it
    terminal = butler.on_terminal("resume", "last")
    terminal.wait_for("r this run (even if untrusted), A always (even if untrusted)")
    terminal.wait_for("? why > ")
    terminal.type("?\n")
    terminal.wait_for("path comes from file README.md", "which strangers may write")
    terminal.wait_for("even if untrusted.")
    terminal.type("\x04")
    assert terminal.end() == 3
    assert butler("resume", "last", "--yes", "--even-if", "untrusted").code == 0
    assert (butler.folder / "# Tea").is_dir()
