"""How numbers, states and times are worded on the screen; a mark never stands without a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal

Tone = Literal["quiet", "plain", "going", "done", "needs", "bad"]
"""What a row's colour says; each theme has a colour for each."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as a sign, as a word and as a tone."""

    sign: str
    word: str
    tone: Tone


NO_MARK = Mark(" ", "", "quiet")
PENDING = Mark("·", "", "quiet")
GOING = Mark("…", "running", "going")
NEEDS = Mark("?", "needs you", "needs")
DONE = Mark("✓", "done", "done")
FAILED = Mark("✗", "failed", "bad")
PAUSED = Mark("=", "paused", "needs")
ANEW = Mark("…", "planning anew", "going")
CUT_OFF = Mark("-", "cut off", "quiet")
UNDECIDED = Mark("-", "not decided", "quiet")
MAY_HAVE = Mark("!", "cut off, may have happened", "needs")

_CALLS = {
    "held": NEEDS,
    "allowed": Mark("…", "allowed", "going"),
    "running": GOING,
    "retrying": Mark("…", "trying again", "going"),
    "asking": NEEDS,
    "done": DONE,
    "failed": FAILED,
    "denied": Mark("-", "denied", "needs"),
    "skipped": Mark("-", "skipped", "quiet"),
    "unknown": Mark("!", "unknown", "needs"),
    "outbox": Mark("»", "in the outbox", "needs"),
    "taken back": Mark("-", "taken back", "quiet"),
    "rehearsed": Mark("~", "rehearsed", "done"),
}
_RUNS = {
    "new": PENDING,
    "planning": Mark("…", "planning", "going"),
    "running": GOING,
    "reviewing": Mark("…", "reviewing", "going"),
    "waiting": Mark("?", "waiting", "needs"),
    "paused": PAUSED,
    "interrupted": Mark("!", "interrupted", "needs"),
    "done": DONE,
    "failed": FAILED,
    "cancelled": Mark("-", "cancelled", "quiet"),
}


CHECKED = {
    "verified": Mark("✓", "verified", "done"),
    "unverified": Mark("?", "unverified", "needs"),
    "failed": Mark("✗", "found failed", "bad"),
}
"""What code found when it looked again at what a receipt says."""


def mark_of_call(status: str) -> Mark:
    """A call's state."""
    return _CALLS.get(status, PENDING)


def mark_of_run(status: str) -> Mark:
    """A run's state."""
    return _RUNS.get(status, Mark("·", status, "plain"))


def seconds(value: float) -> str:
    """A duration: `0.8 s`, `12 s`, `3:07 min`, `1:02:07 h`."""
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} h"


def gone(since: datetime | None, now: datetime) -> str:
    """How long something has been going on; nothing in the first second."""
    passed = (now - since).total_seconds() if since is not None else 0.0
    return seconds(passed) if passed >= 1 else ""


def countdown(until: datetime | None, now: datetime) -> str:
    """When a call leaves the outbox: `sends in 6 s`, `sends now`."""
    left = ceil((until - now).total_seconds()) if until is not None else 0
    return f"sends in {left} s" if left > 0 else "sends now"


def clock_time(value: float) -> str:
    """Time gone by, for the header: `00:07`, `1:02:07`."""
    whole = max(0, int(value))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def cost(dollars: float, *, priced: bool = True) -> str:
    """What was spent: `0.4 ct`, `$1.24`, `cost unknown` where no price is known at all."""
    if not priced and not dollars:
        return "cost unknown"
    shown = f"${dollars:.2f}" if dollars >= 1 else f"{dollars * 100:.1f} ct"
    return shown if priced else f"over {shown}"


def count(number: int, word: str, plural: str = "") -> str:
    """`1 call`, `3 calls`."""
    return f"{number} {word if number == 1 else plural or word + 's'}"


def day_and_time(at: datetime, now: datetime) -> str:
    """When something was: `14:05` today, `Mon 14:05` in the last six days, else the date."""
    local, today = at.astimezone(now.tzinfo), now.date()
    days = (today - local.date()).days
    if days == 0:
        return local.strftime("%H:%M")
    if 0 < days < 7:
        return local.strftime("%a %H:%M")
    return local.strftime("%Y-%m-%d")
