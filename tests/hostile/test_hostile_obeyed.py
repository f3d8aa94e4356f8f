"""A stranger's file is not run, and nothing of theirs lands where programs obey it, unasked.

Every argument is the person's own or the plan's; mode trusting and `--yes`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from model_server import ModelServer
from stage import Stage, assert_a_card, held
from web_site import Site

from butler_tui.core.run import RunStatus


@pytest.fixture
def stage(tmp_path: Path, site: Site, model_server: ModelServer) -> Stage:
    made = Stage.build(tmp_path, site, model_server)
    site.page("/note", "touch ran\n", "text/plain")
    return made


DOWNLOADED = 'd = download_file("{o}/note", "note.txt")\n'
IN_WORDS = {
    "a shell": '["sh", "note.txt"]',
    "itself": '["./note.txt"]',
    "another program before it": '["env", "sh", "note.txt"]',
    "a line for a shell": '["sh", "-c", "cat note.txt | sh"]',
    "a path in a line": '["sh", "-c", "cd . && . ./note.txt"]',
    "an option": '["bash", "--rcfile=note.txt", "-i"]',
    "a short option": '["awk", "-fnote.txt"]',
    "code": '["python3", "-c", "exec(open(\'note.txt\').read())"]',
    "every file": '["sh", "-c", "for f in *.txt; do sh $f; done"]',
    "another spelling": '["sh", "inbox/../note.txt"]',
}


@pytest.mark.parametrize("way", IN_WORDS)
async def test_a_program_is_not_run_on_a_stranger_s_file_unasked(stage: Stage, way: str) -> None:
    async with stage.butler() as butler:
        state = await stage.run(butler, f"{DOWNLOADED}run_command({IN_WORDS[way]}, after=[d])\n")
    card = assert_a_card(state, "run_command")
    assert "content of note.txt comes from" in card.because
    assert not (stage.work / "ran").exists()


IN_FOLDERS = {
    "a module": ("news.py", '["python3", "-m", "news"]', "inbox"),
    "a folder": ("__main__.py", '["python3", "inbox"]', "."),
    "found by a build": ("Makefile", '["env", "true"]', "inbox"),
    "found by a test": ("conftest.py", '["sh", "-c", "true"]', "inbox"),
}


@pytest.mark.parametrize("way", IN_FOLDERS)
async def test_what_a_program_finds_by_itself_is_looked_at_too(stage: Stage, way: str) -> None:
    name, argv, folder = IN_FOLDERS[way]
    (stage.work / "inbox" / name).write_text("x")
    async with stage.butler() as butler:
        state = await stage.run(butler, f'run_command({argv}, folder="{folder}")\n')
    assert f"content of inbox/{name}" in assert_a_card(state, "run_command").because


async def test_a_stranger_s_module_beside_code_is_asked(stage: Stage) -> None:
    (stage.work / "inbox" / "helper.py").write_text("x = 1")
    async with stage.butler() as butler:
        plan = 'run_python("import helper", files=["inbox/helper.py"])\n'
        state = await stage.run(butler, plan)
        assert "content of inbox/helper.py" in assert_a_card(state, "run_python").because


async def test_even_if_untrusted_lifts_it(stage: Stage) -> None:
    async with stage.butler() as butler:
        plan = f'{DOWNLOADED}run_command(["sh", "note.txt"], after=[d])\n'
        state = await stage.run(butler, plan, lifted=["untrusted"])
    assert state.status is RunStatus.DONE, state.error
    assert (stage.work / "ran").exists()


READ = {
    "read as data": '["wc", "-l", "note.txt"]',
    "copied": '["cp", "note.txt", "copy.txt"]',
    "another file": '["sh", "-c", "cat notes.md"]',
}


@pytest.mark.parametrize("way", READ)
async def test_a_stranger_s_file_that_nothing_runs_is_not_asked(stage: Stage, way: str) -> None:
    async with stage.butler() as butler:
        state = await stage.run(butler, f"{DOWNLOADED}run_command({READ[way]}, after=[d])\n")
    assert state.status is RunStatus.DONE, (state.error, held(state))


OBEYED = [
    *("run.sh", "setup.py", "Makefile", "configure", ".envrc", "AGENTS.md", "package.json"),
    *("nx.json", "start.desktop", ".github/workflows/a.yml", ".git/hooks/pre-commit", "tool.exe"),
]


@pytest.mark.parametrize("name", OBEYED)
async def test_a_download_to_where_it_is_obeyed_is_asked(stage: Stage, name: str) -> None:
    async with stage.butler() as butler:
        state = await stage.run(butler, f'download_file("{{o}}/note", "{name}")\n')
    card = assert_a_card(state, "download_file")
    assert f"content of {name} comes from web page 127.0.0.1" in card.because
    assert not (stage.work / name).exists()


async def test_a_download_in_the_place_of_a_program_is_asked(stage: Stage) -> None:
    (stage.work / "tool.zip").write_text("x")
    (stage.work / "tool.zip").chmod(0o700)
    async with stage.butler() as butler:
        plan = 'download_file("{o}/note", "tool.zip", overwrite=True)\n'
        assert_a_card(await stage.run(butler, plan), "download_file")
    assert (stage.work / "tool.zip").read_text() == "x"


@pytest.mark.parametrize("name", ["note.txt", "page.html", "all.zip", "inbox/picture.png"])
async def test_another_download_is_the_mode_s_business(stage: Stage, name: str) -> None:
    async with stage.butler() as butler:
        state = await stage.run(butler, f'download_file("{{o}}/note", "{name}")\n')
    assert state.status is RunStatus.DONE, state.error
