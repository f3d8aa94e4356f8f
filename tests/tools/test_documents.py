import asyncio
import io
import os
import struct
import sys
import zipfile
import zlib
from typing import Any

import docx
import psutil
import pytest
from pptx import Presentation
from pptx.util import Inches
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen import canvas

from butler_tui.core.errors import ToolError
from butler_tui.tools.documents import read_document


async def read(context, name):
    return (await read_document.run(context, name)).output


async def refused(context, name):
    with pytest.raises(ToolError) as caught:
        await read_document.run(context, name)
    return caught.value


def make_pdf(*pages):
    kept = io.BytesIO()
    sheet = canvas.Canvas(kept)
    for page in pages:
        for number, line in enumerate(page.split("\n")):
            sheet.drawString(72, 720 - 20 * number, line)
        sheet.showPage()
    sheet.save()
    return kept.getvalue()


def lock(pdf, password, owner="owner", algorithm="AES-256"):
    writer = PdfWriter(PdfReader(io.BytesIO(pdf)))
    writer.encrypt(password, owner, algorithm=algorithm)
    kept = io.BytesIO()
    writer.write(kept)
    return kept.getvalue()


def make_zip(members):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return kept.getvalue()


BOOK = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
    '<rootfiles><rootfile full-path="OPS/book.opf"/></rootfiles></container>',
    "OPS/book.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
    '<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="two" href="text/chapter%202.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="look" href="look.css" media-type="text/css"/></manifest>'
    '<spine><itemref idref="two"/><itemref idref="one"/><itemref idref="look"/></spine></package>',
    "OPS/text/one.xhtml": "<html><body><h1>One</h1><p>The <b>end</b>.</p></body></html>",
    "OPS/text/chapter 2.xhtml": "<html><head><title>x</title><style>p{}</style></head>"
    "<body><h1>Two</h1><p>The start.</p></body></html>",
}


async def test_a_pdf_is_read_page_by_page(context, tmp_path):
    (tmp_path / "a.pdf").write_bytes(make_pdf("First page\nsecond line", "Last page"))
    output = await read(context, "a.pdf")
    assert output.text == "## Page 1\n\nFirst page\nsecond line\n\n## Page 2\n\nLast page"
    assert (output.kind, output.pages, output.truncated) == ("pdf", 2, False)


async def test_what_a_document_says_is_private_and_a_strangers(context, tmp_path):
    (tmp_path / "a.pdf").write_bytes(make_pdf("x"))
    result = await read_document.run(context, "a.pdf")
    assert [(mark.path, mark.origin) for mark in result.marks] == [((), "file a.pdf")]
    assert read_document.untrusted
    assert read_document.private


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
async def test_a_pdf_with_a_password_is_refused(context, tmp_path, algorithm):
    (tmp_path / "a.pdf").write_bytes(lock(make_pdf("secret"), "pass", algorithm=algorithm))
    error = await refused(context, "a.pdf")
    assert error.code == "password"
    assert str(error).startswith("a.pdf is protected by a password;")


async def test_a_pdf_that_only_forbids_printing_is_read(context, tmp_path):
    (tmp_path / "a.pdf").write_bytes(lock(make_pdf("statement"), ""))
    assert (await read(context, "a.pdf")).text == "statement"


async def test_a_pdf_without_text_says_so(context, tmp_path):
    (tmp_path / "scan.pdf").write_bytes(make_pdf(""))
    assert (await refused(context, "scan.pdf")).code == "no_text"


async def test_a_pdf_that_unpacks_without_end_is_stopped(context, tmp_path):
    packed = zlib.compress(b"(x) Tj " * 12_000_000, 1)
    pdf = make_pdf("x")
    start = pdf.index(b"stream\n")
    begin = pdf.rindex(b"<<", 0, start)
    header = b"<< /Filter /FlateDecode /Length %d >> " % len(packed)
    bomb = pdf[:begin] + header + b"stream\n" + packed + pdf[pdf.index(b"endstream") :]
    (tmp_path / "bomb.pdf").write_bytes(bomb)
    assert (await refused(context, "bomb.pdf")).code in ("damaged", "too_big", "no_text")


