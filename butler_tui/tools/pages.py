"""What a person would read of a web page: its main text, title and links.

These functions compute and may take seconds: call them in a thread.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pydantic import BaseModel

from butler_tui.core.errors import ToolError
from butler_tui.tools.bodies import is_binary, text_from
from butler_tui.tools.network_errors import shown_address

if TYPE_CHECKING:
    from butler_tui.tools.network import Fetched

MOST_LINKS = 500
MOST_PDF_PAGES = 300
MOST_ELEMENTS = 40_000
"""Finding the main text takes time by the square of these; beyond, all of the text is taken."""

_SHORT = 200
_UNREAD = ("script", "style", "template", "noscript", "svg", "iframe", "object", "head", "title")
_INLINE = re.compile(
    "a|abbr|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|img|ins|kbd|label|mark|q|s|samp|small|"
    "span|strike|strong|sub|sup|time|tt|u|var|wbr"
)
_HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|meta)\b", re.I | re.S
)


class Link(BaseModel):
    """A link that a page offers; `url` is absolute."""

    text: str
    url: str


class Page(BaseModel):
    """A page as read: `text` in Markdown, `url` where it was found in the end."""

    text: str
    title: str
    url: str
    links: list[Link]


def page_from(answer: Fetched) -> Page:
    """The page that an answer holds; raises ToolError `not_text`, `empty_page` or `encrypted`."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    body, url = answer.body, str(answer.url)
    if kind == "application/pdf" or body.startswith(b"%PDF-"):
        return _pdf_page(body, url)
    if is_binary(body) or kind.startswith(("image/", "audio/", "video/", "font/")):
        raise ToolError(
            "not_text",
            f"{shown_address(url)} is no text that can be read; ask to download it.",
        )
    if "html" in kind or (
        kind in ("", "text/plain", "application/octet-stream") and _HTML.match(body)
    ):
        return _html_page(answer.text, url)
    text = text_from(body, answer.headers.get("content-type", ""))
    if not text.strip():
        raise _empty(url)
    return Page(text=text, title="", url=url, links=[])


def html_text(source: str, url: str = "about:blank") -> tuple[str, list[Link]]:
    """All text that a piece of HTML shows, a line per block, and the links that it offers."""
    root = _parsed(source)
    if root is None:
        return "", []
    _resolve_links(root, url)
    return _whole_text(root), _links(root, url)


def _html_page(source: str, url: str) -> Page:
    root = _parsed(source)
    if root is None:
        raise _empty(url)
    _resolve_links(root, url)
    whole, title, links = _whole_text(root), _title(root), _links(root, url)
    main = _main_text(root, url) if sum(1 for _ in root.iter()) <= MOST_ELEMENTS else ""
    enough = len(main) >= _SHORT or 4 * len(main) >= len(whole)
    text = main if enough else whole
    if not text.strip():
        raise _empty(url)
    return Page(text=text, title=title, url=url, links=links)


def _parsed(source: str) -> Any:  # noqa: ANN401  (lxml has no types of its own)
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]
    from lxml import html as lxml_html

    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    data = source.replace("\0", "").encode("utf-8", errors="replace")
    try:
        return lxml_html.document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None


def _main_text(root: Any, url: str) -> str:  # noqa: ANN401
    """The article in Markdown with its links and tables; empty when none is found."""
    from trafilatura import extract

    found = extract(
        root,
        url=url,
        output_format="markdown",
        include_comments=False,
        include_formatting=True,
        include_images=False,
        include_links=True,
        include_tables=True,
        favor_recall=True,
    )
    return (found or "").strip()


def _whole_text(root: Any) -> str:  # noqa: ANN401
    """All text that the page shows, a line per block."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]

    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        inline = _INLINE.fullmatch(str(element.tag))
        if event == "start":
            if element.tag in _UNREAD:
                walk.skip_subtree()
                continue
            parts.append(("" if inline else "\n") + _flat(element.text))
        else:
            parts.append(("" if inline else "\n") + _flat(element.tail))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")


def _title(root: Any) -> str:  # noqa: ANN401
    """What the page calls itself."""
    ways = ("//meta[@property='og:title']/@content", "//head/title/text()", "//h1//text()")
    for way in ways:
        title = " ".join("".join(root.xpath(way)[:20]).split())
        if title:
            return title[:300]
    return ""


def _resolve_links(root: Any, url: str) -> None:  # noqa: ANN401
    """Make every link absolute; one that leads to no web page stays as text only."""
    base = _joined(url, next(iter(root.xpath("//base/@href")), "")) or url
    for element in root.iter("a"):
        target = _joined(base, element.attrib.pop("href", ""))
        if target:
            element.set("href", target)


def _links(root: Any, url: str) -> list[Link]:  # noqa: ANN401
    """The page's links to other pages, in its order, each address once."""
    seen = {"", url.partition("#")[0]}
    found: list[Link] = []
    for element in root.iter("a"):
        target = element.get("href", "")
        text = " ".join((element.text_content() or element.get("aria-label", "")).split())
        bare = target.partition("#")[0]
        if text and bare not in seen:
            seen.add(bare)
            found.append(Link(text=text[:_SHORT], url=target))
        if len(found) == MOST_LINKS:
            break
    return found


def _joined(base: str, href: str) -> str:
    """The absolute http or https address that a link means; empty when it means none."""
    try:
        target = urljoin(base, href.strip())
        scheme = urlsplit(target).scheme
    except ValueError:
        return ""
    return target if scheme in ("http", "https") and target.isprintable() else ""


def _pdf_page(body: bytes, url: str) -> Page:
    from pypdf import PdfReader

    try:
        reader = PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ToolError("encrypted", f"{shown_address(url)} is a PDF locked with a password.")
        count = len(reader.pages)
        texts = [reader.pages[index].extract_text() for index in range(min(count, MOST_PDF_PAGES))]
        title = str(reader.metadata.title or "") if reader.metadata else ""
    except ToolError:
        raise
    except Exception as error:  # a hostile PDF makes the parser raise anything
        raise ToolError(
            "not_text", f"{shown_address(url)} is a PDF that is broken and cannot be read."
        ) from error
    if not any(text.strip() for text in texts):
        raise ToolError("empty_page", f"{shown_address(url)} is a PDF of pictures without text.")
    if count > MOST_PDF_PAGES:
        texts.append(f"[{count - MOST_PDF_PAGES} more pages were not read]")
    text = "\n\n".join(text.strip() for text in texts)
    clean = text.encode("utf-8", errors="replace").decode("utf-8")
    return Page(text=clean, title=" ".join(title.split())[:300], url=url, links=[])


def _empty(url: str) -> ToolError:
    return ToolError(
        "empty_page",
        f"{shown_address(url)} shows no text by itself; it may need scripts, so open it in a "
        "browser.",
    )
