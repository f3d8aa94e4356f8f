"""What the scripted model says: answers, the requests they fit, and OpenAI's shapes on the wire."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
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


def completion(request: Request, answer: Answer) -> dict[str, Any]:
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


def events(request: Request, answer: Answer) -> Iterator[str]:
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