async def test_a_word_document_keeps_its_headings_lists_and_tables(context, tmp_path):
    letter = docx.Document()
    letter.add_heading("Offer", 1)
    letter.add_paragraph("Dear Anna, this is ").add_run("important").bold = True
    letter.add_paragraph("First", style="List Bullet")
    table = letter.add_table(2, 2)
    for cell, text in zip(table._cells, ["Item", "Price", "Table", "30 EUR"], strict=True):
        cell.text = text
    letter.save(str(tmp_path / "a.docx"))
    output = await read(context, "a.docx")
    assert "# Offer" in output.text
    assert "Dear Anna, this is **important**" in output.text
    assert "- First" in output.text
    assert "| Table | 30 EUR |" in output.text
    assert (output.kind, output.pages) == ("docx", 1)


async def test_slides_are_read_with_titles_lists_tables_groups_and_notes(context, tmp_path):
    show: Any = Presentation()
    slide = show.slides.add_slide(show.slide_layouts[1])
    slide.shapes.title.text = "Plan for 2026"
    body = slide.placeholders[1].text_frame
    body.text = "Grow"
    deeper = body.add_paragraph()
    deeper.text, deeper.level = "slowly", 1
    slide.notes_slide.notes_text_frame.text = "Say hello."
    second = show.slides.add_slide(show.slide_layouts[6])
    cells = second.shapes.add_table(2, 2, 0, 0, Inches(2), Inches(1)).table
    for place, text in {(0, 0): "Year", (0, 1): "Sum", (1, 0): "2026", (1, 1): "a|b"}.items():
        cells.cell(*place).text = text
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(*[Inches(1)] * 4).text_frame.text = "in a group"
    show.save(str(tmp_path / "a.pptx"))
    output = await read(context, "a.pptx")
    assert output.text == (
        "## Slide 1: Plan for 2026\n\n- Grow\n  - slowly\n\nNotes: Say hello.\n\n"
        "## Slide 2\n\n| Year | Sum |\n| --- | --- |\n| 2026 | a\\|b |\n\n- in a group"
    )
    assert (output.kind, output.pages) == ("pptx", 2)


async def test_a_book_is_read_in_its_own_order(context, tmp_path):
    (tmp_path / "a.epub").write_bytes(make_zip(BOOK))
    output = await read(context, "a.epub")
    assert output.text == "# Two\n\nThe start.\n\n# One\n\nThe **end**."
    assert (output.kind, output.pages) == ("epub", 2)


async def test_a_book_that_its_seller_locked_is_refused(context, tmp_path):
    locked = (
        "<encryption><EncryptedData><CipherData><CipherReference "
        'URI="OPS/text/one.xhtml"/></CipherData></EncryptedData></encryption>'
    )
    (tmp_path / "a.epub").write_bytes(make_zip({**BOOK, "META-INF/encryption.xml": locked}))
    assert (await refused(context, "a.epub")).code == "password"


async def test_a_book_cannot_reach_outside_of_itself(context, tmp_path):
    (tmp_path / "secret.xhtml").write_text("<p>secret</p>")
    package = BOOK["OPS/book.opf"].replace("text/one.xhtml", "../../secret.xhtml")
    (tmp_path / "a.epub").write_bytes(make_zip({**BOOK, "OPS/book.opf": package}))
    assert (await refused(context, "a.epub")).code == "damaged"


async def test_a_web_page_is_read_without_what_surrounds_its_text(context, tmp_path):
    words = "The trattoria opens at six and serves pasta until eleven every day. " * 4
    (tmp_path / "a.html").write_text(
        "<!doctype html><html><head><title>T</title><script>alert(1)</script></head><body>"
        "<nav><a href='/'>Home</a> <a href='/imprint'>Imprint</a></nav>"
        f"<article><h1>Trattoria</h1><p>{words}</p>"
        "<table><tr><th>Day</th><th>Open</th></tr><tr><td>Monday</td><td>closed</td></tr></table>"
        "</article><footer>Cookies</footer></body></html>"
    )
    output = await read(context, "a.html")
    assert "# Trattoria" in output.text
    assert words.strip() in output.text
    assert "Monday" in output.text
    assert "alert" not in output.text
    assert "Imprint" not in output.text
    assert output.kind == "html"


async def test_a_page_that_is_no_article_is_read_whole(context, tmp_path):
    (tmp_path / "a.htm").write_text("<ul><li>one</li><li>two</li></ul><style>x{}</style>")
    assert (await read(context, "a.htm")).text.split() == ["-", "one", "-", "two"]


