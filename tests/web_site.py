"""A small web site on loopback that a test furnishes page by page.

    site.page("/a", "<h1>Hello</h1>")                          a page
    site.page("/b", status=302, headers={"Location": "/a"})    any answer
    site.on("/c", lambda visit: visit.wfile.write(b"..."))     every byte by hand

What was asked is in `site.visits`.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Visit:
    """One request as the site saw it; header names are lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Site:
    """The running site; `origin` is its address."""

    origin: str = ""
    visits: list[Visit] = field(default_factory=list)
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return urlsplit(self.origin).port or 0

    def on(self, path: str, answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        """Answer a path by hand; returns its URL."""
        self.answers[path] = answer
        return self.origin + path

    def page(
        self,
        path: str,
        body: str | bytes = b"",
        kind: str = "text/html; charset=utf-8",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Answer a path with one body; returns its URL."""
        data = body.encode() if isinstance(body, str) else body

        def answer(visit: BaseHTTPRequestHandler) -> None:
            visit.send_response(status)
            all_headers = {"Content-Type": kind, "Content-Length": str(len(data))}
            for name, value in (all_headers | dict(headers or {})).items():
                visit.send_header(name, value)
            visit.end_headers()
            if visit.command != "HEAD":
                visit.wfile.write(data)

        return self.on(path, answer)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        site: Site = self.server.site  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        site.visits.append(Visit(self.command, parts.path, parts.query, headers, body))
        answer = site.answers.get(parts.path)
        try:
            if answer is None:
                self.send_error(404)
            else:
                answer(self)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _answer  # noqa: N815
    do_PROPFIND = do_REPORT = _answer  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class Running:
    """Runs a site on a free port of a loopback address, with TLS when given a context."""

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        address: str = "127.0.0.1",
    ) -> None:
        self._server = _Server((address, 0), _Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        port = self._server.server_address[1]
        self.site = Site(f"{'https' if tls else 'http'}://{host}:{port}")
        self._server.site = self.site  # type: ignore[attr-defined]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Site:
        self._thread.start()
        return self.site

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
