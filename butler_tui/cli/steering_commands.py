"""`butler pause`, `tell`, `edit`, `skip` and `retry`: their options."""

from __future__ import annotations

from typing import Annotated

import typer

from butler_tui.cli.options import Run, Step


def add_to(app: typer.Typer) -> None:
    """Give the app these commands."""
    for one in (pause, tell, edit, skip, retry):
        app.command()(one)


def pause(run: Run) -> int:
    """Start nothing new in a run until `butler resume`; what has started goes on to its end."""
    from butler_tui.cli.steering import pause_run

    return pause_run(run)


def tell(
    run: Run,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="How it shall go on.")],
) -> int:
    """Tell a run how to go on, in your own words: its plan is made anew, what is done stays."""
    from butler_tui.cli.steering import tell_run

    return tell_run(run, text)


def edit(
    run: Run,
    plan: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Take the plan in this file (- for standard input)."),
    ] = None,
) -> int:
    """Change a run's plan in $EDITOR; what is done or under way stays as it is."""
    from butler_tui.cli.steering import edit_run

    return edit_run(run, plan)


def skip(run: Run, step: Step) -> int:
    """Do without a step that has not begun, or that failed."""
    from butler_tui.cli.steering import skip_step

    return skip_step(run, step)


def retry(run: Run, step: Step) -> int:
    """Try a step once more that failed, also in a run that failed because of it."""
    from butler_tui.cli.steering import retry_step

    return retry_step(run, step)
