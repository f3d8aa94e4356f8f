"""What Butler tells models, as Markdown files that people can read."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> str:
    """The prompt in `name`.md, without a newline at its end."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
