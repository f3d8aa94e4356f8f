"""A server on loopback that writes down every request it gets, each time anew."""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SLOWEST = 0.06
"""Seconds before and after a request is written down, at most: a kill falls on either side."""


@dataclass
class Ledger:
    """Every request by its path: the idempotency keys that came with it, in order."""

    origin: str = ""
    lines: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def count(self, path: str) -> int:
        """How often the path was written to."""
        return len(self.lines.get(path, ()))


@contextmanager
def ledger_server(seed: int) -> Iterator[Ledger]:
    """A ledger that is open inside the block."""
    ledger, chance = Ledger(), random.Random(seed)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(chance.uniform(0, SLOWEST))
            ledger.lines[self.path].append(self.headers.get("Idempotency-Key", ""))
            time.sleep(chance.uniform(0, SLOWEST))
            self._answer(b'{"done": true}')

        def do_GET(self) -> None:
            time.sleep(chance.uniform(0, SLOWEST))
            self._answer(b'{"page": "read"}')

        def _answer(self, body: bytes) -> None:
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:  # whoever asked was killed meanwhile
                self.close_connection = True

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    ledger.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield ledger
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
