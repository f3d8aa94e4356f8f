"""Mails that no mail program wrote, and addresses that are none: read or refused, never worse.

What is found here is what the parser of Python raises on, or gives back with line breaks.
"""

from __future__ import annotations

import datetime
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butler_tui.core.errors import ToolError
from butler_tui.tools.mail.fetching import Fetched
from butler_tui.tools.mail.finding import mail_from
from butler_tui.tools.mail.queries import query_in
from butler_tui.tools.mail.recipients import recipient_in
from butler_tui.tools.mail.storing import MailId

PIECES = [
    b"From: ",
    b"To: a@b.c, ",
    b"Subject: ",
    b"Date: 99999999999",
    b"Content-Type: ",
    b"Content-Transfer-Encoding: ",
    b"Content-Disposition: attachment; ",
    b"multipart/alternative; boundary=x",
    b"multipart/mixed; boundary=x",
    b"message/rfc822",
    b"message/delivery-status",
    b"text/html",
    b"text/plain; charset=rot13",
    b"charset=utf-7",
    b"filename*0*=utf-8'x'%ff",
    b"base64",
    b"x-uuencode",
    b"quoted-printable",
    b"=?utf-8?b?YQ?=",
    b"=?utf-8?b?a?=",
    b"=?rot13?q?=0d=0a?=",
    b"<a@b.c>",
    b'"(<,;:',
    b"\r\n",
    b"\r\n\r\n",
    b"\r\n--x\r\n",
    b"\r\n--x--\r\n",
    b"<p>Hi<a href='http://x.y'>z",
    b"\x00\xff\x1b[2J",
    b"%PDF",
]


@settings(max_examples=150)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_bytes_are_a_mail_or_a_sentence(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    with suppress(ToolError):
        mail = mail_from(MailId("INBOX", 1, 1), Fetched(1, len(data), True, data))
        json.dumps(mail.model_dump(mode="json"), ensure_ascii=False).encode()
        for one in (mail.subject, mail.sender, mail.sender_name, mail.reply_to, *mail.to):
            assert len(one.splitlines()) <= 1
        for file in mail.attachments:
            assert len(file.name.splitlines()) <= 1


def test_an_encoded_word_that_is_none_is_left_as_it_is() -> None:
    data = b"Subject: =?utf-8?b?a?= x\r\n\r\nText"
    mail = mail_from(MailId("INBOX", 1, 1), Fetched(1, len(data), True, data))
    assert (mail.subject, mail.text) == ("=?utf-8?b?a?= x", "Text")


@settings(max_examples=200)
@given(st.text(st.sampled_from('ab@.<>",;: \n\r\t\0\u202e\u200bé()[]\\\uff20'), max_size=24))
def test_an_address_is_one_address_or_refused(text: str) -> None:
    try:
        one = recipient_in(text, "to")
    except ToolError:
        return
    assert one.address.count("@") == 1
    assert one.address.isascii()
    assert one.address.isprintable()
    assert not set(one.address) & set(' <>,;:"()[]')
    assert len(str(one.header).splitlines()) == 1


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_no_query_breaks_out_of_its_quotes(text: str) -> None:

    try:
        query = query_in(text, datetime.date(2026, 11, 26))
    except ToolError:
        return
    for term in query.terms:
        criterion = term.criterion().partition(" ")[2]
        assert "\n" not in criterion
        assert "\r" not in criterion
        inner = criterion[1:-1].replace("\\\\", "").replace('\\"', "")
        assert '"' not in inner
        assert "\\" not in inner


@pytest.mark.parametrize("text", ["", " ", "@", "a@", "@b", "a@b@c", "<a@b.c", "a@b.c>"])
def test_what_only_looks_like_an_address(text: str) -> None:
    with pytest.raises(ToolError):
        recipient_in(text, "to")
