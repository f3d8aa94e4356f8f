"""What can go wrong in a browser, as ToolErrors: one clear sentence and a short code each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from butler_tui.core.clean import shortened
from butler_tui.core.errors import ToolError
from butler_tui.tools.network_errors import shown_address

GONE = (
    "The browser has ended unexpectedly, and what was on the page is lost; open the page again "
    "with browser_open."
)
NOTHING_OPEN = (
    "No page is open in this run: a browser lives as long as its run is carried on by one Butler. "
    "Begin with browser_open."
)
_NET = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_ENDED = ("has been closed", "Target closed", "Connection closed", "Target crashed", "Page crashed")
_SAID = {
    "ERR_TOO_MANY_REDIRECTS": ("too_many_redirects", "{} leads on and on; open another address."),
    "ERR_EMPTY_RESPONSE": ("connection_lost", "{} broke off in the middle; try again."),
    "ERR_CONNECTION_RESET": ("connection_lost", "{} broke off in the middle; try again."),
    "ERR_CONNECTION_CLOSED": ("connection_lost", "{} broke off in the middle; try again."),
    "ERR_CONTENT_LENGTH_MISMATCH": ("connection_lost", "{} broke off in the middle; try again."),
    "ERR_INVALID_HTTP_RESPONSE": (
        "bad_answer",
        "{} sent an answer that is not proper HTTP.",
    ),
    "ERR_SSL_PROTOCOL_ERROR": ("tls_failed", "{} and the browser found no encryption in common."),
}
_LATER = frozenset({"connection_lost"})


def gone() -> ToolError:
    """The browser is not there any more."""
    return ToolError("browser_gone", GONE)


def nothing_open() -> ToolError:
    """No browser is open in this run."""
    return ToolError("nothing_open", NOTHING_OPEN)


def is_end(error: Exception) -> bool:
    """True for the errors of a browser, or of a tab, that is not there any more."""
    return any(words in str(error) for words in _ENDED)


def of_address(url: str, error: Exception) -> ToolError:
    """Why a page could not be opened."""
    told, shown = str(error), shown_address(url)
    if is_end(error):
        return gone()
    if "Download is starting" in told:
        return ToolError(
            "not_a_page", f"{shown} is a file and no page; fetch it with download_file."
        )
    name = found[1] if (found := _NET.search(told)) else ""
    if name.startswith("ERR_CERT_"):
        return ToolError(
            "bad_certificate", f"{shown} cannot prove who it is ({name}), so it was not opened."
        )
    if name in _SAID:
        code, text = _SAID[name]
        return ToolError(code, text.format(shown), transient=code in _LATER)
    if "Timeout" in told:
        return ToolError("timeout", f"{shown} took too long to answer.", transient=True)
    if name == "ERR_ABORTED":
        return ToolError("not_a_page", f"{shown} brought no page; fetch it with download_file.")
    return ToolError("not_opened", f"{shown} could not be opened ({name or _first(told)}).")


@contextmanager
def telling(what: str) -> Iterator[None]:
    """Turn the library's errors into ToolErrors; `what` was being done: `clicking button Go`."""
    from playwright.async_api import Error
    from playwright.async_api import TimeoutError as TookTooLong

    try:
        yield
    except TookTooLong as error:
        why = " Something else on the page lies over it." if "intercepts" in str(error) else ""
        raise ToolError(
            "timeout", f"{what[:1].upper()}{what[1:]} took too long.{why} Read the page again."
        ) from error
    except Error as error:
        if is_end(error):
            raise gone() from error
        raise ToolError(
            "failed", f"{what[:1].upper()}{what[1:]} failed: {_first(str(error))}."
        ) from error


def _first(told: str) -> str:
    line = told.strip().split("\n", 1)[0]
    return shortened(line.split(": ", 1)[-1].rstrip("."), 200)
