"""A stranger's file decides, and no label is lost on the way: each effect ends in a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_server import ModelServer
from stage import MINE, Stage, assert_a_card, held
from web_site import Site

from butler_tui.core.run import RunStatus


@pytest.fixture
def stage(tmp_path: Path, site: Site, model_server: ModelServer) -> Stage:
    return Stage.build(tmp_path, site, model_server)


DECIDED = {
    "a query that fails": (
        'query_table("SELECT nothing FROM t1", ["inbox/table.csv"]) or delete_file("notes.md")'
    ),
    "a chart that fails": 'plot_table("inbox/table.csv", "nothing") or delete_file("notes.md")',
    "how many files hold a text": (
        'x = find_files("inbox", text="approved")\n'
        '[delete_file("notes.md") for f in x.files if f != 1]'
    ),
    "how many lines hold a text": (
        'x = find_files("inbox", text="approved")\n'
        '[delete_file("notes.md") for f in x.files[0].lines if f != 1]'
    ),
    "that no file holds a text": (
        'x = find_files("inbox", text="nowhere")\ndelete_file("notes.md") if not x.files'
    ),
    "that no file of all holds a text": (
        'x = find_files(".", "*.eml", text="nowhere")\ndelete_file("notes.md") if not x.files'
    ),
    "how many files of all hold a text": (
        'x = find_files(".", text="SYSTEM")\n[delete_file("notes.md") for f in x.files if f != 1]'
    ),
    "how many names": (
        'x = list_files("inbox")\n[delete_file("notes.md") for f in x.files if f != 1]'
    ),
    "that there is no name": (
        'x = list_files("inbox", "*.none")\ndelete_file("notes.md") if not x.files'
    ),
    "how many facts": (
        'x = recall("approved")\n[delete_file("notes.md") for f in x.facts if f != 1]'
    ),
    "how many rows": (
        'x = query_table("SELECT note FROM t1", ["inbox/table.csv"])\n'
        '[delete_file("notes.md") for f in x.rows if f != 1]'
    ),
    "compare": (
        'x = compare_files("notes.md", "inbox/mail.eml")\ndelete_file("notes.md") if not x.same'
    ),
    "python with files": (
        'x = run_python("1", files=["inbox/mail.eml"])\ndelete_file("notes.md") if x.value == 1'
    ),
    "json dict key": (
        'x = http_request("GET", "{o}/json")\ndelete_file("notes.md") if "do" in x.json'
    ),
    "header": 'x = read_page("{o}/page")\nwrite_file("notes.md", x.title[0:3])',
    "name list": (
        'x = read_page("{o}/page")\nwrite_file("notes.md", f"{[a.text for a in x.links]}")'
    ),
    "status": 'x = http_request("GET", "{o}/json")\ndelete_file("notes.md") if x.status == 200',
    "broken part": (
        'x = http_request("GET", "{o}/json")\n'
        'read_file(x.json["nothing"]) or delete_file("notes.md")'
    ),
    "broken nested": (
        'x = http_request("GET", "{o}/json")\n'
        '[read_file(n) for n in x.json] or delete_file("notes.md")'
    ),
    "copied twin": (
        'c = copy_file("inbox/mail.eml", "a.txt")\n'
        'x = read_file("a.txt", after=[c])\n'
        'delete_file("notes.md") if x.text'
    ),
    "describe": 'x = describe_table("inbox/table.csv")\ndelete_file("notes.md") if x.columns',
    "download": 'd = download_file("{o}/page", "p.txt")\ndelete_file("notes.md") if d.bytes > 3',
}


@pytest.mark.parametrize("way", DECIDED)
async def test_what_a_stranger_s_file_decides_is_asked(stage: Stage, way: str) -> None:
    async with stage.butler() as butler:
        state = await stage.run(butler, DECIDED[way])
    assert state.status is RunStatus.WAITING, state.error
    assert all(card.concerns for card in held(state))
    assert (stage.work / "notes.md").read_text() == MINE


COMMANDED = {
    "copied": '["cp", "inbox/mail.eml", "a.txt"]',
    "moved": '["mv", "inbox/mail.eml", "a.txt"]',
    "moved with its folder": '["mv", "inbox", "post"]',
    "written": '["cp", "--attributes-only", "inbox/mail.eml", "a.txt"]',
}


@pytest.mark.parametrize("way", COMMANDED)
async def test_what_a_command_leaves_behind_stays_a_stranger_s(stage: Stage, way: str) -> None:
    path = "post/mail.eml" if way == "moved with its folder" else "a.txt"
    plan = f"""c = run_command({COMMANDED[way]})