@pytest.mark.parametrize("name", ["a.md", "a.txt", "README"])
async def test_plain_text_is_given_as_it_is(context, tmp_path, name):
    (tmp_path / name).write_bytes("# Grüße\r\n".encode("cp1252"))
    output = await read(context, name)
    assert (output.text, output.kind, output.pages) == ("# Grüße\r\n", "text", 1)


async def test_the_content_counts_and_not_the_name(context, tmp_path):
    (tmp_path / "a.docx").write_bytes(make_pdf("really a PDF"))
    assert (await read(context, "a.docx")).kind == "pdf"


def locked_office_file():
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le")


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.pdf", b"%PDF-1.7\nnothing follows", "damaged"),
        ("cut.docx", make_zip({"word/document.xml": "<w:document"}), "damaged"),
        ("a.docx", b"PK\x03\x04 no archive", "damaged"),
        ("a.xlsx", make_zip({"xl/workbook.xml": "<x/>"}), "table"),
        ("a.odt", make_zip({"mimetype": "application/vnd.oasis"}), "other_format"),
        ("a.rtf", b"{\\rtf1 hello}", "other_format"),
        ("a.zip", make_zip({"a.txt": "x"}), "unknown_format"),
        ("locked.docx", locked_office_file(), "password"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old_format"),
        ("a.png", b"\x89PNG\x00\x00", "binary"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_document_is_refused_in_a_sentence(context, tmp_path, name, data, code):
    (tmp_path / name).write_bytes(data)
    error = await refused(context, name)
    assert error.code == code
    assert str(error).startswith(name)
    assert str(error).endswith(".")


async def test_an_archive_of_very_many_members_is_refused(context, tmp_path):
    (tmp_path / "a.docx").write_bytes(make_zip({f"{number}": "" for number in range(20_001)}))
    assert (await refused(context, "a.docx")).code == "bomb"


async def test_an_archive_that_unpacks_to_far_more_is_refused(context, tmp_path):
    archive = bytearray(make_zip({"word/document.xml": "<x/>"}))
    struct.pack_into("<I", archive, archive.index(b"PK\x01\x02") + 24, 600_000_000)
    (tmp_path / "a.docx").write_bytes(archive)
    error = await refused(context, "a.docx")
    assert error.code == "bomb"
    assert "do harm" in str(error)


async def test_entities_that_grow_without_end_are_stopped(context, tmp_path):
    laughs = '<!DOCTYPE c [<!ENTITY a "' + "ha" * 5_000 + '">'
    for inner, outer in zip("abcdefg", "bcdefgh", strict=True):
        laughs += f'<!ENTITY {outer} "' + f"&{inner};" * 20 + '">'
    laughs += "]><container>&h;</container>"
    (tmp_path / "a.epub").write_bytes(make_zip({**BOOK, "META-INF/container.xml": laughs}))
    assert (await refused(context, "a.epub")).code in ("damaged", "too_big")


async def test_confinement_holds_for_documents_too(context, tmp_path):
    os.mkfifo(tmp_path / "pipe.pdf")
    assert (await refused(context, "../a.pdf")).code == "outside"
    assert (await refused(context, "missing.pdf")).code == "not_found"
    assert (await refused(context, "pipe.pdf")).code == "not_a_file"


async def test_a_cancelled_call_ends_the_reading_process(context, tmp_path, monkeypatch):
    (tmp_path / "a.pdf").write_bytes(make_pdf("x"))
    os.mkfifo(tmp_path / "began")
    reader = tmp_path / "reader"
    reader.write_text(f'#!/bin/sh\necho $$ > "{tmp_path}/began"\nexec sleep 60\n')
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    task = asyncio.ensure_future(read_document.run(context, "a.pdf"))
    pid = int(await asyncio.to_thread((tmp_path / "began").read_text))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.pid_exists(pid)


async def test_a_reader_that_a_limit_ends_is_told_as_too_big(context, tmp_path, monkeypatch):
    (tmp_path / "a.pdf").write_bytes(make_pdf("x"))
    reader = tmp_path / "reader"
    reader.write_text("#!/bin/sh\nkill -XCPU $$\n")
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    assert (await refused(context, "a.pdf")).code == "too_big"
