"""EPUB books as Markdown; used in the process that reads documents."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree import ElementTree
from zipfile import ZipFile

from butler_tui.tools.document_formats import Unreadable, markdown

_READABLE = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


def chapters(book: ZipFile) -> Iterator[str]:
    """The chapters in reading order."""
    package = _package(book)
    locked = _locked(book)
    for name in _reading_order(book, package):
        if name in locked:
            raise Unreadable("password")
        yield markdown(book.read(name))


def _package(book: ZipFile) -> str:
    """The name of the file that lists what the book holds."""
    container = _xml(book, "META-INF/container.xml")
    return next(one.attrib["full-path"] for one in container.iter() if _tag(one) == "rootfile")


def _reading_order(book: ZipFile, package: str) -> Iterator[str]:
    listed = _xml(book, package)
    files = {
        one.attrib["id"]: one.attrib["href"]
        for one in listed.iter()
        if _tag(one) == "item" and one.attrib.get("media-type") in _READABLE
    }
    for one in listed.iter():
        if _tag(one) == "itemref" and (href := files.get(one.attrib["idref"])):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(href)))


def _locked(book: ZipFile) -> set[str]:
    """The files that a seller has encrypted."""
    name = "META-INF/encryption.xml"
    if name not in book.namelist():
        return set()
    return {unquote(one.attrib["URI"]) for one in _xml(book, name).iter() if "URI" in one.attrib}


def _xml(book: ZipFile, name: str) -> ElementTree.Element:
    """Entities are not looked up elsewhere, and expat stops those that grow without end."""
    return ElementTree.fromstring(book.read(name))  # noqa: S314


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
