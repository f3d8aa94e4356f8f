"""search_mail, read_mail and draft_mail against a real IMAP server."""

from __future__ import annotations

import asyncio
import itertools
import socket
import threading
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from typing import Any

import pytest
from mail_servers import PASSWORD, Mailbox, free_port
from scripted_imap import ScriptedImap
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.tools.mail import draft_mail, read_mail, search_mail
from butler_tui.tools.mail.mailbox import Line

_numbers = itertools.count()


@pytest.fixture
def reader(context: Context, mailbox: Mailbox) -> Context:
    """Somebody with an account at the server."""
    context.options.update(mailbox.options())
    context.secrets["MAIL_PASSWORD"] = PASSWORD
    return context


def letter(subject: str, text: str = "Hello", **headers: str) -> EmailMessage:
    made = EmailMessage()
    made["Subject"] = subject
    made["From"] = headers.pop("sender", "Anna <anna@example.net>")
    made["To"] = "me@example.org"
    made["Date"] = "Thu, 26 Nov 2026 10:00:00 +0100"
    for name, value in headers.items():
        made[name] = value
    made.set_content(text)
    return made


def word() -> str:
    """A word that no other test's mail holds."""
    return f"zebra{next(_numbers)}x"


async def found(context: Context, query: str, **more: Any) -> Any:
    return (await search_mail.run(context, query, **more)).output


async def read(context: Context, mailbox: Mailbox, data: bytes, by: str) -> Any:
    """The mail as read, found by a word of its subject."""
    mailbox.put(data)
    [one] = (await found(context, f"subject:{by}")).messages
    return (await read_mail.run(context, one.id)).output


async def refusal(call: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await call
    return caught.value


async def test_mails_are_found_and_read_and_left_unread(reader: Context, mailbox: Mailbox) -> None:
    by = word()
    for number in range(3):
        mailbox.put(letter(f"{by} {number}", f"Text {number}").as_bytes())
    result = await search_mail.run(reader, f"unread since:2000-01-01 subject:{by}", limit=2)
    newest, older = result.output.messages
    assert (newest.subject, older.subject) == (f"{by} 2", f"{by} 1")
    assert (newest.sender, newest.sender_name) == ("anna@example.net", "Anna")
    assert (newest.date, newest.unread) == ("2026-11-26T09:00:00+00:00", True)
    assert result.output.more
    assert [one.origin for one in result.marks] == [
        "mail folder INBOX",
        "mail from anna@example.net",
        "mail from anna@example.net",
    ]
    assert search_mail.untrusted
    assert search_mail.private
    mail = await read_mail.run(reader, newest.id)
    assert mail.output.text == "Text 2"
    assert mail.marks[0].origin == "mail from anna@example.net"
    folder, _, uid = newest.id.split("/")
    assert "Seen" not in mailbox.flags(folder, int(uid))
    assert (await found(reader, f"subject:{by}")).messages[0].id == newest.id


async def test_queries(reader: Context, mailbox: Mailbox) -> None:
    by = word()
    mailbox.put(letter(f"{by} M\u00fcnchen", "Gr\u00fc\u00dfe und K\u00fcsse").as_bytes())
    mailbox.put(letter(f'{by} say "hi" \\o/', sender="Bob <bob@example.net>").as_bytes())
    for query, count in (
        (by, 2),
        (f"{by} from:bob@example.net", 1),
        (f"{by} to:me@example.org", 2),
        (f"{by} since:today", 2),
        (f"{by} before:2020-01-01", 0),
        (f'subject:"{by} say"', 1),
        (f"subject:{by} subject:M\u00fcnchen", 1),
        (f"subject:{by} subject:M\u00fcnchen subject:Bremen\u00fc", 0),
        (f"{by} is:read", 0),
        (f"{by} a\\b", 0),
    ):
        assert len((await found(reader, query)).messages) == count, query


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ({"query": "since:soon"}, "no day"),
        ({"query": "x" * 1001}, "longer"),
        ({"query": "a\x00b"}, "control character"),
        ({"query": "a", "folder": "Nowhere"}, "there are: "),
        ({"query": "a", "folder": "IN\r\nBOX"}, "cannot be a mail folder"),
        ({"query": " ".join("abcdefghijklmnopqrstuvwxyz")}, "use fewer"),
    ],
)
async def test_bad_queries(reader: Context, call: Mapping[str, str], words: str) -> None:
    assert words in str(await refusal(search_mail.run(reader, **call)))


