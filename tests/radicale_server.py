"""A real CalDAV and CardDAV server on loopback: Radicale, in a process of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

USER, PASSWORD = "ada", "pass-Word-12"
_CALENDAR = """<?xml version="1.0"?><c:mkcalendar xmlns="DAV:"
xmlns:c="urn:ietf:params:xml:ns:caldav"><set><prop><displayname>{name}</displayname><c:supported-calendar-component-set>
<c:comp name="{kind}"/></c:supported-calendar-component-set></prop></set></c:mkcalendar>"""
_BOOK = """<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:r="urn:ietf:params:xml:ns:carddav">
<set><prop><resourcetype><collection/><r:addressbook/></resourcetype><displayname>People</displayname>
</prop></set></mkcol>"""


@dataclass
class DavServer:
    """The running server; `url` is what a person would write into their settings."""

    url: str
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> httpx.Response:
        """A request of the person's own, past Butler."""
        with httpx.Client(trust_env=False, auth=(USER, PASSWORD)) as http:
            return http.request(method, self.url + path, content=body.encode(), headers=headers)

    def empty(self) -> None:
        """The person's collections as they were: a calendar, a list of tasks, a book."""
        for name in ("work", "todo", "book", "more"):
            self.ask("DELETE", f"ada/{name}/")
        calendar = {"Content-Type": "application/xml"}
        for name, shown, kind in (("work", "Work", "VEVENT"), ("todo", "Chores", "VTODO")):
            made = self.ask(
                "MKCALENDAR", f"ada/{name}/", _CALENDAR.format(name=shown, kind=kind), **calendar
            )
            assert made.status_code == 201, made.text
        made = self.ask("MKCOL", "ada/book/", _BOOK, **calendar)
        assert made.status_code == 201, made.text


@contextmanager
def running_radicale(folder: Path) -> Iterator[DavServer]:
    """Radicale over a folder, on a free port, until the body is done."""
    users = folder / "users"
    users.write_text(f"{USER}:{PASSWORD}\n")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
    settings = folder / "config"
    settings.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\n[auth]\ntype = htpasswd\n"
        f"htpasswd_filename = {users}\nhtpasswd_encryption = plain\ndelay = 0\n"
        f"[storage]\nfilesystem_folder = {folder / 'store'}\n[logging]\nlevel = error\n"
    )
    command = [sys.executable, "-m", "radicale", "--config", str(settings)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert process.poll() is None and time.monotonic() < deadline, "Radicale did not start"
            time.sleep(0.02)
        yield DavServer(f"http://127.0.0.1:{port}/", process)
    finally:
        process.terminate()
        process.wait(10)
