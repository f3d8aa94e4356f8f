"""Calls to the JSON interface of a service that is set up: what it said, or one clear refusal.

    service = Service("Twilio", "https://api.twilio.com", "TWILIO_AUTH_TOKEN")
    reply = await service.call(context, "POST", "/2010-04-01/...", acts=True, ...)

A call that `acts` ends in a refusal only where the service said so: where no word of it came, or
only word of a fault of its own, the failure is `no_answer`, and nobody repeats it unasked.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.bodies import decoded
from butler_tui.tools.network import Fetched, named_headers, opened, rested
from butler_tui.tools.network_errors import seconds_to_wait, telling

MOST_BYTES = 2_000_000
LONGEST_SAID = 300
_RESETS = ("x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset")
_UNDECIDED = frozenset({408, 425})
"""Statuses after which nobody knows what became of a request, beside those from 500 on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a service answered; `value` is None where that is not whole or is no JSON."""

    status: int
    headers: Mapping[str, str]
    value: Any

    def at(self, *way: str | int) -> Any:  # noqa: ANN401  (any JSON)
        """What stands there in the value; None where there is no such place."""
        return at(self.value, *way)

    def text(self, *way: str | int) -> str:
        """The text that stands there in the value; a whole number in digits; else nothing."""
        found = self.at(*way)
        if isinstance(found, int) and not isinstance(found, bool):
            return str(found)
        return found if isinstance(found, str) else ""


@dataclass(frozen=True, slots=True)
class Service:
    """A service by the name that people know, its address, and the secret it is asked with."""

    name: str
    base: str
    secret: str

    async def call(
        self,
        context: ToolContext,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
        body: bytes | None = None,
        acts: bool = False,
        seconds: float = 30.0,
    ) -> Reply:
        """The service's answer, whatever its status below 500 is. Raises ToolError.

        `path` may be a whole address of the service. Without `acts`, no failure leaves anything
        behind that anybody would see.
        """
        url = path if "://" in path else self.base + path
        check_encrypted(url)
        await rested(url)
        try:
            with telling(url, sends=acts):
                async with (
                    asyncio.timeout(seconds),
                    opened(
                        context,
                        url,
                        method=method,
                        headers={"Accept": "application/json", **(headers or {})},
                        body=body,
                        seconds=seconds,
                        meant=(self.base,),
                        credentials=credentials,
                    ) as answer,
                ):
                    fetched = Fetched(
                        answer.status_code, answer.url, named_headers(answer), await _body(answer)
                    )
        except ToolError as error:
            if acts or error.code not in ("no_answer", "timeout"):
                raise
            message = f"{self.name} did not answer in time, and nothing was done; try again later."
            raise ToolError("no_reply", message, transient=True) from error
        reply = Reply(fetched.status, fetched.headers, _value(fetched))
        if fetched.status >= 500 or fetched.status in _UNDECIDED:
            raise self._fault(reply, acts=acts)
        return reply

    def taken(self, reply: Reply) -> Reply:
        """The reply when its status says that the service did as asked; else raises a refusal."""
        if 200 <= reply.status < 300:
            return reply
        raise self.refusal(reply)

    def refusal(self, reply: Reply) -> ToolError:
        """What a status that is no success means, and what to do."""
        words = f": {said}" if (said := said_in(reply.value)) else ""
        if reply.status == 401:
            return self.key_refused(words)
        if reply.status == 429:
            wait = _when(reply.headers)
            return ToolError(
                "rate_limited", f"{self.name} is asked too often{wait}{words}.", transient=True
            )
        return ToolError("refused", f"{self.name} refused it (status {reply.status}){words}.")

    def key_refused(self, words: str = "") -> ToolError:
        """The refusal of a key that is wrong, has expired, or was withdrawn."""
        return ToolError(
            "key_refused",
            f"{self.name} refuses the key {self.secret}, which may have expired{words}; get a new "
            f"one and keep it with `butler secrets set {self.secret}`.",
        )

    def _fault(self, reply: Reply, *, acts: bool) -> ToolError:
        told = f"{self.name} has a fault of its own (status {reply.status})"
        if acts:
            return ToolError("no_answer", f"{told}; whether it did as asked is not known.")
        return ToolError("site_failed", f"{told}; try again later.", transient=True)


async def secret_of(context: ToolContext, name: str) -> str:
    """The secret of that name, fit for a header. Raises ToolError `no_secret` or `bad_secret`."""
    value = await asyncio.to_thread(context.secret, name)
    if not value:
        raise ToolError(
            "no_secret", f"There is no secret {name}; keep it with `butler secrets set {name}`."
        )
    if not value.isascii() or not value.isprintable():
        raise ToolError(
            "bad_secret",
            f"The secret {name} holds a character no key has; keep it again with `butler secrets "
            f"set {name}`.",
        )
    return value


def in_json(value: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request that carries JSON."""
    return {"Content-Type": "application/json"}, json.dumps(value, ensure_ascii=False).encode()