async def test_bad_ids(reader: Context) -> None:
    for identity, code in (
        ("42", "bad_arguments"),
        ("INBOX/1/x", "bad_arguments"),
        ("IN\nBOX/1/2", "bad_arguments"),
        ("INBOX/1/2", "gone"),
        ("Nowhere/1/2", "no_folder"),
    ):
        assert (await refusal(read_mail.run(reader, identity))).code == code
    [one] = (await found(reader, "", limit=1)).messages
    folder, validity, _ = one.id.split("/")
    gone = await refusal(read_mail.run(reader, f"{folder}/{validity}/999999"))
    assert gone.code == "gone"


async def test_html_becomes_text_and_files_are_listed(reader: Context, mailbox: Mailbox) -> None:
    by = word()
    mail = letter(by)
    mail.set_content(
        "<html><style>p{}</style><body><p>Dear <b>you</b></p><p>See "
        "<a href='https://shop.example/x'>the offer</a></p><script>alert(1)</script></body></html>",
        subtype="html",
    )
    mail.add_attachment(
        b"%PDF", maintype="application", subtype="pdf", filename="Rechnung\u00fc.pdf"
    )
    inner = letter("Inner", "Words within", sender="Eve <eve@example.net>")
    mail.add_attachment(inner)
    mail.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    one = await read(reader, mailbox, mail.as_bytes(), by)
    assert one.text.startswith("Dear you\nSee the offer")
    assert "alert" not in one.text
    assert "Attached mail: Inner, from Eve <eve@example.net> ---\n\nWords within" in one.text
    assert [(it.name, it.type) for it in one.attachments] == [
        ("Rechnung\u00fc.pdf", "application/pdf"),
        ("Inner.eml", "message/rfc822"),
        ("winmail.dat", "application/ms-tnef"),
    ]
    assert one.attachments[0].bytes == 4
    assert [it.url for it in one.links] == ["https://shop.example/x"]


async def test_what_only_outlook_can_open_is_named(reader: Context, mailbox: Mailbox) -> None:
    by = word()
    data = f"Subject: {by}\r\nContent-Type: application/ms-tnef\r\n\r\nx".encode()
    one = await read(reader, mailbox, data, by)
    assert (one.attachments[0].name, "only Outlook" in one.text) == ("winmail.dat", True)


async def test_of_two_forms_the_plain_one_is_read(reader: Context, mailbox: Mailbox) -> None:
    by = word()
    mail = letter(by, "Plain words")
    mail.add_alternative("<p>Rich words</p>", subtype="html")
    assert (await read(reader, mailbox, mail.as_bytes(), by)).text == "Plain words"
    other = word()
    mail = letter(other, " ")
    mail.add_alternative("<p>Rich words</p>", subtype="html")
    assert (await read(reader, mailbox, mail.as_bytes(), other)).text == "Rich words"


