"""What can go wrong on the network, as ToolErrors: one clear sentence and a short code each."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from butler_tui.core.errors import ToolError

_LONGEST_WAIT = 7 * 24 * 3600


@contextmanager
def telling(url: str, *, sends: bool = False) -> Iterator[None]:
    """Turn httpx's errors and time-outs into ToolErrors that name the address.

    With `sends`, an error after the request may have left is `no_answer` and never transient:
    what was sent may have arrived.
    """
    import httpx

    shown = shown_address(url)
    try:
        yield
    except ToolError:
        raise
    except (httpx.ConnectTimeout, httpx.ConnectError) as error:
        raise _not_connected(shown, error) from error
    except (httpx.InvalidURL, httpx.LocalProtocolError, httpx.UnsupportedProtocol) as error:
        raise ToolError("bad_request", f"The request to {shown} is not valid: {error}.") from error
    except (httpx.TransportError, TimeoutError) as error:
        if sends:
            raise ToolError(
                "no_answer",
                f"{shown} did not answer to the end; the request may have arrived, so look there "
                "before you send it again.",
            ) from error
        raise _not_read(shown, error) from error


def check_status(status: int, headers: Mapping[str, str], url: str) -> None:
    """Raise ToolError for a status that brings no content: `not_found`, `refused_by_site`, ..."""
    shown = shown_address(url)
    if 200 <= status < 300:
        return
    if status in (404, 410):
        raise ToolError("not_found", f"{shown} does not exist (status {status}).")
    if status == 429:
        raise rate_limited(url, seconds_to_wait(headers.get("retry-after", "")))
    wait = _wait(headers.get("retry-after", ""))
    if status in (408, 425) or status >= 500:
        raise ToolError(
            "site_failed",
            f"{shown} has a fault of its own (status {status}){wait or '; try again later'}.",
            transient=True,
        )
    if status == 401:
        raise ToolError("refused_by_site", f"{shown} wants a login (status 401).")
    raise ToolError(
        "refused_by_site",
        f"{shown} refuses to show this to Butler (status {status}); open it in a browser.",
    )


def rate_limited(url: str, seconds: float | None) -> ToolError:
    """The refusal of a site that is asked too often, and how long it wants to be left alone."""
    wait = _in_words(round(seconds)) if seconds is not None else "; try again later"
    message = f"{shown_address(url)} is asked too often (status 429){wait}."
    return ToolError("rate_limited", message, transient=True)


def too_big(url: str, limit: int) -> ToolError:
    """The refusal to read more than `limit` bytes."""
    size = f"{limit / 1_000_000:.0f} MB" if limit >= 1_000_000 else f"{limit} bytes"
    return ToolError("too_big", f"{shown_address(url)} is larger than {size}; ask to download it.")


def shown_address(url: str) -> str:
    """The address as a sentence can hold it: without its query, and short."""
    bare = url.split("?", 1)[0].split("#", 1)[0]
    return bare if len(bare) <= 120 else f"{bare[:117]}..."


def _not_connected(shown: str, error: Exception) -> ToolError:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ToolError(
                "bad_certificate",
                f"{shown} cannot prove who it is ({cause.verify_message.rstrip('.')}), so nothing "
                "was sent.",
            )
        if isinstance(cause, ssl.SSLError):
            return ToolError("tls_failed", f"{shown} and Butler found no encryption in common.")
        if isinstance(cause, socket.gaierror | UnicodeError):
            later = isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_AGAIN
            return ToolError(
                "unknown_host",
                f"There is no site at {shown}; check the name and your connection.",
                transient=later,
            )
        if isinstance(cause, TimeoutError):
            return ToolError("timeout", f"{shown} cannot be reached in time.", transient=True)
    return ToolError(
        "unreachable", f"{shown} cannot be reached; check that it is up.", transient=True
    )


def _not_read(shown: str, error: Exception) -> ToolError:
    import httpx

    if isinstance(error, TimeoutError | httpx.TimeoutException):
        return ToolError("timeout", f"{shown} took too long to answer.", transient=True)
    lost = isinstance(error, httpx.NetworkError) or any(
        words in str(error) for words in ("disconnected", "closed connection", "ended prematurely")
    )
    if lost:
        return ToolError(
            "connection_lost", f"{shown} broke off in the middle; try again.", transient=True
        )
    return ToolError("bad_answer", f"{shown} sent an answer that is not proper HTTP.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came from, innermost last; a group counts for what it holds."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if isinstance(one, BaseExceptionGroup):
            waiting.extend(one.exceptions)
        waiting.extend([one.__cause__, one.__context__])


def _wait(retry_after: str) -> str:
    """What a Retry-After header asks for, as the end of a sentence; empty when it says nothing."""
    seconds = seconds_to_wait(retry_after)
    return "" if seconds is None else _in_words(seconds)


def _in_words(seconds: int) -> str:
    if seconds >= 120:
        return f"; it asks to wait {round(seconds / 60)} minutes"
    return f"; it asks to wait {seconds} seconds"


def seconds_to_wait(retry_after: str) -> int | None:
    """The seconds that a Retry-After header asks for, at most a week; None when it says nothing."""
    text = retry_after.strip()
    if text.isdecimal():
        return min(int(text[:10]), _LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(0, int((at - datetime.now(UTC)).total_seconds())), _LONGEST_WAIT)
