"""Prose out of Markdown or plain text: its paragraphs and list items, and their sentences.

What is no prose is left out: headings, tables, code, badges, pictures, HTML, front matter. English
and German abbreviations, initials and ordinals do not end a sentence. Every pattern is bounded, so
that no text takes more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph or list item as one line of text, without its markup."""

    text: str
    is_item: bool = False


def passages(text: str) -> list[Passage]:
    """The paragraphs and list items of a text, in order."""
    found: list[Passage] = []
    for is_item, lines in _blocks(text):
        words = " ".join(_plain(" ".join(lines)).split())
        if re.search(r"\w", words):
            found.append(Passage(words, is_item))
    return found


_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"\s*(?:[-*+•]|(?P<number>\d{1,3})[.)])\s+(?:\[[ xX]\]\s+)?")
_QUOTE = re.compile(r"^\s{0,3}(?:>\s?)+(?:\[![A-Z]{1,20}\]\s*$)?")
_UNDERLINE = re.compile(r"\s{0,3}(?:=+|-{2,}|~{3,})\s*")
_NO_PROSE = (
    re.compile(r"\s{0,3}#{1,6}(?:\s.*)?"),  # a heading
    re.compile(r"\W*"),  # a rule, or a picture of dashes
    re.compile(r"\s{0,3}\[[^\]]+\]:\s*\S.*"),  # a link's definition
    re.compile(r"\s*\|.*|.*\S \| .*|.*-\|-.*"),  # a table's row
    re.compile(r"\s*(?:\.\. |:\w{1,30}: ).*"),  # a directive of reStructuredText
)


