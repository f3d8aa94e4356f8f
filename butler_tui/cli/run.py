"""`butler run` and `butler resume`: from the command line to a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from butler_tui.butler import Butler, GoalRequest
from butler_tui.butler.bounds import read_bounds
from butler_tui.cli.output import note, say
from butler_tui.cli.plan_file import read_plan_file
from butler_tui.cli.recipes import parameters_of
from butler_tui.cli.running import Carrying, answers_of
from butler_tui.cli.session import with_butler
from butler_tui.core.errors import PlanError, UsageError
from butler_tui.core.labels import Json
from butler_tui.core.plan_text import read_plan
from butler_tui.core.rules import Lift
from butler_tui.core.run import RunStatus
from butler_tui.execution.gate import Answers


@dataclass(frozen=True, slots=True)
class Permits:
    """What a person permits for the whole run, before it begins or goes on."""

    yes: bool = False
    no: bool = False
    even_if: tuple[str, ...] = ()
    bounds: tuple[str, ...] = ()

    @property
    def answers(self) -> Answers:
        """Who answers what is asked. Raises UsageError when two answers contradict each other."""
        return answers_of(self.yes, self.no)

    @property
    def lifted(self) -> Sequence[Lift]:
        """The labels that ask nobody. Raises UsageError for one that is none."""
        if wrong := [one for one in self.even_if if one not in _LIFTS]:
            raise UsageError(f"--even-if {wrong[0]}: it must be untrusted or private.")
        return [one for one in _LIFTS if one in self.even_if]

    async def sign(self, butler: Butler, run: str, folder: Path) -> None:
        """Sign the bounds for the run. Raises UsageError when they cannot be read."""
        if bounds := read_bounds(self.bounds, run, folder, butler.tools):
            await butler.deciding.sign(run, bounds.rules, bounds.cost_usd)

    def check(self, butler: Butler, folder: Path) -> None:
        """Raise UsageError for bounds that cannot be read, before there is a run."""
        read_bounds(self.bounds, "", folder, butler.tools)


_LIFTS: Sequence[Lift] = ("untrusted", "private")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `butler run` was told."""

    goal: str = ""
    as_json: bool = False
    plan_only: bool = False
    plan: str | None = None
    rehearse: bool = False
    permits: Permits = Permits()
    mode: str | None = None
    model: str | None = None
    recipe: str | None = None
    parameters: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    follows: str | None = None


def run_goal(options: Options) -> int:
    """Carry out one goal and return the exit code, or print its plan. Raises ButlerError."""
    answers, lifted = options.permits.answers, options.permits.lifted
    _check(options)
    goal = _with_attached(_readable(options.goal).strip(), options.attached)
    plan = read_plan_file(options.plan) if options.plan is not None else None

    async def work(butler: Butler) -> int:
        request = _request(butler, options, goal, plan)
        if options.follows is not None:
            request = await _following(butler, request, options.follows)
        if options.plan_only:
            say((await butler.plan_only(request)).rstrip("\n"))
            return 0
        options.permits.check(butler, request.folder.resolve())
        butler.preload()
        run = await butler.accept(request)
        await options.permits.sign(butler, run, request.folder.resolve())
        return await Carrying(butler, run, answers, options.as_json, lifted).carry_on()

    return with_butler(work, model=options.model, mode=options.mode, unlocked=True)


def resume_run(
    run: str, permits: Permits, *, as_json: bool, mode: str | None, model: str | None
) -> int:
    """Go on with a run and return the exit code. Raises ButlerError."""
    answers, lifted = permits.answers, permits.lifted

    async def work(butler: Butler) -> int:
        found = await butler.history.runs.find(run)
        state = await butler.state(found)
        owner = await butler.history.leases.owner(found)
        if state.status is RunStatus.PAUSED and owner is not None:
            await butler.steering.unpause(found)
            note(f"run {found} goes on where it was paused, carried on by {owner}")
            return 0
        permits.check(butler, Path(state.folder))
        await butler.resume(found, mode=mode, model=model)
        await permits.sign(butler, found, Path(state.folder))
        butler.preload()
        return await Carrying(butler, found, answers, as_json, lifted).carry_on(state.seq)

    return with_butler(work, model=model, mode=mode, unlocked=True)


def _check(options: Options) -> None:
    if options.plan is not None and options.recipe is not None:
        raise UsageError("--plan and --recipe both say how; give one of them.")
    if options.parameters and options.recipe is None:
        raise UsageError("--set fills in a recipe's parameters; name it with --recipe NAME.")
    if options.plan_only and (options.rehearse or options.permits != Permits()):
        raise UsageError(
            "--plan-only runs nothing, so there is nothing to rehearse, answer or bound; drop one."
        )
    if options.plan_only and options.as_json:
        raise UsageError("--plan-only prints the plan's text, which has no --json; drop one.")
    if not options.goal.strip() and options.plan is None and options.recipe is None:
        raise UsageError(
            "There is no goal; say what you want, as in "
            'butler run "Summarise README.md and save it to summary.md".'
        )


def _readable(text: str) -> str:
    """The text, if it is one. Raises UsageError for bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UsageError("The goal is not UTF-8 text; type it again.") from error
    return text


def _with_attached(goal: str, attached: tuple[str, ...]) -> str:
    """The goal with a line for each file it is about. Raises UsageError for one not there."""
    for one in attached:
        path = Path(_readable(one))
        if path.is_dir():
            raise UsageError(f"--attach {one}: that is a folder; name a file in it.")
        if not path.is_file():
            raise UsageError(f"--attach {one}: there is no such file.")
    return "\n".join([*([goal] if goal else []), *(f"Attached: {one}" for one in attached)])


def _request(butler: Butler, options: Options, goal: str, plan: str | None) -> GoalRequest:
    parameters: Mapping[str, Json] | None = None
    if plan is not None:
        goal = goal or _title(butler, plan, str(options.plan))
    if options.recipe is not None:
        recipe = butler.recipes.get(options.recipe)
        parameters = parameters_of(recipe, options.parameters)
        goal = goal or recipe.title
    return GoalRequest(
        goal=goal,
        folder=Path.cwd(),
        recipe=options.recipe,
        parameters=parameters,
        plan=plan,
        rehearse=options.rehearse,
    )


async def _following(butler: Butler, request: GoalRequest, run: str) -> GoalRequest:
    """The goal as one that follows up a run, in whose folder the paths of its outputs are."""
    found = await butler.find(run)
    folder = (await butler.state(found)).folder
    if folder and folder != str(request.folder):
        note(f"in {folder}, as run {found}")
    return replace(request, folder=Path(folder or request.folder), follows=found)


def _title(butler: Butler, plan: str, file: str) -> str:
    """The plan's own title. Raises UsageError, with every problem, when it cannot run."""
    try:
        read = read_plan(plan.removeprefix("\ufeff"), butler.tools)
    except PlanError as error:
        problems = "\n".join(f"  {problem}" for problem in error.problems)
        raise UsageError(f"{file} is not a plan that can be carried out:\n{problems}") from error
    return read.title or Path(file).stem
