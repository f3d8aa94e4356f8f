"""A browser of the run's own: pages that need scripts, clicks and forms."""

from butler_tui.tools.browser.acting import (
    browser_click,
    browser_fill,
    browser_select,
    browser_submit,
)
from butler_tui.tools.browser.pictures import browser_screenshot
from butler_tui.tools.browser.reading import (
    browser_close,
    browser_open,
    browser_read,
    browser_wait,
)

__all__ = [
    "browser_click",
    "browser_close",
    "browser_fill",
    "browser_open",
    "browser_read",
    "browser_screenshot",
    "browser_select",
    "browser_submit",
    "browser_wait",
]
