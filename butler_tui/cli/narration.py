"""Follows a run on the terminal: one line per thing that happens, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from butler_tui.cli.output import note
from butler_tui.core import events as ev
from butler_tui.core.budget import said
from butler_tui.core.errors import OVER_BUDGET
from butler_tui.core.estimating import Estimate
from butler_tui.core.events import Recorded
from butler_tui.core.plan_history import revision_in_words
from butler_tui.core.report_ahead import place
from butler_tui.core.reviewing import in_words, review_due
from butler_tui.core.rules import Rule
from butler_tui.core.run import RunState


@dataclass(slots=True)
class Narrator:
    """Says what happens, from the run's events; lines are held back while a prompt is open."""

    state: RunState
    held: list[str] | None = None
    out: Callable[[str], None] = note

    def tell(self, recorded: Recorded) -> None:
        """Say what the event means, if it means something to the person."""
        line = self._line(recorded.event)
        for one in (line, self._now_reviewed(recorded.event)):
            if one is None:
                continue
            if self.held is not None:
                self.held.append(one)
            else:
                self.out(one)

    def hold(self) -> None:
        """Keep lines back from now on."""
        self.held = []

    def release(self) -> None:
        """Say what was kept back."""
        held, self.held = self.held or [], None
        for line in held:
            self.out(line)

    def _now_reviewed(self, event: ev.Event) -> str | None:
        """That the run waits for nothing but its review, once its last step is done."""
        if not isinstance(event, ev.StepFinished | ev.StepSkipped) or not self.state.planned:
            return None
        self.state.front()
        return "reviewing the result" if review_due(self.state) else None

    def _plan(self, number: int) -> str:
        """What a plan that is there now is called; a later one says by whom it is, and why."""
        later = (one for one in self.state.revisions if one.revision == number > 1)
        return ", ".join(["plan", *map(revision_in_words, later)])

    def _line(self, event: ev.Event) -> str | None:
        match event:
            case ev.RunAccepted():
                return f"run {self.state.id}: {event.goal} ({_how(event)})"
            case ev.PlanRefused():
                return f"the plan did not fit, asking again: {event.problems[0]}"
            case ev.PlanProposed():
                count = len(self.state.statements)
                steps = f"{count} step{'' if count == 1 else 's'}"
                estimate = Estimate.load(event.estimate)
                costs = f"; {estimate.describe()}" if estimate is not None else ""
                return f"{self._plan(event.revision)}: {event.title or 'untitled'}, {steps}{costs}"
            case ev.InstructionGiven():
                return f"you said: {event.text}"
            case ev.StepRetried():
                return f"  {place(event.step, event.item)}: is tried once more, as you said"
            case ev.RunPaused():
                return "paused: what has started goes on to its end"
            case ev.StepStarted():
                again = f" (attempt {event.attempt})" if event.attempt > 1 else ""
                return f"  {place(event.step, event.item)}: {event.tool} started{again}"
            case ev.StepFinished() if event.taken_from:
                return f"  {place(event.step, event.item)}: taken over from run {event.taken_from}"
            case ev.StepFinished() if event.whole:
                return f"  {event.step}: its output is yours"
            case ev.StepFailed() if event.taken_from:
                return None
            case ev.StepFinished():
                return f"  {place(event.step, event.item)}: done in {event.seconds:.1f} s"
            case ev.StepFailed() if event.code == OVER_BUDGET:
                return f"  {place(event.step, event.item)}: not done, a budget is used up"
            case ev.StepFailed():
                then = ", trying again" if event.will_retry else ""
                return f"  {place(event.step, event.item)}: failed{then}: {event.error}"
            case ev.StepSkipped():
                return f"  {place(event.step, event.item)}: skipped, {event.because}"
            case ev.StepUnknown():
                return f"  {place(event.step, event.item)}: {event.evidence}"
            case ev.PlanAccepted():
                signed = [*(one.describe() for one in map(Rule.model_validate, event.bounds))]
                if event.cost_usd is not None:
                    signed.append(f"models cost at most ${event.cost_usd:g}")
                within = f", within: {'; '.join(signed)}" if signed else ""
                return f"plan accepted by {event.by}{within}"
            case ev.ApprovalDecided() if event.id not in self.state.approvals:
                why = f": {event.reason}" if event.reason else ""
                return f"plan denied by {event.by}{why}"
            case ev.ApprovalDecided():
                approval = self.state.approvals[event.id].requested
                why = f": {event.reason}" if event.reason else ""
                verb = "allowed" if event.decision == "allow" else "denied"
                return f"  {place(approval.step, approval.item)}: {verb} by {event.by}{why}"
            case ev.QuestionAnswered():
                asked = self.state.questions[event.id].asked
                return f"  {place(asked.step, asked.item)}: answered by {event.by}"
            case ev.BudgetNoted():
                stands = "used up" if event.spent else "nearly used up"
                return f"{stands}: {said(event.budget, event.used, event.limit)}"
            case ev.ReviewFinished():
                return f"review: {in_words(self.state.reviews[-1])}"
            case ev.RunResumed():
                return f"run {self.state.id} goes on: {self.state.goal}"
            case ev.RunCancelled():
                return "run cancelled"
            case _:
                return None


def _how(event: ev.RunAccepted) -> str:
    """What the plan comes from."""
    if event.earlier is not None and event.earlier.how == "again":
        since = f" from {event.earlier.step} on" if event.earlier.step else ""
        return f"as run {event.earlier.run}{since}"
    if event.plan is not None:
        return "by your plan"
    if event.recipe is not None:
        return f"by recipe {event.recipe}"
    return f"with {event.model}" if event.model else "without a model"
