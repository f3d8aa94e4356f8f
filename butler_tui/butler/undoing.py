"""Undo: what runs can still be put back, and the run that puts one back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from butler_tui.core.calls import CallState
from butler_tui.core.errors import UsageError
from butler_tui.core.events import RunAccepted
from butler_tui.core.policy import Mode
from butler_tui.core.run import RunState, fold
from butler_tui.core.undoing import PUT_BACK, Kept, named
from butler_tui.history import History
from butler_tui.history.leaving_out import Told, leaving_out, unheard
from butler_tui.history.undoing import kept_of
from butler_tui.settings import Settings


@dataclass(frozen=True, slots=True)
class Undoable:
    """A run that can be undone: its steps, and of the files it replaced how many are still kept.

    `paths` counts what it changed, `files` the contents that it replaced, `bytes` how large those
    are together, `gone` how many of them had to make room. `over` is False while the run goes on.
    """

    run: str
    title: str
    began: datetime | None
    steps: Sequence[str]
    paths: int
    files: int
    bytes: int
    gone: int
    over: bool


@dataclass(frozen=True, slots=True)
class Undo:
    """Starts runs that put others back."""

    settings: Settings
    history: History

    async def start(self, run: str, step: str | None = None) -> str:
        """Take on the undoing of a run, or of one of its steps, and return the new run's id.

        `drive` it next: its one call is asked like any other. Raises UsageError when there is
        nothing to put back, when it was undone already, and while the run goes on.
        """
        state = await self._state(run)
        if not state.status.over:
            raise UsageError(
                f"Run {run} is not over; cancel it first (`butler cancel {run}`), then undo it."
            )
        kept = self._still(state, await kept_of(self.history.kept, state), step)
        steps = list(dict.fromkeys(named(one.address) for one in kept))
        paths = sorted({one.path for one in kept})
        what = f"step {step} of run {run}" if step else f"run {run}"
        accepted = RunAccepted(
            goal=f"Undo {what}: {' '.join((state.goal or state.title).split())}",
            mode=Mode(self.settings.approvals.mode),
            folder=state.folder,
            plan=_plan(run, what, steps, paths),
            date=datetime.now().astimezone().date().isoformat(),
            time=datetime.now().astimezone().strftime("%H:%M"),
            settings={"steps": self.settings.limits.steps, "undoes": run},
        )
        made = self.history.runs.new_id()
        await self.history.journal.append(made, [accepted], flush=True)
        return made

    async def list(self, limit: int = 50, told: Told = unheard) -> Sequence[Undoable]:
        """The newest runs of which something can still be undone.

        A run that cannot be read is left out; `told` hears of it in a sentence.
        """
        found: list[Undoable] = []
        for run in await self.history.kept.runs(limit):
            with leaving_out(run, told):
                state = fold(await self.history.journal.read(run, outputs=False))
                kept = [
                    one
                    for one in await kept_of(self.history.kept, state)
                    if not _is_undone(state.calls.get(one.address))
                ]
                if kept and state.seq:
                    found.append(self._undoable(state, kept))
        return found

    def _undoable(self, state: RunState, kept: Sequence[Kept]) -> Undoable:
        contents = {one.before.sha256: one.before.bytes for one in kept if one.before.sha256}
        gone = [one for one in contents if not self.history.kept.snapshots.holds(one)]
        return Undoable(
            run=state.id,
            title=state.goal or state.title,
            began=state.begun,
            steps=list(dict.fromkeys(named(one.address) for one in kept))[::-1],
            paths=len({one.path for one in kept}),
            files=len(contents),
            bytes=sum(size for one, size in contents.items() if one not in gone),
            gone=len(gone),
            over=state.status.over,
        )

    def _still(self, state: RunState, kept: Sequence[Kept], step: str | None) -> Sequence[Kept]:
        """What can be put back of the run, or of the step. Raises UsageError when that is nothing.

        What was undone but for a path that was left alone can be tried again.
        """
        of_step = [one for one in kept if step is None or _is_of(state, one, step)]
        if not of_step:
            raise UsageError(self._nothing(state, step))
        still = [one for one in of_step if not _is_undone(state.calls.get(one.address))]
        if not still:
            by = next(
                call.undone for one in of_step if (call := state.calls.get(one.address)) is not None
            )
            what = f"Step {step} of run {state.id}" if step else f"Run {state.id}"
            raise UsageError(
                f"{what} was undone already, by run {by}; `butler undo {by}` brings it back."
            )
        return still

    def _nothing(self, state: RunState, step: str | None) -> str:
        if step is None:
            why = "it changed no file" if self.settings.limits.undo_mb else "undo_mb is 0"
            return f"There is nothing to undo in run {state.id}: {why} (see `butler undo --list`)."
        begun = {name for name, _ in state.calls} | {named(one) for one in state.calls}
        if step not in begun and state.statement_of(step) is None:
            return f"Run {state.id} has no step {step}; `butler show {state.id}` lists them."
        return f"There is nothing to undo in step {step} of run {state.id}: it changed no file."

    async def _state(self, run: str) -> RunState:
        events = await self.history.journal.read(run, outputs=False)
        if not events:
            raise UsageError(f"There is no run {run}; `butler runs` lists them.")
        return fold(events)


def _is_of(state: RunState, kept: Kept, step: str) -> bool:
    """Whether what was kept is of that step: by its id, its place, or its name in the plan."""
    if step in (kept.step, named(kept.address)):
        return True
    meant = state.statement_of(step)
    return meant is not None and meant.statement.call(kept.step) is not None


def _is_undone(call: CallState | None) -> bool:
    return call is not None and bool(call.undone) and not call.left


def _plan(run: str, what: str, steps: Sequence[str], paths: Sequence[str]) -> str:
    """The plan of an undo, which is as plain as any: what it may touch stands in it in full."""
    call = f"{PUT_BACK}({run!r}, {list(steps)!r}, {list(paths)!r})"
    return f"# Undo {what}\nback = {call}  # Put back what was there\nanswer(back.text)\n"
