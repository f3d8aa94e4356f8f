import asyncio
import errno
import hashlib
import os
import socket
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.core.errors import ToolError
from butler_tui.tools import confinement, places, storing
from butler_tui.tools.places import (
    file_receipt,
    folder_place,
    open_reading,
    readable,
    replace,
    writable,
)


def code_of(action, *args):
    with pytest.raises(ToolError) as caught:
        action(*args)
    return caught.value.code


@pytest.fixture
def outside(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "secret.txt").write_text("secret")
    return folder


def read(context, path):
    with open_reading(context, path) as file:
        return file.read()


def test_a_file_is_found_by_relative_absolute_and_roundabout_path(context, tmp_path):
    (tmp_path / "a.txt").write_text("hello")
    (tmp_path / "sub").mkdir()
    for path in ("a.txt", "./a.txt", "sub/../a.txt", str(tmp_path / "a.txt"), "sub/.././a.txt/"):
        assert readable(context, path) == tmp_path / "a.txt"
        assert read(context, path) == b"hello"


def test_the_tilde_is_the_home_folder(context, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("home")
    assert read(context, "~/a.txt") == b"home"


@pytest.mark.parametrize("path", ["../elsewhere.txt", "/etc/passwd", "~root/x", "sub/../../x", "/"])
def test_what_lies_outside_is_refused_whether_or_not_it_exists(context, path):
    for door in (readable, writable, open_reading, folder_place):
        assert code_of(door, context, path) == "outside"


def test_the_refusal_names_the_allowed_folder_and_the_setting(context, tmp_path):
    with pytest.raises(ToolError, match=r"\[folders\] allowed in config\.toml") as caught:
        readable(context, "/etc/passwd")
    assert str(tmp_path) in str(caught.value)


def test_links_are_judged_by_where_they_lead(context, tmp_path, outside):
    (tmp_path / "real.txt").write_text("inside")
    (tmp_path / "good").symlink_to("real.txt")
    (tmp_path / "bad").symlink_to(outside / "secret.txt")
    (tmp_path / "folder").symlink_to(outside)
    assert read(context, "good") == b"inside"
    assert code_of(readable, context, "bad") == "outside"
    assert code_of(readable, context, "folder/secret.txt") == "outside"
    assert code_of(writable, context, "folder/new.txt") == "outside"
    assert code_of(writable, context, "bad") == "outside"


def test_a_link_that_leads_round_in_a_circle_is_refused(context, tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert code_of(readable, context, "a") in ("is_link", "not_found")


def test_an_allowed_folder_may_itself_be_a_link(context, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.txt").write_text("x")
    (tmp_path / "link").symlink_to("real")
    context.folder = tmp_path / "link"
    context.folders = [tmp_path / "link"]
    assert read(context, "a.txt") == b"x"


@pytest.mark.parametrize(
    "path", ["", "  ", "a\0b", "x" * 256, "a/" * 2100 + "b", "\ud800.txt", "~nobody-by-that-name/x"]
)
def test_what_cannot_be_a_path_is_refused(context, path):
    for door in (readable, writable, open_reading):
        assert code_of(door, context, path) == "bad_path"


def test_butlers_own_files_are_forbidden_in_every_spelling(context, tmp_path):
    own = tmp_path / "Butler"
    own.mkdir()
    (own / "rules.toml").write_text("x")
    (tmp_path / "link").symlink_to(own)
    context.forbidden = [own, tmp_path / "not-yet.toml"]
    for path in ("Butler", "Butler/rules.toml", "Butler/new", "link/rules.toml", "BUTLER/new"):
        assert code_of(writable, context, path) == "forbidden"
        assert code_of(readable, context, path) == "forbidden"
    assert code_of(writable, context, "not-yet.toml") == "forbidden"


def test_another_name_of_a_forbidden_file_is_forbidden_too(context, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "butler.db").write_text("x")
    os.link(tmp_path / "own" / "butler.db", tmp_path / "twin")
    context.forbidden = [tmp_path / "own" / "butler.db"]
    assert code_of(readable, context, "twin") == "forbidden"


def test_the_system_is_left_alone_even_if_everything_is_allowed(context):
    context.folders = [Path("/")]
    assert code_of(readable, context, "/proc/self/environ") == "forbidden"
    assert code_of(readable, context, "/dev/zero") == "not_a_file"


def test_pipes_and_sockets_are_refused_without_waiting(context, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for name in ("pipe", "socket"):
            for door in (readable, writable, open_reading):
                assert code_of(door, context, name) == "not_a_file"


def test_a_folder_where_a_file_is_meant_and_the_reverse(context, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("x")
    assert code_of(readable, context, "sub") == "is_folder"
    assert code_of(open_reading, context, ".") == "is_folder"
    assert code_of(writable, context, ".") == "is_folder"
    assert code_of(folder_place, context, "a.txt") == "not_a_folder"
    assert code_of(open_reading, context, "a.txt/b") == "not_a_folder"
    assert folder_place(context, "sub").shown == "sub"


def test_a_missing_file_is_named_with_what_may_have_been_meant(context, tmp_path):
    (tmp_path / "summary.md").write_text("x")
    with pytest.raises(ToolError, match=r"did you mean summary\.md\?") as caught:
        readable(context, "sumary.md")
    assert caught.value.code == "not_found"


def test_a_missing_file_that_is_like_no_other_is_said_to_be_missing(context, tmp_path):
    (tmp_path / "summary.md").write_text("x")
    for name in ("budget.xlsx", "nowhere/at/all.md"):
        with pytest.raises(ToolError) as caught:
            readable(context, name)
        assert str(caught.value) == f"{name} is not there; check its name and folder."


def test_a_hard_link_may_be_read_but_not_written(context, tmp_path):
    (tmp_path / "a").write_text("x")
    os.link(tmp_path / "a", tmp_path / "b")
    assert read(context, "a") == b"x"
    assert code_of(writable, context, "a") == "hard_link"


def test_a_folder_swapped_for_a_link_after_the_check_is_not_followed(
    context, tmp_path, outside, monkeypatch
):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "secret.txt").write_text("mine")

    def swap(*args, **kwargs):
        at = real_place(*args, **kwargs)
        (tmp_path / "sub").rename(tmp_path / "moved")
        (tmp_path / "sub").symlink_to(outside)
        return at

    real_place = confinement.reading_place
    monkeypatch.setattr(places, "reading_place", swap)
    assert code_of(open_reading, context, "sub/secret.txt") == "not_a_folder"


async def test_a_folder_swapped_while_the_old_file_is_kept_is_not_written_through(
    context, tmp_path, outside, monkeypatch
):
    (tmp_path / "sub").mkdir()

    async def keep(path):
        (tmp_path / "sub").rename(tmp_path / "moved")
        (tmp_path / "sub").symlink_to(outside)

    context.keep = keep
    with pytest.raises(ToolError):
        await replace(context, "sub/secret.txt", b"overwritten")
    assert (outside / "secret.txt").read_text() == "secret"


async def test_replace_writes_keeps_first_and_says_the_hashes(context, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"old")
    seen = []

    async def keep(path):
        seen.append((path, (tmp_path / "a.txt").read_bytes()))

    context.keep = keep
    change = await replace(context, "a.txt", b"new")
    assert (tmp_path / "a.txt").read_bytes() == b"new"
    assert seen == [(tmp_path / "a.txt", b"old")]
    assert change.before == hashlib.sha256(b"old").hexdigest()
    assert change.after == hashlib.sha256(b"new").hexdigest()
    assert file_receipt("Wrote a.txt", change).facts == {
        "files": [
            {
                "path": str(tmp_path / "a.txt"),
                "sha256_before": change.before,
                "sha256": change.after,
            }
        ]
    }


async def test_replace_makes_folders_and_keeps_each_so_that_undo_can_remove_them(context, tmp_path):
    change = await replace(context, "x/y/a.txt", b"1")
    assert (tmp_path / "x" / "y" / "a.txt").read_bytes() == b"1"
    assert context.kept == [tmp_path / "x", tmp_path / "x/y", tmp_path / "x/y/a.txt"]
    assert change.before is None


async def test_permissions_stay_and_a_link_goes_on_leading_to_the_file(context, tmp_path):
    (tmp_path / "real.sh").write_text("old")
    (tmp_path / "real.sh").chmod(0o750)
    (tmp_path / "link").symlink_to("real.sh")
    await replace(context, "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real.sh").read_bytes() == b"new"
    assert (tmp_path / "real.sh").stat().st_mode & 0o777 == 0o750


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, "disk_full"), (errno.EIO, "disk_error"), (errno.EROFS, "no_permission")],
)
async def test_a_failing_disk_leaves_the_old_file_and_nothing_beside_it(
    context, tmp_path, monkeypatch, number, code
):
    (tmp_path / "a.txt").write_bytes(b"old")

    def fail(descriptor):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storing.os, "fsync", fail)
    with pytest.raises(ToolError) as caught:
        await replace(context, "a.txt", b"new")
    assert caught.value.code == code
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"old"


