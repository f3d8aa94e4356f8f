"""`butler memory` and its commands, with their options; the work is done in `memory.py`."""

from __future__ import annotations

from typing import Annotated

import typer

memory = typer.Typer(rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]


@memory.callback(invoke_without_command=True)
def show_memory(context: typer.Context, as_json: Json = False) -> int:
    """Facts that are kept across runs, and where each came from; alone, list them."""
    if context.invoked_subcommand is not None:
        return 0
    from butler_tui.cli.memory import list_facts

    raise typer.Exit(list_facts("", as_json=as_json))


@memory.command("list")
def memory_list(
    words: Annotated[str, typer.Argument(metavar="WORDS", help="Only facts that hold them.")] = "",
    as_json: Json = False,
) -> int:
    """List the facts, newest first, or those that fit some words, best first."""
    from butler_tui.cli.memory import list_facts

    return list_facts(words, as_json=as_json)


@memory.command("forget")
def memory_forget(
    identity: Annotated[str, typer.Argument(metavar="ID", help="Its id, as listed.")],
) -> int:
    """Forget a fact for good."""
    from butler_tui.cli.memory import forget_fact

    return forget_fact(identity)
