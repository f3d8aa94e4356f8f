"""`butler policy` and its commands, with their options; the work is done in `policy.py`."""

from __future__ import annotations

from typing import Annotated

import typer

policy = typer.Typer(rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]


@policy.callback(invoke_without_command=True)
def show_policy(context: typer.Context, as_json: Json = False) -> int:
    """Look at the rules, try others, and ask what would become of a call; alone, list them."""
    if context.invoked_subcommand is not None:
        return 0
    from butler_tui.cli.policy import list_rules

    raise typer.Exit(list_rules(as_json=as_json))


@policy.command("list")
def policy_list(as_json: Json = False) -> int:
    """List every rule that holds: its id, where it is kept, until when, what it decided."""
    from butler_tui.cli.policy import list_rules

    return list_rules(as_json=as_json)


@policy.command("remove")
def policy_remove(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Its id or how it begins.")],
) -> int:
    """Take a rule back that Butler keeps in rules.toml."""
    from butler_tui.cli.policy import remove_rule

    return remove_rule(identity)


@policy.command("test")
def policy_test(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Written as config.toml is.")],
    as_json: Json = False,
) -> int:
    """Replay the history against changed rules: what would be allowed, asked, denied.

    FILE holds [approvals] as config.toml does, [[rules]] as rules.toml does, or both; what it does
    not speak of stays as it is. Exits with 1 when something you denied would be allowed.
    """
    from butler_tui.cli.policy import test_rules

    return test_rules(file, as_json=as_json)


@policy.command("explain")
def policy_explain(
    tool: Annotated[str, typer.Argument(metavar="TOOL", help="See `butler tools`.")],
    args: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ARGS...", help="In the tool's order, or NAME=VALUE, or one JSON object."
        ),
    ] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="NAME=LABEL",
            help="Label an argument, or control: untrusted, private or secret, with :ORIGIN.",
        ),
    ] = None,
    mode: Annotated[
        str | None, typer.Option(metavar="MODE", help="careful, normal or trusting.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where the run would be started.")
    ] = None,
    goal: Annotated[
        str, typer.Option(metavar="TEXT", help="What the goal would say; it names who gets what.")
    ] = "",
    as_json: Json = False,
) -> int:
    """Say what would become of a call, and why, also where the tool would refuse it.

    Nothing is carried out; at most a host's name is looked up.
    """
    from butler_tui.cli.policy import explain_call

    return explain_call(
        tool, args or [], from_ or [], mode=mode, folder=folder, goal=goal, as_json=as_json
    )
