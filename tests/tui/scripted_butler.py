"""A Butler whose runs are told event by event, with a clock that a test moves by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from butler_tui.core import events as ev
from butler_tui.core.comparing import Comparison, compare
from butler_tui.core.errors import UsageError
from butler_tui.core.labels import Label, Labels, Source
from butler_tui.core.plan_write import write_plan
from butler_tui.core.rules import Decision, Rule
from butler_tui.core.run import RunState, fold
from butler_tui.core.tool import Effect, Tool
from butler_tui.history import Acceptance

BEGAN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class HandClock:
    """Stands still until `advance` is called; an event happens when it is handled."""

    def __init__(self) -> None:
        self._seconds = 100.0

    def advance(self, seconds: float) -> None:
        self._seconds += seconds

    def seconds(self) -> float:
        return self._seconds

    def of(self, _event) -> float:
        return self._seconds

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self._seconds - 100)


@dataclass(frozen=True)
class Row:
    """A run in a list, as the history has it."""

    id: str
    title: str
    goal: str
    status: str
    created: datetime
    waiting: int = 0
    folder: str = "/home/me"
    model: str | None = "openai/gpt-5-mini"
    recipe: str | None = None


@dataclass(frozen=True)
class Hit:
    """A run that was found."""

    run: str
    title: str
    status: str
    created: datetime
    step: str
    kind: str
    snippet: str
    waiting: int = 0


class Deciding:
    """The part of Butler that takes decisions."""

    def __init__(self, butler: ScriptedButler) -> None:
        self._butler = butler

    def __getattr__(self, name: str):
        return getattr(self._butler, "accept_sheet" if name == "accept" else name)


class Steering:
    """The part of Butler by which a run is steered; `problems` is what a changed plan has."""

    def __init__(self, butler: ScriptedButler) -> None:
        self._butler = butler
        self.problems: list[str] = []
        self.asked: list[tuple[str, ...]] = []
        self.refuse: Exception | None = None

    async def instruct(self, run: str, text: str) -> None:
        if self.refuse is not None:
            raise self.refuse
        self._butler.play(run, ev.InstructionGiven(id=f"i{len(self.asked)}", text=text))
        self.asked.append(("instruct", text))

    async def pause(self, run: str) -> None:
        self._butler.play(run, ev.RunPaused())

    async def unpause(self, run: str) -> None:
        self._butler.play(run, ev.RunResumed(by="person"))

    async def skip(self, run: str, place: str) -> None:
        self.asked.append(("skip", place))
        skipped = ev.StepSkipped(step=place, because="you skipped it", by="person")
        self._butler.play(run, skipped)

    async def retry(self, run: str, place: str) -> None:
        self.asked.append(("retry", place))
        again: list[ev.Event] = [ev.StepRetried(step=place)]
        if fold(self._butler.journals[run]).status.over:
            again.append(ev.RunResumed(by="person"))
        self._butler.play(run, *again)

    async def plan_text(self, run: str) -> str:
        return write_plan(fold(self._butler.journals[run]).plan)

    async def check(self, run: str, text: str) -> list[str]:
        return self.problems if "fly" in text else []

    async def edit(self, run: str, text: str) -> None:
        if "fly" in text:
            raise UsageError("; ".join(self.problems))
        self.asked.append(("edit", text))


class Undoing:
    """The part of Butler that undoes."""

    def __init__(self, butler: ScriptedButler) -> None:
        self._butler = butler

    async def start(self, run: str, step: str | None = None) -> str:
        self._butler.undone.append((run, step))
        name = f"u{len(self._butler.journals) + 1:03d}"
        self._butler.play(name, accepted(f"undo {run}"))
        return name


class ScriptedButler:
    """Plays the part of `butler_tui.butler.Butler` towards the screens."""

    def __init__(self, clock: HandClock, model: str | None = "openai/gpt-5-mini") -> None:
        self.clock = clock
        self.model_name = model
        self.steering = Steering(self)
        self.recipes = SimpleNamespace(all=dict)
        self.history = SimpleNamespace(leases=SimpleNamespace(owner=self._owner))
        self.owners: dict[str, str] = {}
        self.journals: dict[str, list[ev.Recorded]] = {}
        self.decisions: list[ev.ApprovalDecided | ev.QuestionAnswered] = []
        self.driven: list[str] = []
        self.resumed: list[str] = []
        self.rules: list[Rule] = []
        self.requests: list[object] = []
        self.tools: dict[str, Tool] = {}
        self.acceptances: list[Acceptance] = []
        self.signed: list[tuple[str, list[Rule], float | None]] = []
        self.undone: list[tuple[str, str | None]] = []
        self.previews = 0
        self.previewing = "it would do this"
        self.preloaded = 0
        self.closed = False
        self.refuse: Exception | None = None
        self.script: Callable[[str], Awaitable[None]] | None = None
        self._followers: dict[str, list[asyncio.Queue]] = {}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ScriptedButler]:
        try:
            yield self
        finally:
            self.closed = True

    async def _owner(self, run: str) -> str | None:
        return self.owners.get(run)

    def play(self, run: str, *happened: ev.Event) -> None:
        """Append events to a run, as if its engine had."""
        journal = self.journals.setdefault(run, [])
        for event in happened:
            recorded = ev.Recorded(run=run, seq=len(journal) + 1, at=self.clock.now(), event=event)
            journal.append(recorded)
            for queue in self._followers.get(run, []):
                queue.put_nowait(recorded)

    def progress(self, run: str, step: str, item=(), text="", done=None) -> None:
        for queue in self._followers.get(run, []):
            queue.put_nowait(ev.StepProgressed(step=step, item=item, text=text, done=done))

    async def accept(self, request) -> str:
        if self.refuse is not None:
            raise self.refuse
        self.requests.append(request)
        run = f"r{len(self.journals) + 1:03d}"
        settings = {"rehearse": True} if request.rehearse else {}
        self.play(run, accepted(request.goal, settings=settings))
        return run

    @property
    def deciding(self) -> Deciding:
        return Deciding(self)

    @property
    def undoing(self) -> Undoing:
        return Undoing(self)

    async def drive(
        self, run: str, *, stays: bool = False, outbox: bool = False, answers: str = "person"
    ) -> None:
        self.driven.append(run)
        if self.script is not None:
            await self.script(run)
        await asyncio.Event().wait()

    async def resume(self, run: str, *, mode=None, model=None) -> None:
        state = await self.state(run)
        if state.status.over:
            raise UsageError(f"Run {run} is {state.status}; there is nothing to go on with.")
        self.resumed.append(run)
        self.play(run, ev.RunResumed(by="test"))

    async def follow(self, run: str, after: int = 0) -> AsyncGenerator:
        queue: asyncio.Queue = asyncio.Queue()
        for recorded in self.journals.get(run, [])[after:]:
            queue.put_nowait(recorded)
        self._followers.setdefault(run, []).append(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._followers[run].remove(queue)

    async def compare(self, left: str, right: str) -> Comparison:
        return compare(await self.state(left), await self.state(right))

    async def state(self, run: str) -> RunState:
        return fold(self.journals[run])

    def _held(self, identity: str) -> str:
        for run, journal in self.journals.items():
            state = fold(journal)
            waiting = [one.requested.id for one in state.waiting_approvals()]
            waiting += [one.asked.id for one in state.waiting_questions()]
            if identity in waiting:
                return run
        raise UsageError(f"{identity} was decided already.")

    async def allow(self, approval, *, scope="once", args=None, rule=None) -> None:
        run = self._held(approval)
        if rule is not None:
            self.rules.append(rule)
        self._decided(
            run, ev.ApprovalDecided(id=approval, decision="allow", scope=scope, args=args)
        )

    async def previewed(self, approval, args) -> ev.ApprovalRequested:
        """As the engine does: the call under another id, with another preview; `bad` is refused."""
        run = self._held(approval)
        if "bad" in args.values():
            raise UsageError("write_file: path must not be bad.")
        requested = fold(self.journals[run]).approvals[approval].requested
        self.previews += 1
        said = f"{self.previewing}: {args}"
        return requested.model_copy(update={"id": "other", "args": dict(args), "preview": said})

    async def accept_sheet(self, sheet, acceptance) -> None:
        run = next(run for run, journal in self.journals.items() if sheet in fold(journal).offers)
        state = fold(self.journals[run])
        offer = state.open_offer()
        if offer is None:
            raise UsageError(f"{sheet} was decided already.")
        self.acceptances.append(acceptance)
        bounds = [one.dump() for one in acceptance.bounds]
        self.play(
            run,
            ev.PlanAccepted(
                revision=offer.offered.revision,
                by="person",
                id=sheet,
                bounds=bounds,
                cost_usd=acceptance.cost_usd,
            ),
        )
        for one in [one.requested.id for one in state.waiting_approvals()]:
            if one in offer.offered.approvals:
                decision = "deny" if one in acceptance.without else "allow"
                edit = acceptance.edits.get(one)
                args = edit.args if edit is not None else None
                self._decided(run, ev.ApprovalDecided(id=one, decision=decision, args=args))

    async def sign(self, run, bounds, cost_usd=None) -> None:
        self.signed.append((run, list(bounds), cost_usd))
        dumped = [one.dump() for one in bounds]
        self.play(run, ev.PlanAccepted(revision=1, by="person", bounds=dumped, cost_usd=cost_usd))

    async def take_back(self, run, step, item=()) -> None:
        self._in_outbox(run, step, item)
        self.play(run, ev.SendTakenBack(step=step, item=item))

    async def send_now(self, run, step, item=()) -> None:
        self._in_outbox(run, step, item)
        self.play(run, ev.SendReleased(step=step, item=item))

    def _in_outbox(self, run, step, item) -> None:
        if fold(self.journals[run]).calls[(step, item)].status != "outbox":
            raise UsageError(f"{step} of run {run} does not wait in the outbox any more.")

    async def deny(self, approval, *, reason="") -> None:
        for run, journal in self.journals.items():
            if approval in (state := fold(journal)).offers:
                ids = [one.requested.id for one in state.waiting_approvals()]
                self.play(run, ev.ApprovalDecided(id=approval, decision="deny", reason=reason))
                for one in ids:
                    if one in state.offers[approval].offered.approvals:
                        said = ev.ApprovalDecided(id=one, decision="deny", reason=reason)
                        self._decided(run, said)
                return
        run = self._held(approval)
        self._decided(run, ev.ApprovalDecided(id=approval, decision="deny", reason=reason))

    async def answer(self, question, answer) -> None:
        self._decided(self._held(question), ev.QuestionAnswered(id=question, answer=answer))

    def _decided(self, run: str, event) -> None:
        self.decisions.append(event)
        self.play(run, event)

    def always_rule(self, state: RunState, approval: ev.ApprovalRequested) -> Rule:
        return Rule(
            tool=approval.tool,
            args={"path": f"/home/me/{approval.args.get('path', '*')}"},
            decision=Decision.ALLOW,
            because="always allowed on 2026-11-21",
        )

    async def cancel(self, run: str) -> None:
        self.play(run, ev.RunCancelled())

    async def waiting(self) -> list[SimpleNamespace]:
        states = [fold(journal) for journal in self.journals.values()]
        return [
            SimpleNamespace(run=state.id)
            for state in states
            for _ in [*state.waiting_approvals(), *state.waiting_questions()]
        ]

    async def runs(self, limit: int = 50, offset: int = 0) -> list[Row]:
        rows = [self._row(run) for run in reversed(self.journals)]
        return rows[offset : offset + limit]

    def _row(self, run: str) -> Row:
        state = fold(self.journals[run])
        waits = sum(1 for _ in [*state.waiting_approvals(), *state.waiting_questions()])
        created = self.journals[run][0].at
        return Row(run, state.title or state.goal, state.goal, state.status, created, waits)

    async def search(self, text: str, limit: int = 50) -> list[Hit]:
        return [
            Hit(row.id, row.title, row.status, row.created, "", "goal", f"[{text}]", row.waiting)
            for row in await self.runs(10_000)
            if text.lower() in row.goal.lower()
        ]

    async def goals(self, limit: int = 200) -> list[str]:
        return list(dict.fromkeys(row.goal for row in await self.runs(limit)))

    def preload(self) -> None:
        self.preloaded += 1


def accepted(goal: str, **more) -> ev.RunAccepted:
    return ev.RunAccepted(
        goal=goal,
        model="openai/gpt-5-mini",
        folder="/home/me",
        date="2026-11-21",
        time="09:00",
        **more,
    )


def proposed(step: str, text: str, **signatures: list[str]) -> ev.StepProposed:
    return ev.StepProposed(step=step, text=text, signatures=signatures)


def of_step(step: str, origin: str, *, untrusted: bool = True) -> dict:
    return Labels(Label.of(Source("step", step, origin, untrusted=untrusted))).dump()


def chosen() -> dict:
    return Labels(Label.of(Source("planner"))).dump()


def held(
    identity: str = "a1b2c3d4",
    *,
    step: str = "save",
    item=(),
    tool: str = "write_file",
    args: dict | None = None,
    **more,
) -> ev.ApprovalRequested:
    """A card: write dinner.md, as the plan of `dinner` would."""
    given = (
        args if args is not None else {"path": "dinner.md", "content": "# Dinner\n\nTrattoria\n"}
    )
    return ev.ApprovalRequested(
        id=identity,
        step=step,
        item=item,
        tool=tool,
        effect=more.pop("effect", Effect.CHANGE),
        args=given,
        labels=more.pop("labels", dict.fromkeys(given, chosen())),
        preview=more.pop(
            "preview", "--- dinner.md\n+++ dinner.md\n@@ -0,0 +1,3 @@\n+# Dinner\n+\n+Trattoria"
        ),
        preview_kind=more.pop("preview_kind", "diff"),
        because=more.pop("because", "it changes something on this machine"),
        undoable=more.pop("undoable", True),
        **more,
    )


def dinner() -> list[ev.Event]:
    """A plan of four steps that has come as far as its first card."""
    urls = [f"https://example.org/{name}" for name in ("trattoria", "osteria", "pizzeria")]
    read = [
        ev.StepStarted(
            step="pages",
            item=(place,),
            tool="read_page",
            effect=Effect.FETCH,
            args={"url": url},
            labels={"url": of_step("search", "web page example.org")},
        )
        for place, url in enumerate(urls)
    ]
    return [
        proposed(
            "search",
            'search = web_search("Italian restaurants Munich", limit=3)'
            "  # Find Italian restaurants",
            web_search=["query", "limit"],
        ),
        proposed(
            "pages",
            "pages = [read_page(hit.url) for hit in search.results]  # Read each one",
            read_page=["url"],
        ),
        proposed(
            "save",
            'save = write_file("dinner.md", f"# Dinner\\n\\n{pages[0].text}")  # Save the first',
            write_file=["path", "content"],
        ),
        proposed("answer", 'answer("Saved in dinner.md.")', answer=["text"]),
        ev.PlanProposed(revision=1, title="Dinner for two in Munich"),
        ev.PlanAccepted(revision=1, by="person"),
        ev.ModelCalled(
            role="planner",
            model="openai/gpt-5-mini",
            tokens_in=900,
            tokens_out=101,
            cost=0.004,
            seconds=1.2,
        ),
        ev.StepStarted(
            step="search",
            tool="web_search",
            effect=Effect.FETCH,
            args={"query": "Italian restaurants Munich", "limit": 3},
            labels={"query": chosen(), "limit": chosen()},
        ),
        ev.StepFinished(
            step="search",
            output={
                "results": [{"title": url.rsplit("/", 1)[1].title(), "url": url} for url in urls]
            },
            labels=of_step("search", "web search"),
            seconds=0.8,
        ),
        *read,
        *[
            ev.StepFinished(
                step="pages",
                item=(place,),
                output={
                    "text": f"# {url.rsplit('/', 1)[1].title()}\n\nFresh pasta, open until 23:00.",
                    "url": url,
                },
                labels=of_step("pages", "web page example.org"),
                seconds=0.3 + place / 10,
            )
            for place, url in enumerate(urls[:2])
        ],
    ]
