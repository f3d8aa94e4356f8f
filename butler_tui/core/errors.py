"""What can go wrong, as exceptions whose message says what is wrong and what to do.

ButlerError                 anything Butler itself raises
├── PlanError               a plan that cannot be read or does not fit; holds every problem found
├── ToolError               a tool call that failed; has a code that is safe to show a model
├── ModelError              a model that cannot be reached or will not answer
├── HistoryError            the database cannot be opened, read or written
├── SettingsError           config.toml, rules.toml or the environment is wrong
└── UsageError              the person asked for something that is not there
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.core.clean import visible_line


class ButlerError(Exception):
    """A failure whose message is one clear sentence for the person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a plan's text; line and column count from 1, 0 when not known."""

    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return (
            f"line {self.line}, column {self.column}: {self.message}" if self.line else self.message
        )


class PlanError(ButlerError):
    """A plan cannot be read or does not fit; `problems` lists everything that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ToolError(ButlerError):
    """A tool call failed.

    `code` is one of a tool's own short words (`not_found`, `timeout`, ...) and never holds text
    from outside, so a planner may see it; the message may quote a stranger, is made one line that
    hides nothing, and is shown to the person only. `transient` says that the same call may succeed
    if tried again.
    """

    def __init__(self, code: str, message: str, *, transient: bool = False) -> None:
        self.code = code
        self.transient = transient
        super().__init__(visible_line(message))


MODEL_FAILED, EMPTY_ANSWER, REPEATS_ITSELF = "model_failed", "empty_answer", "repeats_itself"
OVER_BUDGET = "over_budget"
"""What went wrong with a model, in short words that are safe to show one."""

LEADS_NOWHERE = frozenset({EMPTY_ANSWER, REPEATS_ITSELF})
"""Failures of a step that planning it anew would only repeat."""


class SpentError(ToolError):
    """A call would go over a budget of its run; it is made again once there is more of it."""

    def __init__(self, message: str) -> None:
        super().__init__(OVER_BUDGET, message)


class ModelError(ButlerError):
    """A model cannot be reached, does not exist, refuses its key or sends no usable answer.

    `code` is one of this module's short words.
    """

    def __init__(self, message: str, *, transient: bool = False, code: str = MODEL_FAILED) -> None:
        self.transient = transient
        self.code = code
        super().__init__(message)


class HistoryError(ButlerError):
    """The history cannot be opened, read or written."""


class SettingsError(ButlerError):
    """A settings file or environment variable is wrong; the message names the place."""


class UsageError(ButlerError):
    """The person named something that does not exist or cannot be done now."""
