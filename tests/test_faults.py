"""The world on a bad day: whatever breaks between Butler and its servers, a run gets to an end.

Each fault once: the run finishes, or asks about what may have happened. Each fault for ever: it
ends with one sentence. Nothing happens twice, nothing hangs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
from fault_proxy import Fault, FaultProxy, Kind
from model_server import Answer, ModelServer
from web_site import Running, Site

from butler_tui.butler import GoalRequest, models, open_butler
from butler_tui.core.events import Event, PlanRefused, StepProposed, StepStarted
from butler_tui.core.run import RunState, RunStatus
from butler_tui.execution import attempts
from butler_tui.language.client import Timeouts
from butler_tui.settings import Places, Settings
from butler_tui.tools import sending, transfer

KINDS: tuple[Kind, ...] = get_args(Kind)
ROLES = ("planner", "revision", "writer", "fetch", "post", "download")
OF_MODEL = ROLES[:3]
CONTENT = bytes(range(256)) * 40


@dataclass
class World:
    """One Butler between a hurt model or site and its folder, and what came of a run."""

    folder: Path
    model: ModelServer
    site: Site
    stack: AsyncExitStack
    state: RunState = field(default_factory=RunState)
    events: list[Event] = field(default_factory=list)

    async def run(self, role: str, *faults: Fault, for_ever: bool = False) -> RunStatus:
        """Have one run of that role meet the faults; its status at the end."""
        first = [None] if role == "revision" else []
        port = urlsplit(self.model.url if role in OF_MODEL else self.site.origin).port
        proxy = FaultProxy(port or 0, [*first, *faults], for_ever=for_ever)
        self.proxy = await self.stack.enter_async_context(proxy)
        text = self._plan(role)
        async with open_butler(self._settings(role), Places.below(self.folder / "home")) as butler:
            run = await butler.accept(GoalRequest("Go", self.folder, plan=text))
            status = await asyncio.wait_for(butler.drive(run), 40)
            self.state = await butler.state(run)
            self.events = [one.event for one in await butler.history.journal.read(run)]
        return status

    def _settings(self, role: str) -> Settings:
        rules = [
            {"tool": one, "decision": "allow", "even_if": ["untrusted"]}
            for one in ("http_request", "download_file")
        ]
        model = {"name": "openai/scripted", "api_base": f"{self.proxy.url}/v1"}
        return Settings.model_validate(
            {
                "model": {"silence_seconds": 0.5, **(model if role in OF_MODEL else {})},
                "network": {"allow": [self.proxy.url], "silence_seconds": 0.5},
                "approvals": {"rules": rules},
            }
        )

    def _plan(self, role: str) -> str | None:
        """The plan of the run, None where the model makes it; and what the servers say."""
        url = self.proxy.url
        match role:
            case "planner":
                self.model.add(Answer('# Look\nf = list_files(".")\nanswer("done")\n', repeat=True))
                return None
            case "revision":
                self.model.add('x = read_file("gone.txt")\nanswer(x.text)\n')
                self.model.add(Answer('f = list_files(".")\nanswer("done")\n', repeat=True))
                return None
            case "writer":
                self.model.add(Answer("done, and well", repeat=True))
                return 'w = write_text("Say something")\nanswer(w.text)\n'
            case "fetch":
                return f'p = read_page("{url}/page")\nanswer(p.text)\n'
            case "post":
                return f'http_request("POST", "{url}/post", body="x")\nanswer("done")\n'
            case _:
                return f'd = download_file("{url}/file", "got.bin")\nanswer(d.path)\n'

    @property
    def posts(self) -> int:
        """How often something was sent."""
        return sum(visit.method == "POST" for visit in self.site.visits)


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Butler as it is, but less patient."""
    monkeypatch.setattr(attempts, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(models, "Timeouts", partial(Timeouts, tries=(0.01, 0.01)))
    monkeypatch.setattr(sending, "BODY_SECONDS", 0.4)
    monkeypatch.setattr(transfer, "PAUSES", (0.0,) * 5)
    async with AsyncExitStack() as stack:
        model = stack.enter_context(ModelServer())
        site = stack.enter_context(Running())
        site.page(
            "/page", f"<html><body><article><p>{'Owls hunt. ' * 40}</p></article></body></html>"
        )
        site.page("/post", '{"ok": true}', "application/json")
        site.page("/file", CONTENT, "application/octet-stream", headers={"ETag": '"1"'})
        yield World(tmp_path, model, site, stack)


def asked(state: RunState) -> list[str]:
    return [one.asked.about for one in state.waiting_questions()]


def sane(world: World) -> None:
    """Nothing was done twice, and what is said is a sentence."""
    assert world.posts <= 1
    started = [one for one in world.events if isinstance(one, StepStarted)]
    assert len({(one.step, one.attempt) for one in started}) == len(started)
    said = [world.state.error, *(call.error for call in world.state.calls.values())]
    for text in said:
        assert "Traceback" not in text
        assert len(text) < 600
        assert "\n" not in text.strip()
    assert not list(world.folder.glob("*.part*"))


MAY_HAVE_HAPPENED = {"reset", "reset after", "silence"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_fault_that_passes_does_not_end_a_run(world: World, role: str, kind: Kind) -> None:
    status = await world.run(role, Fault(kind))
    sane(world)
    assert kind in world.proxy.met
    if role == "post" and kind in MAY_HAVE_HAPPENED:
        assert (status, asked(world.state)) == (RunStatus.WAITING, ["unknown"])
        return
    assert status is RunStatus.DONE, world.state.error
    if role == "download" and kind != "no utf-8":
        assert (world.folder / "got.bin").read_bytes() == CONTENT


ENDLESS = ("reset", "reset middle", "half", "silence", "too long", "429", "500")


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("role", ROLES)
async def test_a_fault_that_stays_ends_in_one_sentence(world: World, role: str, kind: Kind) -> None:
    headers = {"retry-after": "0.01"} if kind == "429" else {}
    status = await world.run(role, Fault(kind, headers=headers), for_ever=True)
    sane(world)
    if status is RunStatus.DONE:
        # The head of an answer came: it was heard; or all that was said came.
        assert role == "post" or kind == "too long"
    elif status is RunStatus.WAITING:
        assert asked(world.state) in (["unknown"], ["stuck"])
    else:
        assert status is RunStatus.FAILED
        assert world.state.error


@pytest.mark.parametrize("role", ["planner", "revision"])
@pytest.mark.parametrize("kind", ["reset middle", "half", "silence middle"])
@pytest.mark.parametrize("at", [150, 400, 900, 1500, 2600])
async def test_a_stream_cut_in_a_statement_is_not_planned_again(
    world: World, role: str, kind: Kind, at: int
) -> None:
    assert await world.run(role, Fault(kind, at=at)) is RunStatus.DONE
    sane(world)
    proposed = [one.text for one in world.events if isinstance(one, StepProposed)]
    assert len(proposed) == len(set(proposed))
    assert not [one for one in world.events if isinstance(one, PlanRefused)]
    assert world.state.answer == "done"