def _blocks(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines that belong together, each with whether it is a list item."""
    block: list[str] = []
    is_item = in_list = False
    for line in _lines_outside_code(text):
        if len(block) == 1 and not is_item and _UNDERLINE.fullmatch(line):
            block = []  # what stood above the line was a heading
            continue
        blank = not line.strip()
        item = None if blank else _item(line, in_paragraph=bool(block) and not is_item)
        if blank or item or any(shape.fullmatch(line) for shape in _NO_PROSE):
            if block:
                yield is_item, block
            block, is_item = [line[item.end() :]] if item else [], bool(item)
            in_list = bool(item) or (in_list and blank)
        elif block:
            block.append(line)
        elif in_list or not line.startswith(("    ", "\t")):  # else it is code
            in_list = is_item = in_list and line[:1].isspace()
            block = [line]
    if block:
        yield is_item, block


def _item(line: str, *, in_paragraph: bool) -> re.Match[str] | None:
    """A list item's mark; inside a paragraph a list starts with 1, a wrapped date does not."""
    item = _ITEM.match(line)
    return None if item and in_paragraph and item["number"] not in (None, "1") else item


_HIDDEN = (
    re.compile(r"\A\ufeff?---\n.*?\n(?:---|\.\.\.)\n", re.S),
    re.compile(r"<!--.*?(?:-->|\Z)", re.S),
    re.compile(r"<(script|style|pre|h[1-6])\b.*?(?:</\1\s*>|\Z)", re.S | re.I),
)


def _lines_outside_code(text: str) -> Iterator[str]:
    """The lines without front matter, fenced code, HTML comments and quote marks."""
    text = text.replace("\r\n", "\n")
    for shape in _HIDDEN:
        text = shape.sub("\n", text)
    fence = ""
    for line in text.split("\n"):
        inner = _QUOTE.sub("", line, count=1)
        mark = _FENCE.match(inner)
        if fence:
            if mark and mark[1].startswith(fence) and not inner[mark.end() :].strip():
                fence = ""
        elif mark:
            fence = mark[1]
            yield ""
        else:
            yield inner


_MARKUP = (
    (re.compile(r"!\[[^\[\]]{0,300}\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])"), ""),  # a picture
    (re.compile(r"\[\s*\](?:\([^()]{0,500}\)|\[[^\[\]]{0,100}\])"), ""),  # what a badge leaves
    (
        re.compile(
            r"\[([^\[\]]{1,500})\]"
            r"(?:\((?:[^()]|\([^()]{0,200}\)){0,500}\)|\[[^\[\]]{0,100}\])"
        ),
        r"\1",
    ),
    (re.compile(r"<((?:https?|mailto):[^<>\s]{1,500})>"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]{0,1000}>"), " "),
    (re.compile(r"\[\^[^\[\]]{1,50}\]:?"), ""),  # a footnote's mark
    (re.compile(r"(\*\*\*|\*\*|__|~~)(?=\S)(.{1,500}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=\S)([^*]{1,500}?)(?<=\S)\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<!\w)_(?=\S)([^_]{1,500}?)(?<=\S)_(?!\w)"), r"\1"),
    (re.compile(r"\\([\\`*_{}\[\]()#+\-.!|~>])"), r"\1"),
)
_CODE = re.compile(r"(?<!`)(`{1,2})[^`]{1,500}\1(?!`)")


def _plain(line: str) -> str:
    """Text without links, pictures, emphasis and HTML; code inside it stays as it is."""
    line = line.replace("\0", " ")
    held: list[str] = []

    def hold(code: re.Match[str]) -> str:
        held.append(code[0])
        return f"\0{len(held) - 1}\0"

    line = _CODE.sub(hold, line)
    for shape, instead in _MARKUP:
        line = shape.sub(instead, line)
    line = re.sub(r"(?<=\w) +(?=[.,;:!?](?:\s|$))", "", line)  # a picture stood there
    return re.sub(r"\0(\d+)\0", lambda place: held[int(place[1])], line)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ABBREVIATIONS = _words(
    """
    abb abk abs abt allg anm approx apr aug bd bsp bspw bzgl bzw ca cf co corp dept dez dipl dr
    ed eds eg einschl engl etc evtl exkl fa feb fig figs fr ggf geb gegr gen gov hr hrsg ie inc inkl
    insb jan jg jh jr kap lt ltd max min mio mr mrd mrs ms mt mwst nov nr no okt pp prof ref
    sept sg sog sr st std str tel tsd ua usw vgl vol vs zb zt ziff zzgl zzt
    """
)
_MAY_END = frozenset({"co", "corp", "etc", "inc", "jr", "ltd", "max", "min", "no", "usw"})
"""Abbreviations after which a new sentence may well begin when the next word is a capital one."""

_ORDINAL_NEXT = re.compile(
    "januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
    "|jahrhundert|quartal|platz|stock",
    re.I,
)
_END = re.compile(
    r"""(?P<mark>[.!?…]+)(?:["'”\u2019“»«)\]*_]{0,5})(?:\s+)(?=(?P<next>\S{1,40}))|(?P<wide>[。\uff01\uff1f])"""
)


def sentences(text: str) -> list[str]:
    """The sentences of one paragraph, in order; together they are the paragraph."""
    masked = _CODE.sub(lambda code: "`" + "x" * (len(code[0]) - 2) + "`", text)
    german = _looks_german(masked)
    found: list[str] = []
    start = 0
    for end in _END.finditer(masked):
        before = masked[max(start, end.start() - 40) : end.start()]
        if end["wide"] or _ends(before, end["mark"], end["next"], german=german):
            found.append(text[start : end.end()].strip())
            start = end.end()
    found.append(text[start:].strip())
    return [one for one in found if one]


def _ends(before: str, mark: str, after: str, *, german: bool) -> bool:
    """Whether the mark between the two ends a sentence."""
    first = after.lstrip("\"'„“\u2018«»([*_")[:1]
    if not first or first.islower():
        return False
    if mark != ".":
        return True
    word = re.search(r"[\w.]*$", before)
    last = word[0].lower() if word else ""
    if last in _MAY_END:
        return first.isupper()
    if last.replace(".", "") in _ABBREVIATIONS:
        return False
    if re.fullmatch(r"(?:[^\W\d_]\.)*[^\W\d_]", last):  # an initial, or `z. B.`
        return False
    if re.fullmatch(r"\d{1,2}", last):
        return not (german or _ORDINAL_NEXT.match(after))
    return True


_GERMAN = _words("der die das und ist ein eine nicht mit von für den im zu auf wird")
_ENGLISH = _words("the and is a of to not with for in on it this that are be")


def _looks_german(text: str) -> bool:
    words = re.findall(r"[^\W\d_]+", text.lower())
    return sum(word in _GERMAN for word in words) > sum(word in _ENGLISH for word in words)
