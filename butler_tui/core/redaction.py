"""Known secrets taken out of text, in every form in which they usually come back.

The second line only: a secret is a handle until the last moment, and this is for what a server,
a tool or an error says all the same.
"""

from __future__ import annotations

import base64
import html
import json
import re
import threading
from collections.abc import Iterator, Sequence
from typing import Any, cast
from urllib.parse import quote, quote_plus

from pydantic import BaseModel

LEAST = 6
"""A shorter value is not looked for: it would blot out half of every text."""


class Redactor:
    """Replaces secrets by `[secret NAME]`. With none learned it costs one look at `active`."""

    def __init__(self) -> None:
        self.active = False
        self._names: dict[str, str] = {}
        self._forms: dict[str, str] = {}
        self._beginnings: frozenset[str] = frozenset()
        self._lock = threading.Lock()

    def learn(self, name: str, value: str | None) -> None:
        """From now on take this value out; one of fewer than `LEAST` characters is passed over."""
        if value is None or len(value) < LEAST or value in self._names:
            return
        with self._lock:
            self._names[value] = name
            found = {**dict.fromkeys(_forms(value), name), **self._forms}
            self._beginnings = frozenset(
                form[:end] for form in found for end in range(1, len(form))
            )
            self._forms = dict(sorted(found.items(), key=lambda one: -len(one[0])))
            self.active = True

    def forget(self) -> None:
        """Forget every secret."""
        with self._lock:
            self._names, self._forms, self._beginnings = {}, {}, frozenset()
            self.active = False

    def holds(self, text: str) -> bool:
        """True when a known secret is in the text."""
        return self.active and any(form in text for form in self._forms)

    def text(self, text: str) -> str:
        """The text without any known secret."""
        if not self.active:
            return text
        pattern = self._pattern(text)
        return text if pattern is None else pattern.sub(self._name, text)

    def value(self, value: Any) -> Any:  # noqa: ANN401  (JSON, or a model of ours around it)
        """The same shape with no known secret in any of its texts, keys included."""
        if not self.active:
            return value
        if isinstance(value, str):
            return self.text(value) if type(value) is str else value
        if isinstance(value, BaseModel):
            fields = [one for one in type(value).model_fields if one != "type"]
            return value.model_copy(update={one: self.value(getattr(value, one)) for one in fields})
        if isinstance(value, dict):
            held = cast("dict[Any, Any]", value)
            return {self.value(key): self.value(one) for key, one in held.items()}
        if isinstance(value, list | tuple):
            parts = [self.value(one) for one in cast("Sequence[Any]", value)]
            return parts if isinstance(value, list) else tuple(parts)
        return value

    def stream(self) -> RedactedStream:
        """A text that comes in chunks, with secrets taken out across their seams."""
        return RedactedStream(self)

    def safe_part(self, text: str) -> int:
        """How much of the text no further chunk can turn into a secret."""
        longest = max((len(form) for form in self._forms), default=1) - 1
        starts = range(max(0, len(text) - longest), len(text))
        end = next((at for at in starts if text[at:] in self._beginnings), len(text))
        pattern = self._pattern(text)
        while pattern is not None:  # a match over the seam may be a part of a longer secret
            over = next((m for m in pattern.finditer(text) if m.start() < end < m.end()), None)
            if over is None:
                break
            end = over.start()
        return end

    def _pattern(self, text: str) -> re.Pattern[str] | None:
        here = [form for form in self._forms if form in text]
        return re.compile("|".join(map(re.escape, here))) if here else None

    def _name(self, found: re.Match[str]) -> str:
        name = self._forms.get(found.group())
        return f"[secret {name}]" if name else "[secret]"


class RedactedStream:
    """Holds back the end of what came, for as long as it may be the beginning of a secret."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def take(self, chunk: str) -> str:
        """What may be shown of the chunk, and of what was held back before it."""
        if not (self._redactor.active or self._held):
            return chunk
        text = self._held + chunk
        end = self._redactor.safe_part(text)
        self._held = text[end:]
        return self._redactor.text(text[:end])

    def rest(self) -> str:
        """What was held back, at the end of the stream."""
        held, self._held = self._held, ""
        return self._redactor.text(held)


def _forms(value: str) -> Iterator[str]:
    """The value as it is, and as JSON, HTML, addresses, base64, hex and Python hold it."""
    yield value
    data = value.encode("utf-8", "surrogatepass")
    yield from (repr(value)[1:-1], repr(data)[2:-1], ascii(value)[1:-1])
    yield quote(quote(value, safe=""), safe="")
    for ascii_only in (True, False):
        once = json.dumps(value, ensure_ascii=ascii_only)[1:-1]
        yield once
        yield once.replace("/", "\\/")
        yield json.dumps(once)[1:-1]
    yield html.escape(value)
    for quoted in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield quoted
        yield re.sub(r"%..", lambda code: code.group().lower(), quoted)
    yield data.hex()
    yield data.hex().upper()
    for before in range(3):
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            yield _inner(encoded(bytes(before) + data).decode(), before, len(data))


def _inner(encoded: str, before: int, length: int) -> str:
    """The characters of base64 that hold nothing but the value, whatever stands around it."""
    first = -(-before * 8 // 6)
    last = (before + length) * 8 // 6
    return encoded[first:last]
