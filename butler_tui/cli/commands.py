"""Every command, with its options; the work is done in a file per noun."""

from __future__ import annotations

from typing import Annotated

import typer

from butler_tui import __version__
from butler_tui.cli import forking_commands, steering_commands
from butler_tui.cli.browser_commands import browser
from butler_tui.cli.mail_commands import mail
from butler_tui.cli.mcp_commands import mcp
from butler_tui.cli.memory_commands import memory
from butler_tui.cli.options import (
    Attach,
    Bound,
    EvenIf,
    Events,
    Held,
    Json,
    Mode,
    Model,
    No,
    One,
    Plan,
    PlanOnly,
    Recipe,
    Rehearse,
    Run,
    Set,
    Yes,
)
from butler_tui.cli.policy_commands import policy
from butler_tui.cli.secret_commands import secrets

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(mcp, name="mcp")
app.add_typer(mail, name="mail", no_args_is_help=True)
app.add_typer(memory, name="memory")
app.add_typer(browser, name="browser", no_args_is_help=True)
app.add_typer(secrets, name="secrets", no_args_is_help=True)
app.add_typer(policy, name="policy")


def _version(show: bool) -> None:
    if show:
        print(f"butler {__version__}")  # noqa: T201
        raise typer.Exit


@app.callback(invoke_without_command=True)
def butler(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> int:
    """A personal assistant in the terminal. Without a command: the app."""
    if context.invoked_subcommand is not None:
        return 0
    from butler_tui.cli.screen import open_screen

    raise typer.Exit(open_screen())


@app.command()
def run(
    goal: Annotated[
        str, typer.Argument(metavar="GOAL", help="What you want, in your own words.")
    ] = "",
    as_json: Events = False,
    plan_only: PlanOnly = False,
    plan: Plan = None,
    rehearse: Rehearse = False,
    yes: Yes = False,
    no: No = False,
    even_if: EvenIf = None,
    bound: Bound = None,
    mode: Mode = None,
    model: Model = None,
    recipe: Recipe = None,
    set_: Set = None,
    attach: Attach = None,
) -> int:
    """Carry out one goal here, without the app."""
    from butler_tui.cli.run import Options, Permits, run_goal

    return run_goal(
        Options(
            goal=goal,
            as_json=as_json,
            plan_only=plan_only,
            plan=plan,
            rehearse=rehearse,
            permits=Permits(yes, no, tuple(even_if or ()), tuple(bound or ())),
            mode=mode,
            model=model,
            recipe=recipe,
            parameters=tuple(set_ or ()),
            attached=tuple(attach or ()),
        )
    )


@app.command()
def resume(
    run: Run,
    as_json: Events = False,
    yes: Yes = False,
    no: No = False,
    even_if: EvenIf = None,
    bound: Bound = None,
    mode: Mode = None,
    model: Model = None,
) -> int:
    """Go on with a run that waits or was interrupted."""
    from butler_tui.cli.run import Permits, resume_run

    permits = Permits(yes, no, tuple(even_if or ()), tuple(bound or ()))
    return resume_run(run, permits, as_json=as_json, mode=mode, model=model)


forking_commands.add_to(app)
steering_commands.add_to(app)


@app.command()
def runs(
    as_json: Json = False,
    most: Annotated[
        int, typer.Option("--most", metavar="COUNT", min=1, help="How many to list.")
    ] = 30,
) -> int:
    """List runs, newest first."""
    from butler_tui.cli.runs import list_runs

    return list_runs(most, as_json=as_json)


@app.command()
def show(
    run: Run,
    as_json: Annotated[bool, typer.Option("--json", help="Its events, one a line.")] = False,
) -> int:
    """Show a run: its plan, what became of each step, its answer."""
    from butler_tui.cli.runs import show_run

    return show_run(run, as_json=as_json)


@app.command()
def report(
    run: Run,
    file: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write it to this new file instead.")
    ] = None,
) -> int:
    """Say what a run did, as Markdown: each line verified, unverified or failed."""
    from butler_tui.cli.reporting import report_run

    return report_run(run, file)


