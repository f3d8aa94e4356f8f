"""download_file against a site that drops connections, changes files and lies about sizes."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from web_site import Running, Site

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import Again, Effect, ToolResult
from butler_tui.tools.downloads import download_file
from butler_tui.tools.files import read_file

CONTENT = bytes(range(256)) * 4000  # 1,024,000 bytes


@dataclass
class Flaky:
    """A file whose connection drops after so many bytes, once per entry of `drops`."""

    content: bytes = CONTENT
    drops: list[int] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=lambda: {"ETag": '"one"'})
    ranges: bool = True
    range_starts_at: int = 0
    asked: list[str] = field(default_factory=list)

    def __call__(self, visit: BaseHTTPRequestHandler) -> None:
        wanted = visit.headers.get("range", "")
        self.asked.append(wanted)
        start = 0
        same = visit.headers.get("if-range") in self.headers.values()
        if wanted and self.ranges and same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            shown = start + self.range_starts_at
            visit.send_response(206)
            last = len(self.content) - 1
            visit.send_header("Content-Range", f"bytes {shown}-{last}/{len(self.content)}")
        else:
            visit.send_response(200)
        for name, value in self.headers.items():
            visit.send_header(name, value)
        rest = self.content[start:]
        visit.send_header("Content-Length", str(len(rest)))
        visit.end_headers()
        if self.drops:
            visit.wfile.write(rest[: self.drops.pop(0)])
            visit.close_connection = True
        else:
            visit.wfile.write(rest)


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


async def download(context: Any, url: str, path: str = "file.bin", **more: Any) -> ToolResult:
    return await download_file.run(context, url, path, **more)


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_it_is_an_undoable_change() -> None:
    assert (download_file.effect, download_file.again) == (Effect.CHANGE, Again.QUERYABLE)
    assert download_file.undoable and download_file.reaches and download_file.untrusted
    assert download_file.signature() == (
        "download_file(url, path, overwrite=False, max_mb=1000) -> {path, bytes, sha256}"
    )


@pytest.mark.parametrize("content", [b"", b"x", CONTENT], ids=["empty", "one byte", "1 MB"])
async def test_a_file_is_saved_with_its_hash(context: Any, web_site: Site, content: bytes) -> None:
    url = web_site.page("/file", content, kind="x/y")
    result = await download(context, url + "?token=s3", "deep/er/file.bin")
    digest = hashlib.sha256(content).hexdigest()
    saved = context.folder / "deep/er/file.bin"
    assert saved.read_bytes() == content
    assert result.output.model_dump() == {
        "path": "deep/er/file.bin",
        "bytes": len(content),
        "sha256": digest,
    }
    assert result.receipt is not None
    assert result.receipt.facts == {
        "files": [{"path": str(saved), "sha256_before": None, "sha256": digest}],
        "url": url + "?token=s3",
        "bytes": len(content),
    }
    assert result.marks[0].origin == "web page 127.0.0.1"
    assert context.kept == [context.folder / "deep", context.folder / "deep/er", saved]
    assert [visit.method for visit in web_site.visits] == ["GET"]


async def test_progress_is_shown(context: Any, web_site: Site) -> None:
    await download(context, web_site.page("/file", CONTENT))
    assert context.shown[-1] == ("1.0 MB of 1.0 MB", 1.0)


async def test_what_was_downloaded_is_read_back_as_untrusted(context: Any, web_site: Site) -> None:
    await download(context, web_site.page("/a.txt", "hello"), "a.txt")
    saved = context.folder / "a.txt"
    try:
        os.setxattr(saved, "user.test", b"1")
    except OSError:
        pytest.skip("this file system has no attributes")
    assert os.getxattr(saved, "user.xdg.origin.url") == f"{web_site.origin}/a.txt".encode()
    result = await read_file.run(context, "a.txt")
    assert result.marks[0].untrusted is True


# Drops


@pytest.mark.parametrize(
    "headers",
    [
        {"ETag": '"one"'},
        {"Last-Modified": "Tue, 01 Sep 2026 10:00:00 GMT"},
        {"ETag": 'W/"weak"', "Last-Modified": "Tue, 01 Sep 2026 10:00:00 GMT"},
    ],
    ids=["etag", "date", "weak etag and date"],
)
async def test_a_dropped_connection_is_resumed_where_it_broke_off(
    context: Any, web_site: Site, headers: dict[str, str]
) -> None:
    flaky = Flaky(drops=[300_000, 200_000], headers=headers)
    result = await download(context, web_site.on("/file", flaky))
    assert (context.folder / "file.bin").read_bytes() == CONTENT
    assert result.output.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert flaky.asked == ["", "bytes=300000-", "bytes=500000-"]


@pytest.mark.parametrize(
    ("headers", "ranges"),
    [
        ({}, True),
        ({"ETag": 'W/"weak"'}, True),
        ({"ETag": '"one"'}, False),
        ({"ETag": '"one"', "Accept-Ranges": "none"}, True),
    ],
    ids=["no proof", "weak proof", "no ranges", "ranges refused"],
)
async def test_what_cannot_be_resumed_is_fetched_again_from_the_start(
    context: Any, web_site: Site, headers: dict[str, str], ranges: bool
) -> None:
    flaky = Flaky(drops=[300_000], headers=headers, ranges=ranges)
    await download(context, web_site.on("/file", flaky))
    assert (context.folder / "file.bin").read_bytes() == CONTENT
    assert left_in(context.folder) == ["file.bin"]


async def test_a_file_that_changed_meanwhile_is_never_mixed(context: Any, web_site: Site) -> None:
    flaky = Flaky(drops=[300_000])

    def answer(visit: BaseHTTPRequestHandler) -> None:
        flaky(visit)
        flaky.content, flaky.headers = b"new" * 10_000, {"ETag": '"two"'}

    await download(context, web_site.on("/file", answer))
    assert (context.folder / "file.bin").read_bytes() == b"new" * 10_000


async def test_a_site_that_answers_with_another_range_is_not_believed(
    context: Any, web_site: Site
) -> None:
    flaky = Flaky(drops=[300_000], range_starts_at=5)
    await download(context, web_site.on("/file", flaky))
    assert (context.folder / "file.bin").read_bytes() == CONTENT
    assert flaky.asked == ["", "bytes=300000-", ""]


async def test_a_file_that_became_shorter_is_fetched_again(context: Any, web_site: Site) -> None:
    flaky = Flaky(drops=[300_000])

    def answer(visit: BaseHTTPRequestHandler) -> None:
        if visit.headers.get("range"):
            flaky.content = b"short"
            visit.send_error(416)
        else:
            flaky(visit)

    await download(context, web_site.on("/file", answer))
    assert (context.folder / "file.bin").read_bytes() == b"short"


async def test_a_site_that_only_breaks_off_is_given_up(context: Any, web_site: Site) -> None:
    flaky = Flaky(drops=[1000] * 100, headers={})
    error = await error_of(download(context, web_site.on("/file", flaky)))
    assert (error.code, error.transient) == ("connection_lost", True)
    assert len(flaky.asked) == 3
    assert left_in(context.folder) == []


# What is refused


async def test_a_file_that_is_there_is_not_replaced_unasked(context: Any, web_site: Site) -> None:
    url = web_site.page("/file", b"new")
    saved = context.folder / "file.bin"
    saved.write_bytes(b"old")
    assert (await error_of(download(context, url))).code == "exists"
    assert (saved.read_bytes(), web_site.visits) == (b"old", [])
    result = await download(context, url, overwrite=True)
    assert saved.read_bytes() == b"new"
    assert result.receipt is not None
    before = result.receipt.facts["files"][0]["sha256_before"]
    assert before == hashlib.sha256(b"old").hexdigest()
    assert context.kept == [saved]


@pytest.mark.parametrize("announced", [True, False])
async def test_the_cap_holds(context: Any, web_site: Site, announced: bool) -> None:
    def answer(visit: BaseHTTPRequestHandler) -> None:
        length = b"Content-Length: 3000000\r\n" if announced else b""
        visit.wfile.write(b"HTTP/1.1 200 OK\r\n" + length + b"\r\n" + bytes(3_000_000))
        visit.close_connection = True

    error = await error_of(download(context, web_site.on("/file", answer), max_mb=2))
    assert error.code == "too_big" and "ask for more MB" in str(error)
    assert left_in(context.folder) == []
    assert bool(context.kept) is not announced


async def test_a_bomb_is_stopped_at_the_cap(context: Any, web_site: Site) -> None:
    body = gzip.compress(bytes(5_000_000))
    url = web_site.page("/file", body, headers={"Content-Encoding": "gzip"})
    assert (await error_of(download(context, url, max_mb=2))).code == "too_big"
    assert left_in(context.folder) == []


@pytest.mark.parametrize(
    ("path", "saved"), [("/data", b"hello"), ("/data.tar.gz", gzip.compress(b"hello", mtime=0))]
)
async def test_compression_on_the_way_is_undone_but_not_that_of_the_file(
    context: Any, web_site: Site, path: str, saved: bytes
) -> None:
    body = gzip.compress(b"hello", mtime=0)
    await download(context, web_site.page(path, body, headers={"Content-Encoding": "gzip"}))
    assert (context.folder / "file.bin").read_bytes() == saved


@pytest.mark.parametrize(
    ("status", "code", "transient"),
    [(404, "not_found", False), (403, "refused_by_site", False), (503, "site_failed", True)],
)
async def test_an_error_status_touches_nothing(
    context: Any, web_site: Site, status: int, code: str, transient: bool
) -> None:
    url = web_site.page("/file", "sorry", status=status)
    error = await error_of(download(context, url))
    assert (error.code, error.transient) == (code, transient)
    assert (left_in(context.folder), context.kept) == ([], [])


@pytest.mark.parametrize("path", ["../file.bin", "/etc/file.bin", ".", "", "a\0b"])
async def test_paths_outside_are_refused_before_anything_is_fetched(
    context: Any, web_site: Site, path: str
) -> None:
    url = web_site.page("/file", "hello")
    error = await error_of(download(context, url, path))
    assert error.code in ("outside", "is_folder", "bad_path")
    assert web_site.visits == []


async def test_a_private_address_is_refused(context: Any) -> None:
    with Running() as site:
        error = await error_of(download(context, f"{site.origin}/file"))
    assert error.code == "private_address"
    assert left_in(context.folder) == []


async def test_cancelling_leaves_nothing_behind(context: Any, web_site: Site) -> None:
    left = asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(visit: BaseHTTPRequestHandler) -> None:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + bytes(100_000))
        visit.connection.recv(1)  # returns when the client leaves
        visit.close_connection = True
        loop.call_soon_threadsafe(left.set)

    task = asyncio.create_task(download(context, web_site.on("/file", endless)))
    while not any(name.endswith(".butler") for name in left_in(context.folder)):  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert left_in(context.folder) == []
    await left.wait()


async def test_the_preview_fetches_nothing(context: Any, web_site: Site) -> None:
    assert download_file.preview is not None
    url = web_site.page("/file", "hello")
    preview = await download_file.preview(context, url, "sub/file.bin")
    assert preview.text == f"fetches {url} (at most 1,000 MB)\nto sub/file.bin, a new file"
    (context.folder / "old.bin").write_bytes(b"12345")
    preview = await download_file.preview(context, url, "old.bin", True)
    assert preview.text.endswith("to old.bin, replacing the 5 bytes there")
    refused = download_file.preview(context, url, "old.bin")
    assert (await error_of(refused)).code == "exists"
    assert (web_site.visits, left_in(context.folder)) == ([], ["old.bin"])
