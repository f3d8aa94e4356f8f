"""The database is made, upgraded and refused; what goes wrong is said and passes."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from butler_tui.core.errors import HistoryError
from butler_tui.core.events import ApprovalRequested, ModelCalled, RunAccepted
from butler_tui.core.tool import Effect
from butler_tui.history import integrity, open_history
from butler_tui.history.migrations import STEPS, migrate
from butler_tui.settings import Places

EVENT = ModelCalled(role="x", model="y")
ROOT = Path(__file__).parents[2]


async def use(places: Places) -> None:
    async with open_history(places, patience=0.1) as history:
        await history.journal.append("r", [RunAccepted(goal="g")])


def raw(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    return sqlite3.connect(path, isolation_level=None)


async def test_an_empty_file_becomes_a_history_for_its_owner_only(places: Places) -> None:
    places.db.parent.mkdir(parents=True)
    places.db.touch(mode=0o600)
    await use(places)
    assert integrity(places.db) == "ok"
    for path in places.db.parent.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    with closing(raw(places.db)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_opening_again_changes_nothing(places: Places) -> None:
    await use(places)
    with closing(raw(places.db)) as db:
        before = db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    async with open_history(places) as history:
        assert len(await history.journal.read("r")) == 1
    with closing(raw(places.db)) as db:
        assert db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall() == before


@pytest.mark.parametrize("done", range(1, len(STEPS)))
async def test_an_older_schema_is_brought_up_to_date(places: Places, done: int) -> None:
    from sqlite_utils import Database
    from sqlite_utils.migrations import Migrations

    with closing(raw(places.db)) as db:
        older = Migrations("butler")
        for step in STEPS[:done]:
            older(name=step.__name__)(step)
        older.apply(Database(db))
    await use(places)


def test_every_step_gives_its_reason() -> None:
    assert all(step.__doc__ for step in STEPS)
    assert sorted(step.__name__ for step in STEPS) == [step.__name__ for step in STEPS]


async def test_several_may_open_a_new_history_at_once(places: Places) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from butler_tui.history import open_history; from butler_tui.settings import Places\n"
        "async def main():\n"
        "    async with open_history(Places.below(Path(sys.argv[1]))): pass\n"
        "asyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, str(places.config.parent)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    others = [await asyncio.create_subprocess_exec(*command, env=environ) for _ in range(3)]
    await use(places)
    assert [await other.wait() for other in others] == [0, 0, 0]


async def test_the_history_of_a_newer_butler_is_left_alone(places: Places) -> None:
    await use(places)
    with closing(raw(places.db)) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('butler', 'm999_dreams', '')"
        )
    with pytest.raises(HistoryError, match=r"newer Butler \(it has m999_dreams\); upgrade Butler"):
        await use(places)


async def test_a_database_of_somebody_else_is_left_alone(places: Places) -> None:
    with closing(raw(places.db)) as db:
        db.execute("CREATE TABLE songs (name)")
    with pytest.raises(HistoryError, match="is a database, but not Butler's"):
        await use(places)
    with closing(raw(places.db)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("songs",)]


async def test_a_file_that_is_no_database_is_left_alone(places: Places) -> None:
    places.db.parent.mkdir(parents=True)
    places.db.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(HistoryError, match=r"is damaged .*; move it away .*\.recover"):
        await use(places)
    assert places.db.read_bytes().startswith(b"this is a letter")


async def test_damage_inside_is_said(places: Places) -> None:
    async with open_history(places) as history:
        await history.journal.append("r", [RunAccepted(goal="g" * 100)])
        for _ in range(50):
            await history.journal.append("r", [ModelCalled(role="x" * 2000, model="y")] * 4)
    content = bytearray(places.db.read_bytes())
    content[4096 * 40 : 4096 * 80] = os.urandom(4096 * 40)
    places.db.write_bytes(content)
    assert integrity(places.db) != "ok"
    with pytest.raises(HistoryError, match="is damaged"):
        async with open_history(places) as history:
            await history.journal.read("r")


@pytest.mark.parametrize(
    "damage",
    [
        'UPDATE events SET body = \'{"type": "approval_requested"}\' WHERE seq = 2',
        "UPDATE events SET at = 'yesterday'",
        "UPDATE runs SET created = 'once'",
        "UPDATE requests SET asked_at = 'then'",
        "UPDATE kept SET item = '7'",
    ],
)
async def test_a_damaged_row_is_said(places: Places, tmp_path: Path, damage: str) -> None:
    asked = ApprovalRequested(id="a1", step="s", tool="t", effect=Effect.CHANGE, args={})
    async with open_history(places) as history:
        await history.journal.append("r", [RunAccepted(goal="g"), asked])
        await history.kept.keep(tmp_path / "x", "r", "s", (), {}, 1000)
    with sqlite3.connect(places.db) as other:
        other.execute(damage)
    other.close()
    async with open_history(places) as history:
        looks = [
            history.journal.read("r"),
            history.runs.newest(),
            history.waiting.all(),
            history.waiting.find("a1"),
            history.decided.calls(),
            history.kept.of("r"),
        ]
        found = await asyncio.gather(*looks, return_exceptions=True)
        # Only after the looks: what is decided is no longer found among what waits.
        found += await asyncio.gather(history.waiting.decide("a1", "deny"), return_exceptions=True)
    faults = [one for one in found if isinstance(one, BaseException)]
    assert faults
    assert {type(one) for one in faults} == {HistoryError}, faults
    assert all("cannot be understood" in str(one) for one in faults)


def test_the_integrity_of_what_is_not_there(places: Places) -> None:
    with pytest.raises(HistoryError, match="there is no such file"):
        integrity(places.db)
    assert not places.db.exists()


async def test_a_folder_that_cannot_be_used_is_said(places: Places, tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where the folder should be")
    with pytest.raises(HistoryError, match=r"cannot be used: .*set BUTLER_HOME"):
        await use(places)


@pytest.mark.skipif(sys.platform != "linux", reason="needs another user, or root, to be refused")
def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    """As another user, since root may write everywhere."""
    program = (
        "import asyncio, os, sys; from pathlib import Path\n"
        "from butler_tui.core.errors import HistoryError\n"
        "from butler_tui.history import open_history; from butler_tui.settings import Places\n"
        "async def main():\n"
        "    async with open_history(Places.below(Path(sys.argv[1]))): pass\n"
        "if os.geteuid() == 0: os.setegid(65534); os.seteuid(65534)\n"
        "try: asyncio.run(main())\n"
        "except HistoryError as error: print(error)\n"
    )
    home = tmp_path / "home"
    home.mkdir(mode=0o555)
    above = [folder for folder in home.parents if folder.stat().st_uid == os.geteuid()]
    modes = {folder: folder.stat().st_mode for folder in above}
    try:
        for folder in above:
            folder.chmod(stat.S_IMODE(modes[folder]) | 0o055)
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", program, str(home)]
        said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    finally:
        for folder, mode in modes.items():
            folder.chmod(stat.S_IMODE(mode))
    assert "cannot be used: Permission denied; check the folder" in said.stdout


async def test_a_locked_database_is_said_and_the_next_append_works(places: Places) -> None:
    async with open_history(places, patience=0.1) as history:
        await history.journal.append("r", [RunAccepted(goal="g")])
        with closing(raw(places.db)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(HistoryError, match="is locked by another program; close that"):
                await history.journal.append("r", [EVENT])
            assert len(await history.journal.read("r")) == 1
        assert (await history.journal.append("r", [EVENT]))[0].seq == 2


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """No file of this process can grow beyond `size` bytes, as if the disk were full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_fails_what_does_not_fit_and_nothing_else(places: Places) -> None:
    async with open_history(places) as history:
        await history.journal.append("r", [RunAccepted(goal="g")])
        log = places.db.with_name(places.db.name + "-wal")
        big = [ModelCalled(role="x" * 60_000, model="y")] * 40
        with files_at_most(log.stat().st_size + 400_000):
            failing = asyncio.create_task(history.journal.append("r", big))
            fitting = asyncio.create_task(history.journal.append("r", [EVENT]))
            with pytest.raises(HistoryError, match="disk"):
                await failing
            assert (await fitting)[0].seq == 2
        recorded = await history.journal.append("r", big, flush=True)
        assert [one.seq for one in recorded] == list(range(3, 43))
    assert integrity(places.db) == "ok"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace shows what is flushed")
async def test_only_what_is_to_be_flushed_waits_for_the_disk(
    places: Places, another: Any, tmp_path: Path
) -> None:
    """As the system sees it: the log is flushed before such an append returns."""
    await use(places)
    trace = tmp_path / "trace"
    watched = "-e", "trace=write,fsync,fdatasync"
    process = await another("flush", "r", under=("strace", "-f", "-y", *watched, "-o", str(trace)))
    await process.end()
    calls = trace.read_text()
    _, rest = calls.split('"before', 1)
    not_flushed, rest = rest.split('"not flushed', 1)
    flushed, _ = rest.split('"flushed', 1)
    assert "sync(" not in not_flushed
    assert re.search(r"f(data)?sync\(\d+<.*butler\.db-wal>\)", flushed)


async def test_migrating_twice_changes_nothing(places: Places) -> None:
    await use(places)
    with closing(raw(places.db)) as db:
        migrate(db)
        assert db.total_changes == 0