BROKEN: list[tuple[bytes, str]] = [
    (b"Content-Type: text/plain; charset=klingon\r\n\r\nGr\xc3\xbc\xc3\x9fe", "Gr\u00fc\u00dfe"),
    (b"Content-Type: text/plain; charset=us-ascii\r\n\r\nGr\xfc\xdfe", "Gr\u00fc\u00dfe"),
    (b"Content-Type: text/plain; charset=utf-8\r\n\r\nGr\xfc", "Gr\ufffd"),
    (b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHalf a part", "Half a part"),
    (b"Content-Type: multipart/mixed\r\n\r\nno boundary at all", ""),
    (
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!SGVsbG8=!!!",
        "Hello",
    ),
    (b"Content-Type: ;;;\r\n\r\nStill text", "Still text"),
    (b"Content-Transfer-Encoding: klingon\r\n\r\nraw", "raw"),
]


@pytest.mark.parametrize(("rest", "text"), BROKEN, ids=range(len(BROKEN)))
async def test_broken_mails_are_read_as_far_as_they_go(
    reader: Context, mailbox: Mailbox, rest: bytes, text: str
) -> None:
    by = word()
    head = f"From: x@example.net\r\nSubject: {by}\r\nDate: never\r\nMIME-Version: 1.0\r\n".encode()
    one = await read(reader, mailbox, head + rest, by)
    assert (one.text.strip(), one.date) == (text, "")


async def test_hostile_headers_are_one_line_and_no_address_comes_from_a_name(
    reader: Context, mailbox: Mailbox
) -> None:
    by = word()
    name = "=?utf-8?b?Ym9zc0BleGFtcGxlLm9yZz4sIDxib3NzQGV4YW1wbGUub3Jn?="  # boss@..>, <boss@..
    data = (
        f"From: {name} <eve@example.net>\r\n"
        f"Subject: {by} =?utf-8?q?a=0D=0ABcc:_x=1B[2J=E2=80=AE?=\r\n"
        "To: undisclosed-recipients:;\r\n\r\nHi\r\n"
    ).encode()
    one = await read(reader, mailbox, data, by)
    assert (one.sender, one.reply_to, one.to) == ("eve@example.net", "eve@example.net", [])
    assert "\n" not in one.subject
    assert one.subject.startswith(f"{by} a Bcc: x\x1b[2J")  # made visible where it is shown
    undeclared = word()
    raw = b"From: Ren\xe9 <rene@example.net>\r\nSubject: " + undeclared.encode() + b" \xfc\r\n\r\n"
    one = await read(reader, mailbox, raw, undeclared)
    assert (one.sender_name, one.subject) == ("Ren\u00e9", f"{undeclared} \u00fc")


async def test_a_draft_is_put_once_and_found_again(reader: Context, mailbox: Mailbox) -> None:
    reader.options["mail.drafts"] = "Sent"  # pymap's demonstration has no drafts
    reader.key = word()
    (reader.folder / "a.txt").write_text("a")
    assert draft_mail.settle is not None
    assert draft_mail.verify is not None
    values: dict[str, Any] = {"to": "anna@example.net", "subject": reader.key, "body": "Dear"}
    assert await draft_mail.settle(reader, **values) is None
    made = await draft_mail.run(reader, **values, attachments=["a.txt"])
    settled = await draft_mail.settle(reader, **values)
    assert settled.output == made.output
    assert (await draft_mail.verify(reader, made.receipt.facts)).verdict == "verified"
    [kept] = [one for one in mailbox.messages("Sent") if one["Subject"] == reader.key]
    assert kept["To"] == "anna@example.net"
    again = await read_mail.run(reader, made.output.id)
    assert again.output.attachments[0].name == "a.txt"
    folder, _, uid = made.output.id.split("/")
    assert "Draft" in mailbox.flags(folder, int(uid))
    gone = {**made.receipt.facts, "message_id": "<none@example.org>"}
    assert (await draft_mail.verify(reader, gone)).verdict == "failed"


async def test_wrong_password_no_server_and_no_encryption(
    reader: Context, mailbox: Mailbox
) -> None:
    reader.secrets["MAIL_PASSWORD"] = "w\u00f6rong"
    assert (await refusal(search_mail.run(reader, "x"))).code == "wrong_password"
    reader.secrets["MAIL_PASSWORD"] = 'wr"ong'
    assert (await refusal(search_mail.run(reader, "x"))).code == "wrong_password"
    ca_file = reader.options.pop("mail.ca_file")
    assert (await refusal(search_mail.run(reader, "x"))).code == "bad_certificate"
    reader.options.update({"mail.ca_file": ca_file, "mail.imap.security": "tls"})
    assert (await refusal(search_mail.run(reader, "x"))).code == "no_encryption"
    reader.options["mail.imap.port"] = str(free_port())
    assert (await refusal(search_mail.run(reader, "x"))).code == "no_connection"
    reader.options["mail.imap.host"] = "nowhere.invalid"
    assert (await refusal(search_mail.run(reader, "x"))).code == "unknown_host"


@pytest.fixture
def scripted(reader: Context) -> Iterator[ScriptedImap]:
    """A server that says what it is told to, for what no decent one says."""
    with ScriptedImap() as server:
        reader.options.update({"mail.imap.port": str(server.port), "mail.imap.security": "plain"})
        yield server


async def test_a_server_without_character_sets_is_asked_for_less(
    reader: Context, scripted: ScriptedImap
) -> None:
    scripted.headers = {
        7: "From: a@example.net\r\nSubject: =?utf-8?q?M=C3=BCnchen?=\r\n\r\n",
        8: "From: b@example.net\r\nSubject: xnchen\r\n\r\n",
    }
    [one] = (await found(reader, "subject:M\u00fcnchen")).messages
    assert one.id == "INBOX/5/7"
    assert any('SUBJECT "nchen"' in line for line in scripted.heard)
    assert (await refusal(search_mail.run(reader, "\u043c\u0438\u0440"))).code == (
        "plain_letters_only"
    )


async def test_a_mail_too_large_and_one_larger_than_it_said(
    reader: Context, scripted: ScriptedImap
) -> None:
    scripted.size = 52_000_000
    error = await refusal(read_mail.run(reader, "INBOX/5/7"))
    assert (error.code, "52 MB" in str(error)) == ("too_big", True)
    scripted.size, scripted.literal = 1000, 900_000_000
    assert (await refusal(read_mail.run(reader, "INBOX/5/7"))).code == "no_connection"


async def test_a_mail_nested_without_end(reader: Context, scripted: ScriptedImap) -> None:
    depth = 1500
    heads = [
        f"Content-Type: multipart/mixed; boundary=b{number}\r\n\r\n--b{number}\r\n"
        for number in range(depth)
    ]
    scripted.whole = ("MIME-Version: 1.0\r\n" + "".join(heads) + "\r\ndeep").encode()
    assert (await refusal(read_mail.run(reader, "INBOX/5/7"))).code == "broken_mail"


async def test_a_full_mailbox_takes_no_draft(reader: Context, scripted: ScriptedImap) -> None:
    reader.options["mail.drafts"] = "Drafts"
    error = await refusal(draft_mail.run(reader, "a@example.net", "x", "y"))
    assert (error.code, "quota exceeded" in str(error)) == ("mailbox_full", True)


async def test_encryption_taken_away_on_the_way(reader: Context, scripted: ScriptedImap) -> None:
    reader.options["mail.imap.security"] = "starttls"
    assert (await refusal(search_mail.run(reader, "x"))).code == "no_encryption"
    assert not any("LOGIN" in line for line in scripted.heard)


async def test_a_cancelled_call_lets_go_of_its_thread(reader: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reader.options["mail.imap.port"] = str(silent.getsockname()[1])
        before = threading.active_count()
        call = asyncio.create_task(search_mail.run(reader, "x"))
        silent.settimeout(5)
        connection, _ = await asyncio.to_thread(silent.accept)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        connection.settimeout(5)
        assert await asyncio.to_thread(connection.recv, 1) == b""
        connection.close()
        assert threading.active_count() <= before + 2
        reader.options["network.silence_seconds"] = "0.1"
        assert (await refusal(search_mail.run(reader, "x"))).code == "no_connection"


def test_a_line_that_was_cut_is_not_opened_again() -> None:
    line = Line()
    line.cut()
    with socket.socket() as one, pytest.raises(ConnectionAbortedError):
        line.hold(one)
