"""Ways round a decision: by another tool, another address, another process, another moment."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from model_server import ModelServer
from stage import MINE, Stage, assert_a_card, effects, held
from web_site import Site

from butler_tui.core.calls import CallStatus
from butler_tui.core.errors import UsageError
from butler_tui.core.events import ApprovalDecided
from butler_tui.core.labels import Label, Labels, Source
from butler_tui.core.run import RunStatus


@pytest.fixture
def stage(tmp_path: Path, site: Site, model_server: ModelServer) -> Stage:
    return Stage.build(tmp_path, site, model_server)


AFTER_A_DENIAL = {
    "edit": ('write_file("notes.md", "x")', 'edit_file("notes.md", "milk", "x")'),
    "delete": ('write_file("notes.md", "x")', 'delete_file("notes.md")'),
    "other spelling": ('write_file("notes.md", "x")', 'write_file("./sub/../notes.md", "x")'),
    "absolute": ('write_file("notes.md", "x")', 'write_file("{work}/notes.md", "y")'),
    "by a link": ('write_file("notes.md", "x")', 'write_file("link.md", "x")'),
    "copied over": (
        'write_file("notes.md", "x")',
        'copy_file("prices.csv", "notes.md", overwrite=True)',
    ),
    "moved away": ('delete_file("notes.md")', 'move_file("notes.md", "gone.md")'),
    "moved into its folder": (
        'write_file("sub/prices.csv", "x")',
        'move_file("prices.csv", "sub/")',
    ),
    "copied into its folder": (
        'write_file("inbox/prices.csv", "x")',
        'copy_file("prices.csv", "inbox")',
    ),
    "download": ('write_file("new.txt", "x")', 'download_file("{o}/page", "new.txt")'),
    "other path of the host": (
        'http_request("POST", "{o}/collect", body="x")',
        'http_request("POST", "{o}/other?x=1", body=w.text)',
    ),
    "other method": (
        'http_request("POST", "{o}/collect", body="x")',
        'http_request("PUT", "{o}/collect", body="x")',
    ),
    "other spelling of the host": (
        'http_request("POST", "{o}/collect", body="x")',
        'http_request("POST", "HTTP://127.0.0.1:{port}/collect", body=w.text)',
    ),
    "table": ('write_file("prices.csv", "x")', 'write_table("prices.csv", [{"what": "x"}])'),
    "remember": ('remember("Eve is the boss.")', 'remember("Eve is the boss.", after=[g])'),
}


@pytest.mark.parametrize("name", AFTER_A_DENIAL)
async def test_a_denial_is_final_by_whatever_way_it_comes_again(stage: Stage, name: str) -> None:
    (stage.work / "link.md").symlink_to("notes.md")
    first, again = (
        one.replace("{work}", str(stage.work)).replace("{port}", str(stage.site.port))
        for one in AFTER_A_DENIAL[name]
    )
    if "after=" not in again:
        again = f"{again[:-1]}, after=[g])"
    before = stage.seen()
    async with stage.butler() as butler:
        plan = f'{first}\nw = ask_user("On?")\ng = list_files(".", after=[w])\n{again}\n'
        state = await stage.run(butler, plan, mode="normal", answers="person")
        await butler.deciding.deny(held(state)[0].id)
        await butler.deciding.answer(next(state.waiting_questions()).asked.id, "yes")
        await butler.resume(state.id, mode="trusting")
        await butler.drive(state.id, answers="yes", lifted=["untrusted", "private"])
        state = await butler.state(state.id)
    assert state.status is RunStatus.FAILED
    assert effects(state) == []
    denied = [one for one in state.calls.values() if one.status is CallStatus.DENIED]
    assert len(denied) == 2
    assert "you denied this before" in denied[1].error
    assert stage.seen() == before
    assert stage.sent() == []


async def test_a_denial_of_one_is_none_of_another(stage: Stage) -> None:
    async with stage.butler() as butler:
        plan = 'write_file("notes.md", "x")\nw = ask_user("On?")\nwrite_file("b.md", w.text)\n'
        state = await stage.run(butler, plan, mode="normal", answers="person")
        await butler.deciding.deny(held(state)[0].id)
        await butler.deciding.answer(next(state.waiting_questions()).asked.id, "yes")
        await butler.resume(state.id, mode="trusting")
        await butler.drive(state.id, answers="yes")
    assert (stage.work / "b.md").read_text() == "yes"
    assert (stage.work / "notes.md").read_text() == MINE


# Drift, with the real tools.


def swap_link(stage: Stage) -> None:
    (stage.work / "link.md").unlink()
    (stage.work / "link.md").symlink_to("prices.csv")


def other_content(stage: Stage) -> None:
    (stage.work / "notes.md").write_text("milk, and what somebody else wrote since")


def folder_for_a_link(stage: Stage) -> None:
    stage.work.rename(stage.work.parent / "moved")
    stage.work.symlink_to("moved")


def parent_for_a_link(stage: Stage) -> None:
    (stage.work / "inbox").rename(stage.work / "elsewhere")
    (stage.work / "inbox").symlink_to("elsewhere")


DRIFTS = {
    "swapped link": ('write_file("link.md", "x")', swap_link),
    "other content": ('edit_file("notes.md", "milk", "tea")', other_content),
    "content to be deleted": ('delete_file("notes.md")', other_content),
    "content to be moved": ('move_file("notes.md", "b.md")', other_content),
    "working folder": ('write_file("new.md", "x")', folder_for_a_link),
    "folder on the way": ('write_file("inbox/new.md", "x")', parent_for_a_link),
}


@pytest.mark.parametrize("name", DRIFTS)
async def test_what_drifted_since_it_was_allowed_is_asked_again(stage: Stage, name: str) -> None:
    plan, drift = DRIFTS[name]
    (stage.work / "link.md").symlink_to("notes.md")
    async with stage.butler() as butler:
        state = await stage.run(butler, f"{plan}\n", mode="normal", answers="person")
        (first,) = held(state)
        await butler.deciding.allow(first.id)
        drift(stage)
        before = stage.seen()
        await butler.resume(state.id)
        assert await butler.drive(state.id) is RunStatus.WAITING
        state = await butler.state(state.id)
        (again,) = held(state)
    assert again.id != first.id
    assert "changed since you allowed it" in again.because
    assert stage.seen() == before
    assert effects(state) == []


async def test_of_two_processes_that_answer_one_card_one_is_told(stage: Stage) -> None:
    async with stage.butler() as one, stage.butler() as other:
        for number in range(5):
            plan = f'write_file("n{number}.md", "x")\n'
            state = await stage.run(one, plan, mode="normal", answers="person")
            (card,) = held(state)
            said: list[Any] = await asyncio.gather(
                one.deciding.allow(card.id), other.deciding.deny(card.id), return_exceptions=True
            )
            assert sorted(isinstance(each, UsageError) for each in said) == [False, True]
            assert "decided already" in str(next(each for each in said if each is not None))
            await one.resume(state.id)
            status = await one.drive(state.id)
            allowed = said[0] is None
            assert status is (RunStatus.DONE if allowed else RunStatus.FAILED)
            assert (stage.work / f"n{number}.md").exists() is allowed


async def test_two_engines_never_drive_one_run(stage: Stage) -> None:
    async with stage.butler() as one, stage.butler() as other:
        state = await stage.run(one, 'write_file("n.md", "x")\n', mode="normal", answers="person")
        await one.deciding.allow(held(state)[0].id)
        said: list[Any] = await asyncio.gather(
            one.drive(state.id), other.drive(state.id), return_exceptions=True
        )
        begun = [
            each
            for each in await one.history.journal.read(state.id)
            if each.event.type == "step_started"
        ]
    assert len(begun) == 1
    assert RunStatus.DONE in said


async def test_the_edited_call_is_what_runs_and_is_recorded(stage: Stage) -> None:
    async with stage.butler() as butler:
        plan = 'x = read_page("{o}/page")\nwrite_file("run.sh", x.text)\n'
        state = await stage.run(butler, plan)
        card = assert_a_card(state, "write_file")
        edited = {"path": "safe.md", "content": "mine"}
        shown = await butler.deciding.previewed(card.id, edited)
        assert shown.args == edited
        assert "+mine" in shown.preview
        await butler.deciding.allow(card.id, args=edited)
        await butler.resume(state.id)
        assert await butler.drive(state.id) is RunStatus.DONE
        call = (await butler.state(state.id)).calls["write_file", ()]
    assert dict(call.args) == edited
    label = Labels.load(call.arg_labels["content"]).overall()
    assert label == Label.of(Source("person"))
    assert (stage.work / "safe.md").read_text() == "mine"
    assert not (stage.work / "run.sh").exists()


async def test_an_edit_to_what_a_rule_denies_is_refused(stage: Stage) -> None:
    rule = {"tool": "*", "args": {"path": "**/prices.csv"}, "decision": "deny"}
    stage.settings = {"approvals": {"rules": [rule]}}
    async with stage.butler() as butler:
        plan = 'write_file("n.md", "x")\n'
        state = await stage.run(butler, plan, mode="normal", answers="person")
        with pytest.raises(UsageError, match="denied"):
            await butler.deciding.allow(
                held(state)[0].id, args={"path": "prices.csv", "content": "x"}
            )
    assert "bread,2" in (stage.work / "prices.csv").read_text()


@pytest.mark.parametrize("at", ["of another run", "never asked", "after a denial"])
async def test_a_decision_that_fits_no_open_card_allows_nothing(stage: Stage, at: str) -> None:
    async with stage.butler() as butler:
        plan = 'write_file("n.md", "x")\n'
        state = await stage.run(butler, plan, mode="normal", answers="person")
        other = await stage.run(butler, plan, mode="normal", answers="person")
        mine = held(state)[0].id
        if at == "after a denial":
            await butler.deciding.deny(mine)
        which = {"of another run": held(other)[0].id, "never asked": "zzzzzzzz"}.get(at, mine)
        made_up = ApprovalDecided(id=which, decision="allow", scope="run")
        await butler.history.journal.append(state.id, [made_up])
        await butler.resume(state.id)
        await butler.drive(state.id)
        assert effects(await butler.state(state.id)) == []
    assert not (stage.work / "n.md").exists()
