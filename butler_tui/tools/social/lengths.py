"""How long a text is for each network, which all count in their own way."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

X_LINK = 23
MASTODON_LINK = 23
LINK = re.compile(r"(?<![\w/.@])https?://[^\s<>\"]+", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w/.@-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:app|at|be|biz|ca|ch|cn|co|com|cz|de|dev|dk|edu|es|eu|fi|fr|gov|ie|info|int|io|it|jp|me"
    r"|mil|net|nl|no|nz|org|pl|pt|ru|se|uk|us)(?![\w-])(?:/[^\s<>\"]*)?",
    re.IGNORECASE,
)
_ENDS = ".,;:!?'\"…*_~"
_PAIRS = {")": "(", "]": "[", "}": "{"}
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
"""The code points that weigh one at X; all others weigh two."""

_MENTION = re.compile(r"(?<![\w/@])(@[A-Za-z0-9_][\w.-]*)@[\w-]+(?:\.[\w-]+)+")


def link_end(text: str, start: int, end: int) -> int:
    """Where a link really ends that was found from `start` to `end`, in a sentence of its own."""
    while end > start:
        last = text[end - 1]
        unpaired = last in _PAIRS and text.count(_PAIRS[last], start, end) < text.count(
            last, start, end
        )
        if last not in _ENDS and not unpaired:
            break
        end -= 1
    return end


def links(text: str) -> Iterator[tuple[int, int]]:
    """Where each http and https address stands in the text."""
    for found in LINK.finditer(text):
        end = link_end(text, found.start(), found.end())
        if end > found.start() + len("https://"):
            yield found.start(), end


def graphemes(text: str) -> int:
    """The characters that a person sees."""
    return len(_clusters(text))


def utf16_units(text: str) -> int:
    """The units of UTF-16, by which many interfaces count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def x_weight(text: str) -> int:
    """The length that X counts: 23 for a link, two for an emoji or a letter of many scripts."""
    plain = unicodedata.normalize("NFC", text)
    spans = [*links(plain), *_bare(plain)]
    return X_LINK * len(spans) + sum(_weight(one) for one in _clusters(_without(plain, spans)))


def mastodon_length(text: str) -> int:
    """The length that Mastodon counts: 23 for a link, and a mention without its server."""
    spans = [*links(text)]
    rest = _MENTION.sub(r"\1", _without(text, spans))
    return MASTODON_LINK * len(spans) + graphemes(rest)


def _bare(text: str) -> Iterator[tuple[int, int]]:
    """Addresses without https:// that X makes links of."""
    whole = list(links(text))
    for found in _BARE.finditer(text):
        if not any(start <= found.start() < end for start, end in whole):
            yield found.start(), link_end(text, found.start(), found.end())


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    rest, at = "", 0
    for start, end in sorted(spans):
        rest += text[at:start]
        at = max(at, end)
    return rest + text[at:]


def _clusters(text: str) -> list[str]:
    import regex

    return regex.findall(r"\X", text)


def _weight(cluster: str) -> int:
    import regex

    if regex.search(r"\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20e3", cluster) and (
        len(cluster) > 1 or not _is_light(cluster)
    ):
        return 2
    return sum(1 if _is_light(one) else 2 for one in cluster)


def _is_light(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _LIGHT)
