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
import re
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

Fault = Literal["reset", "hang", "end", "garbage"]


@dataclass(frozen=True)
class ToolUse:
    """A native tool call; it is only made when the request offers tools."""

    name: str
    arguments: str | Mapping[str, Any] = "{}"

    @property
    def text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Answer:
    """What the model says, to which request, how fast, and what goes wrong.

    `when` must occur in the last message, `when_system` in a system message, `when_model` in the
    model's name; `roles` must be the roles of the last messages (`["tool"]`: after a result).
    `chunks` fixes how the text is cut; else it is cut into pieces of about a token. After `after`
    chunks the `fault` happens: the connection is reset, hangs until the client leaves, ends as if
    all were said, or brings what is no JSON. A `status` other than 200 sends `body`, or an error in
    OpenAI's shape.
    """

    text: str = ""
    when: str = ""
    when_system: str = ""
    when_model: str = ""
    roles: Sequence[str] = ()
    repeat: bool = False
    chunks: Sequence[str] = ()
    reasoning: str = ""
    tools: Sequence[ToolUse] = ()
    first_delay: float = 0.0
    token_delay: float | None = None
    usage: tuple[int, int] | Literal["none"] | None = None
    finish: str = "stop"
    fault: Fault | None = None
    after: int = 0
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, data: Mapping[str, Any] | str) -> Answer:
        """Read an answer of a JSON script; a bare string is its text."""
        if isinstance(data, str):
            return cls(data)
        if unknown := set(data) - {one.name for one in fields(cls)}:
            raise ValueError(f"an answer has no field {', '.join(sorted(unknown))}")
        given = dict(data)
        given["tools"] = [ToolUse(**tool) for tool in given.get("tools", ())]
        return cls(**given)

    def fits(self, request: Request) -> bool:
        """True when this answer is one to the request."""
        roles = [message.get("role") for message in request.messages]
        return (
            self.when in request.last
            and self.when_system in request.system
            and self.when_model in request.model
            and (not self.roles or roles[-len(self.roles) :] == list(self.roles))
        )

    def pieces(self) -> list[str]:
        """The text as it is sent, chunk by chunk."""
        return list(self.chunks) or re.findall(r"\s*\w{1,4}|\s*[^\w\s]|\s+", self.text)

    def tokens(self, request: Request) -> tuple[int, int]:
        """Tokens in and out, as the usage reports them."""
        if isinstance(self.usage, tuple | list):
            return self.usage[0], self.usage[1]
        return len(request.raw) // 4, max(1, len(self.pieces()))


@dataclass
class Request:
    """One request as it came in. `left` is set once the client closed before the answer's end."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    raw: str
    at: float
    left: threading.Event = field(default_factory=threading.Event)
    left_at: float = 0.0

    async def client_left(self) -> float:
        """When the client closed the connection before the answer's end; waits for it."""
        assert await asyncio.to_thread(self.left.wait, 10), "the client stayed"
        return self.left_at

    @property
    def messages(self) -> list[Mapping[str, Any]]:
        return list(self.body.get("messages", ()))

    @property
    def model(self) -> str:
        return str(self.body.get("model", ""))

    @property
    def key(self) -> str:
        """The key it was sent with."""
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def last(self) -> str:
        return _text(self.messages[-1]) if self.messages else ""

    @property
    def system(self) -> str:
        return "\n".join(_text(one) for one in self.messages if one.get("role") == "system")


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
            self._whole(200, json.dumps(_completion(request, answer)), answer.headers)

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
        for number, event in enumerate(_events(request, answer)):
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


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def _uses(request: Request, answer: Answer) -> list[dict[str, Any]]:
    """The tool calls of an answer; none when no tools were offered."""
    if not request.body.get("tools"):
        return []
    return [
        {
            "id": f"call_{n}",
            "type": "function",
            "function": {"name": use.name, "arguments": use.text},
        }
        for n, use in enumerate(answer.tools)
    ]


def _usage(request: Request, answer: Answer) -> dict[str, int]:
    into, out = answer.tokens(request)
    return {"prompt_tokens": into, "completion_tokens": out, "total_tokens": into + out}


def _completion(request: Request, answer: Answer) -> dict[str, Any]:
    uses = _uses(request, answer)
    message: dict[str, Any] = {"role": "assistant", "content": "".join(answer.pieces())}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if uses:
        message |= {"content": None, "tool_calls": uses}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if uses and answer.finish == "stop" else answer.finish,
    }
    body = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": request.model}
    usage = {} if answer.usage == "none" else {"usage": _usage(request, answer)}
    return {**body, "choices": [choice], **usage}


def _events(request: Request, answer: Answer) -> Iterator[str]:
    """Every event of the stream, as JSON, with `[DONE]` at its end."""
    uses = _uses(request, answer)
    deltas: list[dict[str, Any]] = []
    if answer.reasoning:
        deltas.append({"reasoning_content": answer.reasoning})
    if uses:
        deltas += _tool_deltas(uses)
    else:
        deltas += [{"content": piece} for piece in answer.pieces()]
    for delta in deltas:
        yield _event(request, [{"index": 0, "delta": delta, "finish_reason": None}])
    finish = "tool_calls" if uses and answer.finish == "stop" else answer.finish
    yield _event(request, [{"index": 0, "delta": {}, "finish_reason": finish}])
    asked = (request.body.get("stream_options") or {}).get("include_usage")
    if asked and answer.usage != "none":
        yield _event(request, [], usage=_usage(request, answer))
    yield "[DONE]"


def _tool_deltas(uses: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """A call's name first, then its arguments in pieces, as OpenAI sends them."""
    for number, use in enumerate(uses):
        name, arguments = use["function"]["name"], use["function"]["arguments"]
        head = {**use, "index": number, "function": {"name": name, "arguments": ""}}
        yield {"tool_calls": [head]}
        for piece in re.findall(r".{1,5}", arguments, re.DOTALL):
            yield {"tool_calls": [{"index": number, "function": {"arguments": piece}}]}


def _event(request: Request, choices: list[Any], **more: object) -> str:
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    return json.dumps({**body, "model": request.model, "choices": choices, **more})


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
        print(server.url, flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
