"""Proof that the browser works here: a page of Butler's own, opened and read."""

from __future__ import annotations

import time
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.tools.browser.logins import Logins
from butler_tui.tools.browser.session import started

_PAGE = "data:text/html,<title>A page</title><p id=x><script>x.textContent = 6 * 7</script>"
_ANSWER = "42"


async def proved(program: str) -> str:
    """What was found, in a sentence. Raises ToolError where the browser does not work."""
    begun = time.monotonic()
    session = await started(program, frozenset(), True, None, Logins([], Path()))
    try:
        await session.tab.goto(_PAGE)
        found = await session.tab.inner_text("#x")
        browser = session.context.browser if session.context is not None else None
        version = f" {browser.version}" if browser is not None else ""
    finally:
        await session.close()
    if found != _ANSWER:
        raise ToolError("browser_failed", f"{program} opened a page but did not run its script.")
    return f"{program}{version} opened a page; {time.monotonic() - begun:.1f} s in all"
