"""What a server says that it offers: a tool as it came over the wire, and as a file keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from butler_tui.core.plan_names import plan_name

MOST_TOOLS = 500
MOST_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Offer:
    """One tool in its server's own words, none of which is trusted."""

    name: str
    description: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict[str, Any])
    output: Mapping[str, Any] | None = None

    @property
    def fingerprint(self) -> str:
        """All that the person accepts of it, in one hash."""
        return hashlib.sha256(json.dumps(self.dump(), sort_keys=True).encode()).hexdigest()

    @property
    def plan_name(self) -> str | None:
        """Its part of the name in plans."""
        return plan_name(self.name)

    def dump(self) -> dict[str, Any]:
        """JSON for a file; `load` is its inverse."""
        return {
            "name": self.name,
            "description": self.description,
            "schema": dict(self.schema),
            "output": dict(self.output) if self.output is not None else None,
        }

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Offer:
        """Read what `dump` wrote. Raises KeyError, TypeError or ValueError when it is not that."""
        name, description, schema, output = (
            data[key] for key in ("name", "description", "schema", "output")
        )
        if not isinstance(name, str) or not isinstance(description, str):
            raise TypeError("a tool's name and description are text")
        return cls(name, description, dict(schema), None if output is None else dict(output))


@dataclass(frozen=True, slots=True)
class Offers:
    """The tools of one server, as `server` (its fingerprint) offered them."""

    server: str
    tools: Mapping[str, Offer]

    def chosen(self, only: tuple[str, ...]) -> Offers:
        """Those that the settings name; all where they name none."""
        if not only:
            return self
        return Offers(self.server, {name: self.tools[name] for name in only if name in self.tools})

    def dump(self) -> dict[str, Any]:
        """JSON for a file; `load` is its inverse."""
        return {"server": self.server, "tools": [one.dump() for one in self.tools.values()]}

    @classmethod
    def load(cls, data: Mapping[str, Any]) -> Offers:
        """Read what `dump` wrote. Raises KeyError, TypeError or ValueError when it is not that."""
        tools = [Offer.load(one) for one in data["tools"]]
        return cls(str(data["server"]), {one.name: one for one in tools})
