"""Text from outside made safe to show: what a terminal would obey or hide becomes visible.

Everything that a model, a tool, a file or a person brought goes through here once, at the
boundary to the screen. The text itself is never changed anywhere else: what is shown as a symbol
is still sent, written and kept exactly as it was.
"""

from __future__ import annotations

import re

_OBEYED = "\x00-\x08\x0b-\x1f\x7f-\x9f"
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_SELECTORS = "\ufe00-\ufe0f"
_SURROGATES = "\ud800-\udfff"

# A variation selector may follow a character it changes; a row of them can carry hidden text.
_HOSTILE = re.compile(
    f"[{_OBEYED}{_INVISIBLE}{_SURROGATES}]|(?:(?<=[{_SELECTORS}])|(?<![^\\s]))[{_SELECTORS}]"
)
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}
_LAYOUT = str.maketrans({"\n": "\u2424", "\t": " "})


def visible(text: str) -> str:
    """The text with every control, bidi and zero-width character as a symbol one can see.

    Newlines and tabs stay; controls become their pictures (`␛`), others their code (`⟨U+202E⟩`).
    """
    if text.isascii() and text.isprintable():
        return text
    return _HOSTILE.sub(_symbol, text)


def visible_line(text: str) -> str:
    """The same on one line: a newline becomes `␤`, a tab a space."""
    return visible(text).translate(_LAYOUT)


def marked(text: str) -> list[str]:
    """The lines of another's text, each with a sign before it that Butler's own have not."""
    return [f"\N{BOX DRAWINGS LIGHT VERTICAL} {line}" for line in text.splitlines()]


def _symbol(found: re.Match[str]) -> str:
    code = ord(found.group())
    return _PICTURES.get(code) or f"⟨U+{code:04X}⟩"


def shortened(text: str, longest: int) -> str:
    """The text in one line of at most so many characters, with `…` where it was cut."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    kept = longest // 3
    return f"{line[: kept - 1]}…{line[kept - longest :]}"
