"""The server that keeps the mail: one session in a thread, which ends when its call does."""

from __future__ import annotations

import asyncio
import imaplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from butler_tui.core.errors import ToolError
from butler_tui.tools.mail.account import Account, Server, verifying
from butler_tui.tools.mail.delivery import bad_certificate, no_encryption

if TYPE_CHECKING:
    from imap_tools.mailbox import BaseMailBox

MOST_BYTES = 40_000_000
"""The largest piece that is taken from a server at once."""

T = TypeVar("T")


class Line:
    """The way to the server: cut from another thread, whatever the session waits for then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._cut = False

    def hold(self, one: socket.socket) -> None:
        """Remember the socket; raises OSError when the line was cut already."""
        with self._lock:
            self._socket = one
            if self._cut:
                one.close()
                raise ConnectionAbortedError("the call was cancelled")

    def cut(self) -> None:
        """End whatever the session waits for."""
        with self._lock:
            self._cut = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


async def in_mailbox(account: Account, password: str, work: Callable[[BaseMailBox], T]) -> T:
    """Log in, do the blocking work in a thread, and log out. Raises ToolError.

    When the call is cancelled its line is cut, so that the thread ends too.
    """
    line = Line()
    session = asyncio.create_task(asyncio.to_thread(_session, account, password, work, line))
    try:
        return await asyncio.shield(session)
    except asyncio.CancelledError:
        line.cut()
        session.add_done_callback(_looked_at)
        raise


def _looked_at(session: asyncio.Task[Any]) -> None:
    """Take note of how an abandoned session ended, so that asyncio does not report it."""
    if not session.cancelled():
        session.exception()


def _session(account: Account, password: str, work: Callable[[BaseMailBox], T], line: Line) -> T:
    server = account.keeps()
    with telling(server):
        box = _opened(account, server, line)
        try:
            _log_in(box, account, password, server)
            done = work(box)
            with suppress(Exception):  # all that was wanted is there
                box.logout()
            return done
        finally:
            with suppress(Exception):
                box.client.shutdown()


def _opened(account: Account, server: Server, line: Line) -> BaseMailBox:
    """A mailbox that speaks over a line that can be cut, encrypted as the settings want it."""
    from imap_tools.mailbox import BaseMailBox

    class Client(imaplib.IMAP4):
        """Python's client, whose pieces are bounded."""

        def _create_socket(self, timeout: float | None) -> socket.socket:
            made = socket.create_connection((server.host, server.port), timeout)
            line.hold(made)
            if server.security != "tls":
                return made
            secured = verifying(account).wrap_socket(made, server_hostname=server.host)
            line.hold(secured)
            return secured

        def read(self, size: int) -> bytes:
            """A literal, unless it is larger than any that was asked for."""
            if size > MOST_BYTES:
                raise self.abort(f"the server sends {size} bytes at once")
            return super().read(size)

    class Box(BaseMailBox):
        """imap-tools' mailbox over that client."""

        def _get_mailbox_client(self) -> imaplib.IMAP4:
            client = Client(server.host, server.port, timeout=account.seconds)
            if server.security == "starttls":
                if "STARTTLS" not in client.capabilities or client.state != "NONAUTH":
                    client.shutdown()
                    raise no_encryption(server)
                client.starttls(verifying(account))
                line.hold(client.sock)
            return client

    return Box()


def _log_in(box: BaseMailBox, account: Account, password: str, server: Server) -> None:
    from imap_tools.errors import MailboxLoginError

    user = account.user or account.address
    try:
        if user.isascii() and password.isascii():
            box.login(user, password, initial_folder=None)
        else:
            box.login_utf8(user, password, initial_folder=None)
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if isinstance(error, imaplib.IMAP4.abort):
            raise
        raise ToolError(
            "wrong_password",
            f"{server.shown} refused the login; most providers want an app password: "
            "`butler mail setup` says where to make one.",
        ) from error


async def prove_reading(account: Account, password: str) -> None:
    """Log in to the server that keeps the mail, and read nothing. Raises ToolError."""
    await in_mailbox(account, password, lambda _: None)


@contextmanager
def telling(server: Server) -> Iterator[None]:
    """What goes wrong with the server, as a sentence."""
    from imap_tools.errors import ImapToolsError

    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise bad_certificate(server, error) from error
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
        raise _broken_off(server) from error
    except ssl.SSLError as error:
        raise no_encryption(server) from error
    except (socket.gaierror, UnicodeError) as error:
        raise ToolError("unknown_host", f"There is no server {server.host}; check it.") from error
    except TimeoutError as error:
        raise ToolError(
            "no_connection", f"{server.shown} does not answer; try again later.", transient=True
        ) from error
    except OSError as error:
        raise _broken_off(server) from error
    except (imaplib.IMAP4.error, ImapToolsError) as error:
        raise _refused(server, error) from error


def _broken_off(server: Server) -> ToolError:
    return ToolError(
        "no_connection",
        f"{server.shown} cannot be reached or broke off; check the server and the port.",
        transient=True,
    )


def _refused(server: Server, error: Exception) -> ToolError:
    said = said_by(error)
    if "OVERQUOTA" in said.upper() or "quota" in said.lower():
        return ToolError("mailbox_full", f"The mailbox at {server.shown} is full ({said}).")
    if isinstance(error, imaplib.IMAP4.abort):
        return ToolError(
            "no_connection", f"{server.shown} broke off ({said}); try again.", transient=True
        )
    return ToolError("refused", f"{server.shown} refused ({said}).")


def said_by(error: Exception) -> str:
    """What the server said, short, as far as the error tells."""
    result = getattr(error, "command_result", None)
    parts = result[1] if isinstance(result, tuple) and len(result) > 1 else [str(error)]
    words = " ".join(
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in parts
    )
    line = " ".join(words.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