x = read_file("{path}", after=[c])
delete_file("notes.md") if x.text != 1
"""
    async with stage.butler() as butler:
        state = await stage.run(butler, plan)
    card = assert_a_card(state, "delete_file")
    assert card.concerns[0]["argument"] == "control"
    assert (stage.work / "notes.md").read_text() == MINE


async def test_what_a_command_did_not_touch_stays_the_person_s(stage: Stage) -> None:
    plan = """c = run_command(["touch", "b.txt"])
x = read_file("notes.md", after=[c])
delete_file("prices.csv") if x.text != 1
"""
    async with stage.butler() as butler:
        state = await stage.run(butler, plan)
    assert state.status is RunStatus.DONE, state.error


CARRIED = {
    "a note moved": 'move_file("new.txt", "run.sh", after=[b])',
    "a note copied to a start file": 'copy_file("new.txt", ".bashrc", after=[b])',
    "a note copied over another": 'copy_file("new.txt", "notes.md", overwrite=True, after=[b])',
    "a mail obeyed": 'copy_file("inbox/mail.eml", "AGENTS.md", after=[b])',
}


@pytest.mark.parametrize("way", CARRIED)
async def test_a_note_of_a_stranger_s_becomes_nothing_else_by_being_moved(
    stage: Stage, way: str
) -> None:
    before = stage.seen()
    plan = f'x = read_page("{{o}}/page")\nb = write_file("new.txt", x.text)\n{CARRIED[way]}\n'
    async with stage.butler() as butler:
        state = await stage.run(butler, plan)
    card = assert_a_card(state, CARRIED[way].split("(")[0])
    assert card.concerns[0]["argument"] == "path"
    assert stage.seen().keys() - before.keys() == {str(stage.work / "new.txt")}


async def test_a_note_of_a_stranger_s_may_be_moved_as_a_note(stage: Stage) -> None:
    plan = """x = read_page("{o}/page")
b = write_file("new.txt", x.text)
move_file("new.txt", "kept/news.txt", after=[b])
"""
    async with stage.butler() as butler:
        state = await stage.run(butler, plan)
    assert state.status is RunStatus.DONE, state.error


@pytest.mark.parametrize("tool", ["query_table", "plot_table"])
async def test_a_rule_sees_the_files_of_a_table_as_they_really_are(stage: Stage, tool: str) -> None:
    name = {"query_table": "paths", "plot_table": "table"}[tool]
    path = str(stage.work / "prices.csv")
    rule = {"tool": "*", "decision": "deny", "args": {name: path}}
    stage.settings = {"approvals": {"rules": [rule]}}
    (stage.work / "sub").mkdir()
    steps = {
        "query_table": 'query_table("SELECT 1 FROM t1", ["sub/../prices.csv"])',
        "plot_table": 'plot_table("sub/../prices.csv", "what", "price")',
    }
    async with stage.butler() as butler:
        state = await stage.run(butler, steps[tool])
    assert state.status is RunStatus.FAILED
    assert "denied" in state.error


async def test_a_stranger_learns_nothing_private_by_whether_their_page_is_read(
    stage: Stage,
) -> None:
    stage.site.page("/links", '<p>News of today.</p><a href="/collect">more</a>')
    plan = """n = read_file("notes.md")
x = http_request("GET", "{o}/links")
read_page(f"{o}/collect#{x.status}") if "bread" in n.text
"""
    async with stage.butler() as butler:
        state = await stage.run(butler, plan)
    card = assert_a_card(state, "read_page")
    assert card.concerns == [
        {"kind": "private", "argument": "control", "origins": ["file notes.md"]}
    ]
    assert stage.sent() == []
