"""`butler mcp` and its commands, with their options; the work is done in `mcp.py`."""

from __future__ import annotations

from typing import Annotated

import typer

mcp = typer.Typer(rich_markup_mode=None)

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]
Server = Annotated[str, typer.Argument(metavar="NAME", help="As in [mcp.NAME] of config.toml.")]


@mcp.callback(invoke_without_command=True)
def show_servers(context: typer.Context, as_json: Json = False) -> int:
    """Servers of the Model Context Protocol, whose tools Butler can use; alone, list them."""
    if context.invoked_subcommand is not None:
        return 0
    from butler_tui.cli.mcp import list_servers

    raise typer.Exit(list_servers(as_json=as_json))


@mcp.command("list")
def mcp_list(as_json: Json = False) -> int:
    """List the servers and whether their tools can be used; none is started."""
    from butler_tui.cli.mcp import list_servers

    return list_servers(as_json=as_json)


@mcp.command("add", context_settings={"allow_interspersed_args": False})
def mcp_add(
    name: Server,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND...", help="What starts the server, word by word."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Its address, instead of a command.")
    ] = None,
    env: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A variable; VALUE may be secret:NAME."),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A header; VALUE may hold secret:NAME."),
    ] = None,
    folder: Annotated[
        str | None, typer.Option(metavar="PATH", help="Where the command is started.")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="How long a call may take.")
    ] = None,
) -> int:
    """Write a server into config.toml; options come before its NAME. Nothing is started."""
    from butler_tui.cli.mcp import add_server

    given = {"url": url, "folder": folder, "timeout": timeout}
    return add_server(name, command or [], given, env or [], header or [])


@mcp.command("test")
def mcp_test(name: Server, as_json: Json = False) -> int:
    """Start a server, ask what it offers, and end it; nothing is called or kept."""
    from butler_tui.cli.mcp import try_server

    return try_server(name, as_json=as_json)


@mcp.command("accept")
def mcp_accept(
    name: Server,
    yes: Annotated[bool, typer.Option("--yes", help="Accept without being asked.")] = False,
) -> int:
    """Show what is new or changed in what a server offers, and accept it.

    Only tools that were accepted can be used, and only as they were then.
    """
    from butler_tui.cli.mcp import accept_tools

    return accept_tools(name, yes=yes)


@mcp.command("remove")
def mcp_remove(name: Server) -> int:
    """Take a server out of config.toml, and forget what was accepted of it."""
    from butler_tui.cli.mcp import remove_server

    return remove_server(name)
