"""What a stranger's tool is, in one hash: when anything of it changes, it is asked anew."""

from __future__ import annotations

import hashlib
import inspect
import json
from pathlib import Path
from typing import Any

from butler_tui.core.tool import Tool


def definition_of(tool: Tool, source: bytes | None = None) -> str:
    """A SHA-256 in hex of what the tool declares and of the text it comes from.

    `source` is that text where it is known as it ran; else the file of its module is read.
    """
    said = json.dumps(_declared(tool), sort_keys=True, default=repr)
    digest = hashlib.sha256(said.encode(errors="backslashreplace"))
    digest.update(_source(tool) if source is None else source)
    return digest.hexdigest()


def _declared(tool: Tool) -> dict[str, Any]:
    parameters = [
        [one.name, one.type.json_schema(), one.description, one.required, one.default]
        for one in tool.parameters
    ]
    flags = (
        "name",
        "description",
        "effect",
        "again",
        "timeout",
        "at_once",
        "undoable",
        "reaches",
        "targets",
        "untrusted",
        "private",
        "labels_of_inputs",
        "output",
        "shaped_by",
        "recipients",
        "content",
        "answered",
    )
    return {"parameters": parameters, **{name: getattr(tool, name) for name in flags}}


def _source(tool: Tool) -> bytes:
    """The module's own file; the function's source where there is none."""
    try:
        if (file := inspect.getsourcefile(tool.run)) is not None:
            return Path(file).read_bytes()
        return inspect.getsource(tool.run).encode(errors="backslashreplace")
    except (OSError, TypeError):
        return b""
