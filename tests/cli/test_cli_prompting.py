"""On a terminal Butler asks, and nothing is decided by accident."""

from __future__ import annotations

from command_line import CommandLine

PROMPT = "A always, n deny > "


def test_a_call_is_allowed_by_y_alone(butler: CommandLine, copying: str) -> None:
    terminal = butler.on_terminal("run", "--plan", copying, before="y\n")
    terminal.wait_for(PROMPT)  # the y typed before did not count, else no prompt would stay
    assert "+Tea is a drink." in terminal.shown
    for typed in ("\n", "maybe\n"):
        terminal.type(typed)
        terminal.wait_for("Type y, r, A or n and Enter.", PROMPT)
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
        'a = write_file("one.md", "1")\nwrite_file("two.md", "2", after=[a])\n'
    )
    terminal = butler.on_terminal("run", "--plan", "two.plan")
    terminal.wait_for(PROMPT)
    for _ in range(20):
        terminal.type("y\n")
    terminal.wait_for("two.md")
    terminal.wait_for(PROMPT)
    assert (butler.folder / "one.md").exists()
    assert not (butler.folder / "two.md").exists()