@app.command()
def search(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="One or more words.")],
    as_json: Json = False,
) -> int:
    """Find runs by words in goals, steps, arguments and outputs."""
    from butler_tui.cli.runs import search_runs

    return search_runs(text, as_json=as_json)


@app.command()
def usage(
    days: Annotated[
        int, typer.Option(metavar="N", min=1, max=3660, help="Today and the days before it.")
    ] = 30,
    by: Annotated[str, typer.Option(metavar="WHAT", help="day, model or run.")] = "day",
    as_json: Json = False,
) -> int:
    """Sum up what models were called for and what they cost."""
    from butler_tui.cli.usage import show_usage

    return show_usage(days, by, as_json=as_json)


@app.command()
def cancel(run: Run) -> int:
    """Stop a run for good, wherever it is carried on."""
    from butler_tui.cli.runs import cancel_run

    return cancel_run(run)


@app.command()
def undo(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id or how it begins, or `last`.")
    ] = "",
    step: Annotated[
        str, typer.Argument(metavar="STEP", help="Only this step: save, or one of its calls.")
    ] = "",
    list_: Annotated[
        bool, typer.Option("--list", help="List what can still be undone; nothing runs.")
    ] = False,
    as_json: Events = False,
    yes: Yes = False,
    no: No = False,
) -> int:
    """Put back what a run changed.

    Contents, permissions and times; moved and deleted files, folders that were made. What has
    changed since is left alone, and named. An undo is a run and can be undone.
    """
    from butler_tui.cli.undo import list_undoable, undo_run

    if list_:
        return list_undoable(run, as_json=as_json)
    return undo_run(run, step, as_json=as_json, yes=yes, no=no)


@app.command()
def approvals(as_json: Json = False) -> int:
    """List what waits for a person, oldest first."""
    from butler_tui.cli.approvals import list_waiting

    return list_waiting(as_json=as_json)


@app.command()
def allow(
    identity: Held,
    scope: Annotated[
        str, typer.Option(metavar="SCOPE", help="once, run or always (keeps a rule).")
    ] = "once",
    bound: Bound = None,
    without: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Accept a plan without this call, which is denied."),
    ] = None,
) -> int:
    """Allow a call that waits, or accept a plan's sheet."""
    from butler_tui.cli.approvals import allow_call

    return allow_call(identity, scope, bound or [], without or [])


@app.command()
def deny(
    identity: Held,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the run's history.")] = "",
) -> int:
    """Deny a call that waits, for good in its run."""
    from butler_tui.cli.approvals import deny_call

    return deny_call(identity, reason)


@app.command()
def answer(
    identity: Held,
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The answer: text, a choice or its number, or JSON."),
    ] = "",
) -> int:
    """Answer a run's question; without TEXT it is shown, and asked for on a terminal.

    Where a run does not get further, an instruction in your own words is an answer too.
    """
    from butler_tui.cli.approvals import answer_question

    return answer_question(identity, text)


@app.command()
def tools(name: One = None, as_json: Json = False) -> int:
    """List the tools with effect and arguments, or show one."""
    from butler_tui.cli.tools import show_tools

    return show_tools(name, as_json=as_json)


@app.command()
def recipes(name: One = None, as_json: Json = False) -> int:
    """List the recipes with an example each, or show one."""
    from butler_tui.cli.recipes import show_recipes

    return show_recipes(name, as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> int:
    """Check what works, what does not, and what to do about it.

    Exits with 1 when there is a problem: wrong settings, say, or a model that does not answer. A
    note is about something that Butler can do without.
    """
    from butler_tui.cli.doctor import examine

    return examine(as_json=as_json)


@app.command()
def setup() -> int:
    """Choose a model and keep its key."""
    from butler_tui.cli.setup import set_up

    return set_up()
