"""The options and arguments that several commands have, worded once."""

from __future__ import annotations

from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]
Events = Annotated[bool, typer.Option("--json", help="One event a line on standard output.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's id or how it begins, or `last`.")]
Held = Annotated[
    str, typer.Argument(metavar="ID", help="Its id or how it begins; see `butler approvals`.")
]
One = Annotated[str | None, typer.Argument(metavar="NAME", help="Show this one.")]
Mode = Annotated[
    str | None,
    typer.Option(metavar="MODE", help="What is asked: careful (every call), normal, trusting."),
]
Model = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The model that plans and writes: any LiteLLM name."),
]
Yes = Annotated[
    bool, typer.Option("--yes", help="Accept the plan and allow what the mode would ask.")
]
No = Annotated[bool, typer.Option("--no", help="Deny everything that is asked.")]
EvenIf = Annotated[
    list[str] | None,
    typer.Option(
        metavar="LABEL",
        help="Do not ask because of this label: untrusted or private; may be given twice.",
    ),
]
Bound = Annotated[
    list[str] | None,
    typer.Option(
        metavar="BOUND",
        help="Sign a bound, as in 'write_file: most=3, path=notes/**' or cost=0.5; see "
        "docs/policy.md.",
    ),
]
Step = Annotated[
    str, typer.Argument(metavar="STEP", help="A step of its plan: save, or one call: pages[2].")
]
Plan = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Run the plan in this file (- for standard input)."),
]
PlanOnly = Annotated[bool, typer.Option("--plan-only", help="Print the plan's text; nothing runs.")]
Rehearse = Annotated[
    bool,
    typer.Option(
        "--rehearse", help="Look and fetch for real; only preview what changes, sends or runs."
    ),
]
Recipe = Annotated[
    str | None, typer.Option(metavar="NAME", help="Use this recipe; see `butler recipes`.")
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the recipe."),
]
Attach = Annotated[
    list[str] | None, typer.Option(metavar="FILE", help="A file that the goal is about.")
]
