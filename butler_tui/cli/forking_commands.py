"""`butler rerun`, `continue`, `diff` and `rename`: their options."""

from __future__ import annotations

from typing import Annotated

import typer

from butler_tui.cli.options import (
    Attach,
    Bound,
    EvenIf,
    Events,
    Json,
    Mode,
    Model,
    No,
    Plan,
    PlanOnly,
    Recipe,
    Rehearse,
    Run,
    Set,
    Yes,
)


def add_to(app: typer.Typer) -> None:
    """Give the app these commands."""
    app.command()(rerun)
    app.command("continue")(continue_run)
    app.command()(rename)
    app.command()(diff)


def rerun(
    run: Run,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="STEP",
            help="Only this step and what depends on it; the rest is taken over as it is.",
        ),
    ] = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP=VALUE",
            help="Take this (text or JSON) for the step's output; only what depends on it runs.",
        ),
    ] = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STEP",
            help="Change the step's output in $EDITOR; only what depends on it runs.",
        ),
    ] = None,
    as_json: Events = False,
    plan_only: PlanOnly = False,
    rehearse: Annotated[
        bool | None,
        typer.Option(
            "--rehearse/--for-real",
            help="Only preview what changes, sends or runs, or do it; by default as before.",
        ),
    ] = None,
    yes: Yes = False,
    no: No = False,
    even_if: EvenIf = None,
    bound: Bound = None,
    mode: Mode = None,
    model: Model = None,
) -> int:
    """Carry a run out again: the same goal by the same plan, in a new run.

    The plan is the one that stood last. What is taken over is not done again, and the new run
    neither reports nor undoes it. Nothing that was allowed before is allowed now.
    """
    from butler_tui.cli.forking import Wanted, rerun_run
    from butler_tui.cli.run import Permits

    return rerun_run(
        run,
        Wanted(
            step=from_,
            pins=tuple(pin or ()),
            edits=tuple(edit or ()),
            mode=mode,
            model=model,
            rehearse=rehearse,
            plan_only=plan_only,
        ),
        Permits(yes, no, tuple(even_if or ()), tuple(bound or ())),
        as_json=as_json,
    )


def continue_run(
    run: Run,
    goal: Annotated[
        str, typer.Argument(metavar="GOAL", help="What you want next, in your own words.")
    ],
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
    """Carry out a further goal that can use what a run has found, in a new run.

    The new plan can use the names of the earlier plan's finished steps, which do not run again.
    """
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
            follows=run,
        )
    )


def rename(
    run: Run,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the run is listed by.")],
) -> int:
    """Give a run another title."""
    from butler_tui.cli.steering import rename_run

    return rename_run(run, title)


def diff(
    run: Run,
    other: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="The run to compare it with; else its own revisions."),
    ] = None,
    as_json: Json = False,
) -> int:
    """Show two runs side by side, or what changed from each revision of one run's plan to the next.

    Two runs: goal, plan, steps that differ, answer, cost, time.
    """
    from butler_tui.cli.comparing import diff_revisions, diff_runs

    if other is None:
        return diff_revisions(run, as_json=as_json)
    return diff_runs(run, other, as_json=as_json)