def in_form(fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request that carries a form's fields."""
    from urllib.parse import urlencode

    return {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(fields).encode()


def in_parts(fields: Mapping[str, str], name: str, file: FilePart) -> tuple[dict[str, str], bytes]:
    """Headers and body of a request that carries a form's fields and a file."""
    import httpx

    files = {name: (file.name, file.data, file.kind)}
    request = httpx.Request("POST", "https://localhost", data=dict(fields), files=files)
    return {"Content-Type": request.headers["content-type"]}, request.read()


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as it is sent: under that name, of that content type."""

    name: str
    data: bytes
    kind: str


def at(value: Any, *way: str | int) -> Any:  # noqa: ANN401  (any JSON)
    """What stands there in some JSON; None where there is no such place."""
    for key in way:
        match value, key:
            case dict(), str():
                value = value.get(key)
            case list(), int() if 0 <= key < len(value):
                value = value[key]
            case _:
                return None
    return value


def check_encrypted(url: str) -> None:
    """Raises ToolError `not_encrypted` where a key would cross the network for all to read."""
    parts = urlsplit(url)
    if parts.scheme == "https" or _is_here(parts.hostname or ""):
        return
    raise ToolError(
        "not_encrypted",
        f"{parts.scheme}://{parts.netloc} is not encrypted; write it with https instead.",
    )


def said_in(value: Any) -> str:  # noqa: ANN401  (any JSON)
    """What a service says of a failure, in one short line without its full stop."""
    return next((shortened(one, LONGEST_SAID).rstrip(". ") for one in _sayings(value)), "")


def _sayings(value: Any) -> Iterator[str]:  # noqa: ANN401
    """The texts that services put into their errors, the most telling first."""
    for way in (
        ("error", "error_user_msg"),
        ("error", "message"),
        ("detail", "message"),
        ("detail", 0, "msg"),
        ("detail",),
        ("message",),
        ("errors", 0, "message"),
        ("errors", 0, "detail"),
        ("error_description",),
        ("error",),
        ("title",),
    ):
        found = at(value, *way)
        if isinstance(found, str) and found.strip():
            yield found


def _is_here(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def _body(answer: Any) -> bytes:  # noqa: ANN401  (an httpx.Response)
    """The start of the body, as far as it came: the status alone says what the service did."""
    import httpx

    received = bytearray()
    with suppress(ToolError, httpx.TransportError, TimeoutError):
        async with aclosing(decoded(answer)) as parts:
            async for part in parts:
                received += part[: MOST_BYTES - len(received)]
                if len(received) == MOST_BYTES:
                    break
    return bytes(received)


def _value(fetched: Fetched) -> Any:  # noqa: ANN401  (any JSON)
    with suppress(ValueError):
        return fetched.json()
    return None


def _when(headers: Mapping[str, str]) -> str:
    """When the service may be asked again, as the end of a sentence."""
    seconds = seconds_to_wait(headers.get("retry-after", ""))
    if seconds is None:
        resets = (_seconds_until(headers[name]) for name in _RESETS if name in headers)
        seconds = next((one for one in resets if one is not None), None)
    if seconds is None:
        return "; try again later"
    if seconds >= 120:
        return f"; try again in {math.ceil(seconds / 60)} minutes"
    return f"; try again in {seconds} seconds"


def _seconds_until(reset: str) -> int | None:
    """The seconds until a moment that is given as seconds since 1970 or in ISO 8601."""
    text = reset.strip()
    try:
        moment = (
            float(text[:12])
            if text.isdecimal()
            else datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
        )
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(0, round(moment - time.time())), 7 * 24 * 3600)


__all__ = [
    "FilePart",
    "Reply",
    "Service",
    "at",
    "check_encrypted",
    "in_form",
    "in_json",
    "in_parts",
    "said_in",
    "secret_of",
]