async def test_another_attempt_clears_away_what_a_crash_left(context, tmp_path, monkeypatch):
    class PowerCutError(BaseException):
        pass

    def cut(*args, **kwargs):
        raise PowerCutError

    with monkeypatch.context() as patch:
        patch.setattr(storing, "land", cut)
        patch.setattr(storing.os, "unlink", lambda *args, **kwargs: None)
        with pytest.raises(PowerCutError):
            storing.put(
                threading.Event(), confinement.place(context, "a"), [b"1"], "key", overwrite=True
            )
    assert len(list(tmp_path.iterdir())) == 1
    storing.put(threading.Event(), confinement.place(context, "a"), [b"1"], "key", overwrite=True)
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


async def test_a_cancelled_write_changes_nothing_afterwards(context, tmp_path):
    began, go = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slow_data():
        loop.call_soon_threadsafe(began.set)
        go.wait(5)
        yield b"new"

    at = confinement.place(context, "a.txt")
    task = asyncio.create_task(
        places.to_the_end(storing.put, at, slow_data(), "key", overwrite=True)
    )
    await began.wait()
    task.cancel()
    loop.call_soon(go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(parts=st.lists(st.sampled_from(["..", ".", "a", "link", "out", "up", "~", "b"]), max_size=7))
def test_no_spelling_leads_outside(context, tmp_path, outside, parts):
    (tmp_path / "a").mkdir(exist_ok=True)
    for name, target in (("link", "a"), ("out", outside), ("a/up", "..")):
        if not (tmp_path / name).is_symlink():
            (tmp_path / name).symlink_to(target)
    try:
        real = writable(context, "/".join(parts))
    except ToolError:
        return
    assert os.path.realpath(tmp_path / "/".join(parts)) == str(real)
    assert real.is_relative_to(tmp_path)
