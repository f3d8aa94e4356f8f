"""send_mail against a real SMTP server: what leaves, what is refused, what nobody can know."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import pytest
from mail_servers import PASSWORD, Postbox, free_port
from tool_context import Context

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolResult
from butler_tui.tools.mail import send_mail


@pytest.fixture
def writer(context: Context, postbox: Postbox) -> Context:
    """Somebody with an account at the server."""
    context.options.update(postbox.options())
    context.secrets["MAIL_PASSWORD"] = PASSWORD
    return context


async def sent(context: Context, to: Any = "anna@example.net", **more: Any) -> ToolResult:
    values = {"subject": "Hello", "body": "Dear Anna,\n.dot\nÄ", **more}
    return await send_mail.run(context, to=to, **values)


async def shown(context: Context, to: Any = "anna@example.net", **more: Any) -> str:
    values = {"subject": "Hello", "body": "Dear Anna", **more}
    assert send_mail.preview is not None
    return (await send_mail.preview(context, to=to, **values)).text


async def refusal(context: Context, *args: Any, **more: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await sent(context, *args, **more)
    return caught.value


@pytest.mark.parametrize("security", ["tls", "starttls", "plain"])
async def test_a_mail_arrives_by_every_way(
    writer: Context, postbox: Postbox, security: str
) -> None:
    writer.options.update(postbox.options(security))
    (writer.folder / "r\u00e9sum\u00e9.pdf").write_bytes(b"%PDF-1.4 x")
    result = await sent(
        writer,
        ["Anna M\u00fcller <anna@example.net>", "bob@example.net"],
        cc="carl@b\u00fccher.example",
        attachments=["r\u00e9sum\u00e9.pdf"],
        reply_to="desk@example.org",
    )
    [one] = postbox.arrived
    assert one.recipients == ["anna@example.net", "bob@example.net", "carl@xn--bcher-kva.example"]
    assert one.sender == "me@example.org"
    message = one.message
    assert message["From"] == "Ada Lovelace <me@example.org>"
    assert message["To"] == "Anna M\u00fcller <anna@example.net>, bob@example.net"
    assert message["Reply-To"] == "desk@example.org"
    assert message["Message-ID"] == result.output.message_id
    text, attached = message.iter_parts()
    assert text.get_content().splitlines() == ["Dear Anna,", ".dot", "\u00c4"]
    assert attached.get_filename() == "r\u00e9sum\u00e9.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_payload(decode=True) == b"%PDF-1.4 x"
    assert result.output.accepted == one.recipients
    assert one.secure is (security != "plain")


async def test_the_id_is_the_calls_own(writer: Context, postbox: Postbox) -> None:
    first = (await sent(writer)).output.message_id
    assert (await sent(writer)).output.message_id == first
    writer.key = "key-2"
    assert (await sent(writer)).output.message_id != first


async def test_the_card_shows_all_that_leaves(writer: Context, postbox: Postbox) -> None:
    (writer.folder / "a.csv").write_text("x,y\n")
    card = await shown(
        writer,
        ["Anna <anna@example.net>"],
        cc=["info@b\u00fccher.example"],
        body="One\nTo: fake@example.net\n",
        attachments=["a.csv"],
        reply_to="desk@example.org",
    )
    assert card.splitlines() == [
        "From: Ada Lovelace <me@example.org>",
        "To: Anna <anna@example.net>",
        "Cc: info@b\u00fccher.example (that is info@xn--bcher-kva.example)",
        "Reply-To: desk@example.org",
        "Subject: Hello",
        "Attachment: a.csv (4 bytes, text/csv, sha256 8b28c1d7a4a8d8c3)".replace(
            "8b28c1d7a4a8d8c3", card.partition("sha256 ")[2][:16]
        ),
        "",
        "\u2502 One",
        "\u2502 To: fake@example.net",
    ]
    (writer.folder / "a.csv").write_text("x,z\n")
    again = await shown(writer, body="One\n", attachments=["a.csv"])
    assert card.partition("sha256 ")[2][:16] not in again
    assert postbox.arrived == []


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"to": "anna@example.net\nBcc: eve@example.net"}, "line break"),
        ({"to": "anna@example.net\r"}, "line break"),
        ({"to": "anna@example.net, eve@example.net"}, "as a list"),
        ({"to": '"eve@example.net" <anna@example.net>'}, "another address"),
        ({"to": "an\u202ena@example.net"}, "unseen character"),
        ({"to": "anna"}, "ada@example.org"),
        ({"to": "anna@ex ample.net"}, "no such domain"),
        ({"to": "\u00e4nna@example.net"}, "plain letters"),
        ({"to": []}, "nobody"),
        ({"to": [f"a{n}@example.net" for n in range(101)]}, "at most 100"),
        ({"cc": "x@y\n.z"}, "cc: "),
        ({"reply_to": "x@y\n.z"}, "reply_to: "),
        ({"subject": "Hi\nBcc: eve@example.net"}, "line break"),
        ({"subject": "x" * 501}, "longer"),
        ({"body": "\ud800"}, "half of a character"),
        ({"attachments": ["../secret.txt"]}, "outside"),
        ({"attachments": ["nothing.txt"]}, "not there"),
    ],
)
async def test_what_no_mail_may_hold_is_refused_before_it_is_shown(
    writer: Context, postbox: Postbox, given: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(ToolError, match=words):
        await shown(writer, **given)
    assert words in str(await refusal(writer, **given))
    assert postbox.arrived == []


async def test_too_much_is_refused(writer: Context, postbox: Postbox) -> None:
    with (writer.folder / "big.bin").open("wb") as file:
        file.truncate(26_000_000)
    assert (await refusal(writer, attachments=["big.bin"])).code == "too_big"
    with (writer.folder / "big.bin").open("wb") as file:
        file.truncate(1_900_000)  # more than the server takes, once it is encoded
    error = await refusal(writer, attachments=["big.bin"])
    assert (error.code, "takes 2.0 MB" in str(error)) == ("too_big", True)


async def test_who_got_it_and_who_did_not_is_told(writer: Context, postbox: Postbox) -> None:
    postbox.refused["bob@example.net"] = "550 no such user"
    result = await sent(writer, ["anna@example.net", "bob@example.net"])
    assert postbox.arrived[0].recipients == ["anna@example.net"]
    assert (result.output.accepted, result.output.refused) == (
        ["anna@example.net"],
        ["bob@example.net"],
    )
    assert result.receipt is not None
    assert "NOT sent to bob@example.net" in result.receipt.summary
    assert result.receipt.facts["refused"] == [
        {"address": "bob@example.net", "answer": "550 no such user"}
    ]
    assert send_mail.verify is not None
    found = await send_mail.verify(writer, result.receipt.facts)
    assert (found.verdict, found.detail) == ("failed", "the server refused bob@example.net")
    postbox.refused.clear()
    done = await sent(writer)
    assert done.receipt is not None
    assert (await send_mail.verify(writer, done.receipt.facts)).verdict == "verified"


@pytest.mark.parametrize(
    ("behaviour", "code", "words"),
    [
        ({"refused": {"anna@example.net": "550 no such user"}}, "refused", "550 no such user"),
        ({"refused": {"anna@example.net": "452 4.2.2 full"}}, "mailbox_full", "every recipient"),
        ({"answer": "552 5.2.2 mailbox full"}, "mailbox_full", "no room"),
        ({"answer": "452 4.3.1 disk full"}, "mailbox_full", "nothing was sent"),
        ({"answer": "554 spam"}, "refused", "554 spam"),
        ({"answer": "451 greylisted"}, "try_later", "just now"),
        ({"sender_answer": "421 too many"}, "try_later", "just now"),
        ({"sender_answer": "553 not yours\x1b[2J\u202e"}, "refused", "553 not yours"),
    ],
)
async def test_a_refusal_is_told_in_the_servers_words(
    writer: Context, postbox: Postbox, behaviour: Mapping[str, Any], code: str, words: str
) -> None:
    for name, value in behaviour.items():
        setattr(postbox, name, value)
    error = await refusal(writer)
    assert error.code == code
    assert words in str(error)
    assert "\x1b" not in str(error)
    assert not error.transient
    assert postbox.arrived == []


async def test_a_wrong_password_and_a_missing_one(writer: Context) -> None:
    writer.secrets["MAIL_PASSWORD"] = "wrong"
    error = await refusal(writer)
    assert (error.code, "app password" in str(error)) == ("wrong_password", True)
    writer.secrets["MAIL_PASSWORD"] = "a\nb"
    assert (await refusal(writer)).code == "bad_password"
    del writer.secrets["MAIL_PASSWORD"]
    assert "butler secrets set MAIL_PASSWORD" in str(await refusal(writer))
    del writer.options["mail.address"]
    assert "butler mail setup" in str(await refusal(writer))


async def test_nothing_is_told_to_a_server_without_the_encryption_that_is_set(
    writer: Context, postbox: Postbox
) -> None:
    writer.options.update(postbox.options("stripped"))
    assert (await refusal(writer)).code == "no_encryption"
    writer.options.update(postbox.options("plain"), **{"mail.smtp.security": "tls"})
    assert (await refusal(writer)).code == "no_encryption"
    writer.options.update(postbox.options("tls"))
    del writer.options["mail.ca_file"]
    assert (await refusal(writer)).code == "bad_certificate"
    writer.options.update(postbox.options("tls"), **{"mail.smtp.host": "127.0.0.2"})
    error = await refusal(writer)
    assert error.code in ("bad_certificate", "no_connection")
    assert postbox.arrived == []


async def test_a_server_that_is_not_there_or_says_nothing(writer: Context) -> None:
    writer.options["mail.smtp.port"] = str(free_port())
    error = await refusal(writer)
    assert (error.code, "nothing was sent" in str(error)) == ("no_connection", True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        writer.options["mail.smtp.port"] = str(silent.getsockname()[1])
        writer.options["network.silence_seconds"] = "0.2"
        assert (await refusal(writer)).code == "no_connection"


async def test_what_became_of_a_mail_that_was_given_away_is_not_known(
    writer: Context, postbox: Postbox
) -> None:
    postbox.hangs = True
    writer.options["network.silence_seconds"] = "0.1"
    error = await refusal(writer)
    assert (error.code, "did not say whether" in str(error)) == ("no_answer", True)


async def test_a_cancelled_call_lets_go_of_its_server(writer: Context, postbox: Postbox) -> None:
    postbox.hangs = True
    call = asyncio.create_task(sent(writer))
    await asyncio.to_thread(postbox.holds.wait, 5)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(call, 1)


async def test_without_a_login_where_the_settings_say_so(writer: Context, postbox: Postbox) -> None:
    writer.options.update(postbox.options("plain"), **{"mail.user": ""})
    writer.secrets.clear()
    await sent(writer, body="")
    assert len(postbox.arrived) == 1
