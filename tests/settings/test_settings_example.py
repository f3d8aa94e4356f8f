"""config.example.toml tells of every setting there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from butler_tui.core.rules import Rule
from butler_tui.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def fields(section: type[BaseModel]) -> Iterator[str]:
    """The names of a section's settings, and of those within it."""
    for name, field in section.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from fields(field.annotation)


def test_every_setting_is_in_the_example() -> None:
    text = EXAMPLE.read_text()
    shown = set(re.findall(r"^(?:# )?(\w+) = ", text, re.MULTILINE))
    shown |= {part for found in re.findall(r"\[\[?([\w.]+)\]", text) for part in found.split(".")}
    shown |= set(re.findall(r"\w+", "".join(re.findall(r"A role \((.+?)\)", text))))
    assert set(fields(Settings)) - shown == set()
    in_a_rule = set(Rule.model_fields) - {"run", "most"}  # Butler's own: `this run` and bounds
    assert in_a_rule - shown == set()
