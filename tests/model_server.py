"""A scripted model behind a real HTTP server that speaks OpenAI's `/v1/chat/completions`.

In a test, through the fixture `model_server`:

    model_server.add(Answer("a = web_search('x')"), Answer(status=429))

By hand, for a terminal that wants a model to talk to; it prints the address to use as `api_base`:

    python tests/model_server.py script.json --port 0

where the script is a list of answers (or `{"answers": [...]}`) whose keys are `Answer`'s fields.
The first answer that fits a request is given, and is then used up unless it says `"repeat": true`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from model_answers import Answer, Fault, Request, ToolUse, completion, events

__all__ = ["Answer", "ModelServer", "Request", "ToolUse"]


class ModelServer:
    """The server: a script of answers, and every request it got. Use it as a context manager."""

    def __init__(
        self,
        answers: Sequence[Answer] = (),
        *,
        token_delay: float = 0.0,
        port: int = 0,
        log: Path | None = None,
    ) -> None:
        self._log = log
        self.script = list(answers)
        self.requests: list[Request] = []
        self.token_delay = token_delay
        self._lock = threading.Condition()
        self._http = _Server(("127.0.0.1", port), _Handler, self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to give as `api_base`."""
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def add(self, *answers: Answer | str) -> None:
        """Put answers at the script's end."""
        with self._lock:
            self.script += [Answer(one) if isinstance(one, str) else one for one in answers]

    def take(self, request: Request) -> Answer:
        """The first answer that fits; an error that no client retries when none does."""
        with self._lock:
            self.requests.append(request)
            self._lock.notify_all()
            if self._log is not None:
                with self._log.open("a") as log:
                    log.write(request.raw + "\n")
            for number, answer in enumerate(self.script):
                if answer.fits(request):
                    if not answer.repeat:
                        del self.script[number]
                    return answer
        return Answer(status=400, error={"message": "the script has no answer to this request"})

    async def arrived(self, number: int = 1) -> Request:
        """The request of that number, counted from 1, once it has come in."""

        def wait() -> Request:
            with self._lock:
                assert self._lock.wait_for(lambda: len(self.requests) >= number, 10), "no request"
                return self.requests[number - 1]

        return await asyncio.to_thread(wait)

    def close(self) -> None:
        """Stop, and close every connection."""
        self._http.shutdown()
        self._http.drop_connections()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> ModelServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them, and no thread outlives a test

    def __init__(
        self, address: tuple[str, int], handler: type[_Handler], script: ModelServer
    ) -> None:
        self.script = script
        self._open: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it closed by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _ClientLeftError(ConnectionError):
    pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a reused connection waits 40 ms before the first chunk
    server: _Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base's name)
        return

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.path, headers, json.loads(raw or "{}"), raw, time.monotonic())
        answer = self.server.script.take(request)
        try:
            self._answer(request, answer)
        except ConnectionError:
            request.left_at = time.monotonic()
            request.left.set()
            self.close_connection = True

    def _answer(self, request: Request, answer: Answer) -> None:
        self._pause(answer.first_delay)
        if answer.status != 200:
            error = {"message": "scripted fault", "type": "scripted", **answer.error}
            self._whole(answer.status, answer.body or json.dumps({"error": error}), answer.headers)
        elif answer.fault and not answer.after:
            self._break(answer.fault, started=False)
        elif request.body.get("stream"):
            self._stream(request, answer)
        else:
            self._whole(200, json.dumps(completion(request, answer)), answer.headers)

    def _whole(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        data = body.encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, request: Request, answer: Answer) -> None:
        self.send_response(200)
        for name, value in {"content-type": "text/event-stream", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        wait = self.server.script.token_delay if answer.token_delay is None else answer.token_delay
        for number, event in enumerate(events(request, answer)):
            if answer.fault and number >= answer.after:
                return self._break(answer.fault, started=True)
            self._pause(wait)
            self._chunk(f"data: {event}\n\n")
        if answer.fault:
            return self._break(answer.fault, started=True)
        return self._chunk("")

    def _chunk(self, text: str) -> None:
        """One chunk of the body; an empty one is its end."""
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _break(self, fault: Fault, *, started: bool) -> None:
        if fault == "hang":
            self._pause(None)
        elif fault == "end" and started:
            self._chunk("")
        elif fault == "garbage" and started:
            self._chunk("data: {this is no JSON\n\n")
            self._chunk("")
        elif fault == "garbage":
            self._whole(200, "<html>this is no JSON</html>", {})
        else:
            linger = struct.pack("ii", 1, 0)  # closing then sends a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
            self.close_connection = True

    def _pause(self, seconds: float | None) -> None:
        """Wait, or for ever with None, but notice at once when the client leaves."""
        readable, _, _ = select.select([self.connection], [], [], seconds)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise _ClientLeftError


def main() -> None:
    """Serve a script until interrupted; `--log` keeps the requests' bodies, one a line."""
    parser = argparse.ArgumentParser(description="A scripted, OpenAI-compatible model on loopback.")
    parser.add_argument("script", type=Path, help="JSON: a list of answers")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--token-delay", type=float, default=0.02, help="seconds a token")
    parser.add_argument("--log", type=Path, help="write the requests here, one a line")
    options = parser.parse_args()
    script = json.loads(options.script.read_text())
    answers = [
        Answer.load(one) for one in (script["answers"] if isinstance(script, dict) else script)
    ]
    with ModelServer(
        answers, token_delay=options.token_delay, port=options.port, log=options.log
    ) as server:
        # Also where whoever started it in the background has it ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
