"""What a server that was sent something says against it, as ToolErrors."""

from __future__ import annotations

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.tools.network import Fetched
from butler_tui.tools.network_errors import rate_limited, seconds_to_wait

_LONGEST_REASON = 200
_PASSED_ON = (502, 504)
"""Said by a server in between: the one behind it may have got what was sent."""


def check_taken(answer: Fetched, who: str, reason: str = "") -> None:
    """Raises ToolError unless the status says that what was sent was taken."""
    status = answer.status
    if 200 <= status < 300:
        return
    why = visible_line(" ".join(reason.split()))[:_LONGEST_REASON].rstrip(".")
    said = f" (status {status}: {why})" if why else f" (status {status})"
    if status in _PASSED_ON:
        raise ToolError(
            "no_answer",
            f"{who} passed it on and got no answer{said}; it may have arrived, so look there "
            "before you send it again.",
        )
    if status == 429:
        wait = seconds_to_wait(answer.headers.get("retry-after", ""))
        raise ToolError("rate_limited", str(rate_limited(who, wait)))
    if 300 <= status < 400:
        raise ToolError("moved", f"{who} has moved{said}; set its new address and send it again.")
    if status in (401, 403):
        raise ToolError("refused", f"{who} refuses it{said}; check its address and its secret.")
    if status in (404, 410):
        raise ToolError("not_found", f"{who} is not there{said}; check its address.")
    if status >= 500:
        raise ToolError("failed", f"{who} has a fault of its own{said} and did not take it.")
    raise ToolError("refused", f"{who} refuses what was sent{said}.")
