"""HTTP for tools: one guarded client, and one way to fetch with every limit kept.

    async with client(context) as http: ...              an httpx.AsyncClient that checks addresses
    answer = await fetch(context, "https://example.org")  the whole answer, capped
    async with opened(context, url) as answer: ...       the answer with its body still to be read

`fetch` and `opened` follow redirects of GET and HEAD, at most five, each checked anew; they raise
ToolError with a sentence for the person, never httpx's errors.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from butler_tui.core.errors import ToolError
from butler_tui.core.resting import Resting
from butler_tui.core.tool import ToolContext
from butler_tui.tools.addresses import checked_url, joined_url, meant_origins, origin_of
from butler_tui.tools.bodies import decoded, text_from
from butler_tui.tools.network_errors import rate_limited, seconds_to_wait, telling, too_big

if TYPE_CHECKING:
    import httpx

    from butler_tui.tools.guard import Resolver

PAGE_BYTES = 10_000_000
MOST_REDIRECTS = 5
SECONDS = 30.0
"""The longest silence of a site, and the time for a whole page, unless the settings say else."""

LONGEST_REST = 30.0
"""A site that wants to be left alone for more seconds than this is not waited for."""

_REDIRECTS = (301, 302, 303, 307, 308)
_SECRET_NAME = re.compile(
    r"auth(?!ors?\b)|cookie|token|secret|passw|api[-_]?key|access[-_]?key|credential|signature|session",
    re.I,
)
_HARMLESS = frozenset(
    {"accept", "accept-encoding", "accept-language", "if-range", "range", "user-agent"}
)
"""Headers that go along when another origin takes over; any other may be a secret for the first."""
_AGENT = "Mozilla/5.0 (compatible; Butler/0.1)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer: `headers` have lower-case names, `body` is decompressed, `url` is final."""

    status: int
    url: httpx.URL
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, in the character set that it declares."""
        return text_from(self.body, self.headers.get("content-type", ""))

    def json(self) -> Any:  # noqa: ANN401  (whatever the site sent)
        """The body read as JSON; raises ValueError, also for numbers that JSON cannot hold."""
        try:
            value = json.loads(self.text, parse_constant=_finite, parse_float=_finite)
            return _mended(value) if "\\ud" in self.text.lower() else value
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def client(
    context: ToolContext,
    *,
    meant: Iterable[str] = (),
    seconds: float = SECONDS,
    resolve: Resolver | None = None,
) -> httpx.AsyncClient:
    """An httpx client that reaches public addresses, `[network] allow`, and the origins `meant`.

    `meant` is for addresses that the person set up by name; `seconds` is the longest silence. It
    follows no redirects and takes nothing from the environment (proxies, .netrc).
    """
    import httpx

    from butler_tui.tools.guard import GuardedTransport, system_resolver

    origins = meant_origins([*context.origins, *meant])
    return httpx.AsyncClient(
        transport=GuardedTransport(origins, resolve or system_resolver),
        timeout=httpx.Timeout(seconds, connect=min(seconds, 15.0)),
        headers={"User-Agent": _AGENT, "Accept-Encoding": "gzip, deflate"},
        follow_redirects=False,
        trust_env=False,
    )


async def fetch(
    context: ToolContext,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limit: int = PAGE_BYTES,
    seconds: float | None = None,
    meant: Iterable[str] = (),
    resolve: Resolver | None = None,
    credentials: Mapping[str, str] | None = None,
) -> Fetched:
    """Send a request and read its whole answer, at most `limit` bytes in `seconds`.

    `credentials` are headers for the url's own origin alone. Whatever the status, the answer is
    returned. A site that was asked too often is left alone first. Raises ToolError.
    """
    seconds = seconds_of(context) if seconds is None else seconds
    await rested(url)
    with telling(url, sends=method not in ("GET", "HEAD")):
        async with (
            asyncio.timeout(seconds),
            opened(
                context,
                url,
                method=method,
                headers=headers,
                body=body,
                seconds=seconds,
                meant=meant,
                resolve=resolve,
                credentials=credentials,
            ) as answer,
        ):
            data = await whole_body(answer, limit)
    return Fetched(answer.status_code, answer.url, named_headers(answer), data)


async def whole_body(answer: httpx.Response, limit: int) -> bytes:
    """The decompressed body; raises ToolError `too_big` as soon as it exceeds `limit` bytes."""
    announced = answer.headers.get("content-length", "")
    holds_body = answer.request.method != "HEAD"
    if holds_body and announced.isdecimal() and int(announced[:20]) > limit:
        raise too_big(str(answer.url), limit)
    blocks: list[bytes] = []
    size = 0
    async with aclosing(decoded(answer)) as parts:
        async for part in parts:
            size += len(part)
            if size > limit:
                raise too_big(str(answer.url), limit)
            blocks.append(part)
    return b"".join(blocks)


@asynccontextmanager
async def opened(
    context: ToolContext,
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float | None = None,
    meant: Iterable[str] = (),
    resolve: Resolver | None = None,
    credentials: Mapping[str, str] | None = None,
    called: str | None = None,
) -> AsyncIterator[httpx.Response]:
    """The answer to a request, after redirects, with its body still to be read.

    Read it with `decoded` or `whole_body`. `seconds` is the longest silence. `credentials` are
    headers that go to the url's own origin, and nowhere once a redirect has led away from it.
    `called` is what failures call the address, where a secret is in it.
    """
    from butler_tui.tools.guard import PUBLIC_ONLY

    target = checked_url(url)
    seconds = seconds_of(context) if seconds is None else seconds
    sends = method not in ("GET", "HEAD")
    with telling(called or url, sends=sends):
        async with client(context, meant=meant, seconds=seconds, resolve=resolve) as http:
            sent, own = dict(headers or {}), dict(credentials or {})
            private = meant_origins([*context.origins, *meant])
            led_astray = False
            for _ in range(MOST_REDIRECTS + 1):
                request = http.build_request(
                    method,
                    target,
                    headers={**sent, **own},
                    content=body,
                    extensions={PUBLIC_ONLY: led_astray},
                )
                answer = await http.send(request, stream=True)
                note_rest(answer)
                try:
                    following = None if sends else _redirect(answer)
                    if following is None:
                        yield answer
                        return
                finally:
                    await answer.aclose()
                if origin_of(following) != origin_of(target):
                    sent = {name: text for name, text in sent.items() if name.lower() in _HARMLESS}
                    own = {}
                    led_astray = led_astray or origin_of(target) not in private
                target = following
    raise ToolError(
        "too_many_redirects",
        f"{url} leads on and on (more than {MOST_REDIRECTS} redirects); open another address.",
    )


def seconds_of(context: ToolContext) -> float:
    """The longest silence of a site, by the settings."""
    return float(context.option("network.silence_seconds") or SECONDS)


_RESTING = Resting()
"""Of the whole process: a site counts every call, whichever run it is of."""


async def rested(url: str) -> None:
    """Wait while the site of the url is to be left alone; raises ToolError when that is long."""
    who = origin_of(checked_url(url))
    while left := _RESTING.left(who, time.monotonic()):
        if left > LONGEST_REST:
            raise rate_limited(url, left)
        await asyncio.sleep(left)


def note_rest(answer: httpx.Response) -> None:
    """Leave a site alone that says so, in every call to it."""
    who = origin_of(answer.url)
    wait = seconds_to_wait(answer.headers.get("retry-after", ""))
    if answer.status_code == 429 or (answer.status_code == 503 and wait is not None):
        _RESTING.told(who, time.monotonic(), wait, random.random())  # noqa: S311
    elif answer.status_code < 400:
        _RESTING.answered(who)


def named_headers(answer: httpx.Response) -> dict[str, str]:
    """The answer's headers by their lower-case names; one sent twice is joined by a comma."""
    return {name.lower(): answer.headers[name] for name in answer.headers}


def is_secret_name(name: str) -> bool:
    """True when a header, field or parameter of that name is likely to hold a secret."""
    return bool(_SECRET_NAME.search(name))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of JSON")
    return number


def _mended(value: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The value with U+FFFD for each half of a character, which no other program could store."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_mended(one) for one in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(one) for key, one in value.items()}
    return value


def _redirect(answer: httpx.Response) -> httpx.URL | None:
    """Where the answer sends its reader, if anywhere."""
    location = answer.headers.get("location")
    if answer.status_code not in _REDIRECTS or not location:
        return None
    url = joined_url(answer.url, location)
    if answer.url.scheme == "https" and url.scheme == "http":
        raise ToolError(
            "downgrade",
            f"{origin_of(answer.url)} sends its readers on to {origin_of(url)}, which is not "
            "encrypted; open that address itself if you mean it.",
        )
    return url
