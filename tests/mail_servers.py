"""Real mail servers on loopback: aiosmtpd, which sends nothing on, and pymap, which keeps mail."""

from __future__ import annotations

import asyncio
import imaplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

USER, PASSWORD = "demouser", "demopass"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Arrived:
    """One mail that the server took."""

    sender: str
    recipients: list[str]
    message: EmailMessage
    secure: bool


@dataclass
class Postbox:
    """What arrived, and how the server behaves: set it, and `reset` it after a test."""

    arrived: list[Arrived] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    answer: str = "250 taken"
    sender_answer: str = ""
    hangs: bool = False
    holds: threading.Event = field(default_factory=threading.Event)
    ports: dict[str, int] = field(default_factory=dict)
    ca_file: Path = Path()

    def reset(self) -> None:
        self.arrived.clear()
        self.refused.clear()
        self.holds.clear()
        self.answer, self.sender_answer, self.hangs = "250 taken", "", False

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.hangs:
            self.holds.set()
            await asyncio.sleep(3600)
        if self.answer.startswith("250"):
            read: Any = message_from_bytes(envelope.content, policy=policy.default)
            secure = session.ssl is not None or "ssl" in str(type(server.transport)).lower()
            self.arrived.append(Arrived(envelope.mail_from, envelope.rcpt_tos, read, secure))
        return self.answer

    def options(self, security: str = "starttls") -> dict[str, str]:
        """The settings of an account at this server, as tools see them."""
        return {
            "mail.address": "me@example.org",
            "mail.name": "Ada Lovelace",
            "mail.user": USER,
            "mail.ca_file": str(self.ca_file),
            "mail.smtp.host": "127.0.0.1",
            "mail.smtp.port": str(self.ports[security]),
            "mail.smtp.security": "starttls" if security == "stripped" else security,
        }


@contextmanager
def running_smtp(folder: Path) -> Iterator[Postbox]:
    """One postbox behind four doors: tls, starttls, plain, and stripped, which offers no TLS."""
    import trustme
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    authority = trustme.CA()
    postbox = Postbox(ca_file=folder / "ca.pem")
    authority.cert_pem.write_to_path(str(postbox.ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)

    def known(server, session, envelope, mechanism, data):
        right = data == LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=right, handled=right)

    open_doors = []
    doors: dict[str, dict[str, Any]] = {
        "tls": {"ssl_context": context},
        "starttls": {"tls_context": context, "require_starttls": True},
        "plain": {"auth_require_tls": False},
        "stripped": {},
    }
    for name, given in doors.items():
        given.setdefault("auth_require_tls", name != "tls")
        controller = Controller(
            postbox,
            hostname="127.0.0.1",
            port=free_port(),
            authenticator=known,
            data_size_limit=2_000_000,
            **given,
        )
        controller.start()
        open_doors.append(controller)
        postbox.ports[name] = controller.port
    yield postbox
    for controller in open_doors:
        controller.stop(no_assert=True)


@dataclass
class Mailbox:
    """pymap's mailbox of one user."""

    port: int
    ca_file: Path

    def options(self) -> dict[str, str]:
        return {
            "mail.address": "me@example.org",
            "mail.user": USER,
            "mail.ca_file": str(self.ca_file),
            "mail.imap.host": "127.0.0.1",
            "mail.imap.port": str(self.port),
            "mail.imap.security": "starttls",
        }

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=5)
        client.starttls(ssl.create_default_context(cafile=str(self.ca_file)))
        client.login(USER, PASSWORD)
        yield client
        client.logout()

    def put(self, message: bytes, folder: str = "INBOX") -> None:
        with self.opened() as client:
            answer, _ = client.append(folder, "", imaplib.Time2Internaldate(time.time()), message)
            assert answer == "OK"

    def flags(self, folder: str, uid: int) -> str:
        with self.opened() as client:
            client.select(folder, readonly=True)
            return str(client.uid("fetch", str(uid), "(FLAGS)"))

    def messages(self, folder: str) -> list[EmailMessage]:
        with self.opened() as client:
            client.select(folder, readonly=True)
            found = client.uid("search", "ALL")[1][0].split()
            raw = [client.uid("fetch", uid.decode(), "(BODY.PEEK[])")[1][0][1] for uid in found]
        return [message_from_bytes(one, policy=policy.default) for one in raw]  # type: ignore


_PYMAP = """
import functools, pymap.config
from pymap.main import main
pymap.config.BuiltinHash = functools.partial(pymap.config.BuiltinHash, rounds=1)
main()
"""
# Its passwords are hashed half a million times, which these tests do not need.


@contextmanager
def running_imap(folder: Path) -> Iterator[Mailbox]:
    """A pymap with its demonstration mailbox, behind STARTTLS."""
    import trustme

    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(str(folder / "imap-ca.pem"))
    chain, key = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(b"".join(one.bytes() for one in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--cert", str(chain), "--key", str(key)]
    services = ["--no-service", "managesieve", "--no-service", "admin"]
    process = subprocess.Popen(
        [sys.executable, "-c", _PYMAP, *words, *services, "dict", "--demo-data"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 0.2).close()
                break
            except OSError:
                assert process.poll() is None, "pymap ended"
                time.sleep(0.05)
        yield Mailbox(port, folder / "imap-ca.pem")
    finally:
        process.terminate()
        process.wait(10)
