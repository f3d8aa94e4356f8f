"""Fixtures of the planning tests."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from butler_tui.core.tool import Tool
from butler_tui.tools.plugins import find_tools

OWLS = """<html><head><title>Owls</title></head><body><article><h1>Owls</h1>
<p>Owls are birds that hunt at night. They hear a mouse under snow from far away.</p>
<p>Most owls live alone. A barn owl eats about four mice a night.</p></article></body></html>"""
HITS = {"results": [{"title": "Owl facts", "url": "https://owls.example/", "content": "Soft."}]}
PAGES = {
    "/owls": ("text/html; charset=utf-8", OWLS.encode()),
    "/data.zip": ("application/zip", b"PK data"),
    "/search": ("application/json", json.dumps(HITS).encode()),
}


@pytest.fixture(scope="session")
def tools() -> dict[str, Tool]:
    """The built-in tools by name."""
    return find_tools(None).tools


@pytest.fixture
def site() -> Iterator[str]:
    """A site on loopback: a page at /owls, a file at /data.zip, and a search engine at /search."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = PAGES.get(self.path.partition("?")[0], ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
