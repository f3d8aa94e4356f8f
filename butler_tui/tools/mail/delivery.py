"""Handing a mail to the server that sends it, and saying exactly who got it."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from butler_tui.core.errors import ToolError
from butler_tui.tools.mail.account import Account, Server, verifying
from butler_tui.tools.mail.letters import Letter

if TYPE_CHECKING:
    from aiosmtplib import SMTP

_HELLO = "[127.0.0.1]"
"""How Butler greets a server: the name of this machine is nobody's business."""

_AFTER_DATA = 4
"""A server that has the whole mail may take so many times longer to answer than else."""

_SLOWEST = 50_000
"""Bytes a second of a way out that is still taken for one that works."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the server said: who is on the mail's way, who is not and why, its last answer."""

    accepted: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]
    answer: str


async def deliver(account: Account, password: str, letter: Letter, data: bytes) -> Delivered:
    """Send the mail, whose form on the way is `data`, once.

    Raises ToolError `no_answer` where the server had it and did not say what became of it; after
    any other ToolError nobody got it.
    """
    import aiosmtplib

    server = account.sends()
    async with _connected(account, password) as client:
        with _telling(server):
            async with asyncio.timeout(_AFTER_DATA * account.seconds):
                _check_size(client, server, len(data))
                await client.mail(letter.sender.address, options=_options(client, len(data)))
                accepted, refused = await _addressed(client, letter)
        if not accepted:
            raise _nobody(server, refused)
        try:
            patience = _AFTER_DATA * account.seconds + len(data) / _SLOWEST
            answer = await client.data(data, timeout=patience)
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(server, error.code, error.message) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ToolError(
                "no_answer",
                f"{server.shown} was given the mail and did not say whether it took it; look into "
                f"your sent mail for {letter.message_id}, or ask {', '.join(accepted)}.",
            ) from error
        return Delivered(tuple(accepted), tuple(refused), f"{answer.code} {answer.message}")


async def prove_sending(account: Account, password: str) -> None:
    """Log in to the server that sends, and send nothing. Raises ToolError."""
    async with _connected(account, password):
        return


@asynccontextmanager
async def _connected(account: Account, password: str) -> AsyncIterator[SMTP]:
    """A client that is logged in; closed whatever happens."""
    import aiosmtplib

    server = account.sends()
    secure = server.security != "plain"
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=await asyncio.to_thread(verifying, account) if secure else None,
        local_hostname=_HELLO,
        timeout=account.seconds,
    )
    try:
        with _telling(server):
            await client.connect()
            if account.user:
                await client.login(account.user, password)
        yield client
        with suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=min(2.0, account.seconds))
    finally:
        client.close()


async def _addressed(client: SMTP, letter: Letter) -> tuple[list[str], list[tuple[str, str]]]:
    """Who is accepted, and who is refused, each with the server's words."""
    import aiosmtplib

    accepted: list[str] = []
    refused: list[tuple[str, str]] = []
    for one in letter.envelope:
        try:
            await client.rcpt(one.address)
        except aiosmtplib.SMTPRecipientRefused as error:
            refused.append((one.address, f"{error.code} {error.message}"))
        else:
            accepted.append(one.address)
    return accepted, refused


def _options(client: SMTP, size: int) -> list[str]:
    return [f"SIZE={size}"] if client.supports_extension("size") else []


def _check_size(client: SMTP, server: Server, size: int) -> None:
    most = client.esmtp_extensions.get("size", "")
    if most.isdecimal() and 0 < int(most) < size:
        raise ToolError(
            "too_big",
            f"The mail has {size / 1e6:.1f} MB on its way and {server.shown} takes "
            f"{int(most) / 1e6:.1f} MB; send fewer or smaller files.",
        )


@contextmanager
def _telling(server: Server) -> Iterator[None]:
    """What goes wrong before the mail is given away, as a sentence: nothing was sent."""
    import aiosmtplib

    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as error:
        raise ToolError(
            "wrong_password",
            f"{server.shown} refused the login ({_said(error.code, error.message)}); most "
            "providers want an app password: `butler mail setup` says where to make one.",
        ) from error
    except aiosmtplib.SMTPResponseException as error:
        raise _refused(server, error.code, error.message) from error
    except aiosmtplib.SMTPTimeoutError as error:
        raise ToolError(
            "no_connection",
            f"{server.shown} does not answer; nothing was sent. Check the server and the port.",
        ) from error
    except aiosmtplib.SMTPException as error:
        raise _broken(server, error) from error
    except OSError as error:
        raise _broken(server, error) from error


def _broken(server: Server, error: Exception) -> ToolError:
    for cause in (error, error.__cause__, error.__context__):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return bad_certificate(server, cause)
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError):
            return no_encryption(server)
        if isinstance(cause, socket.gaierror | UnicodeError):
            return ToolError("unknown_host", f"There is no server {server.host}; nothing was sent.")
    if "STARTTLS" in str(error).upper():
        return no_encryption(server)
    if "AUTH" in str(error).upper():
        return ToolError(
            "no_login",
            f'{server.shown} offers no login that Butler knows; where it needs none, set user = "" '
            "under [mail]. Nothing was sent.",
        )
    return ToolError(
        "no_connection",
        f"{server.shown} cannot be reached or broke off; nothing was sent. Check the server, the "
        "port and your connection.",
    )


def bad_certificate(server: Server, error: ssl.SSLCertVerificationError) -> ToolError:
    """The refusal to speak to a server that cannot prove who it is."""
    return ToolError(
        "bad_certificate",
        f"{server.shown} cannot prove who it is ({error.verify_message.rstrip('.')}), so it was "
        "told nothing. A server with a certificate of its own is trusted by ca_file under [mail].",
    )


def no_encryption(server: Server) -> ToolError:
    """The refusal to speak in the plain where encryption is wanted."""
    if server.security == "plain":
        return ToolError(
            "no_encryption",
            f"{server.shown} wants an encrypted connection; set security of [mail.{server.kind}] "
            "to starttls or tls.",
        )
    return ToolError(
        "no_encryption",
        f"{server.shown} does not offer the encryption that is set ({server.security}), so it was "
        f"told nothing. Somebody may be listening in, or [mail.{server.kind}] names a wrong port "
        "or security.",
    )


def _refused(server: Server, code: int, message: str) -> ToolError:
    said = _said(code, message)
    if code in (452, 552):
        return ToolError(
            "mailbox_full", f"{server.shown} has no room for the mail ({said}); nothing was sent."
        )
    if 400 <= code < 500:
        return ToolError(
            "try_later", f"{server.shown} takes no mail just now ({said}); nothing was sent."
        )
    return ToolError("refused", f"{server.shown} refused the mail ({said}); nothing was sent.")


def _nobody(server: Server, refused: list[tuple[str, str]]) -> ToolError:
    each = "; ".join(f"{address}: {_short(said)}" for address, said in refused)
    full = any(said.startswith(("452", "552")) for _, said in refused)
    code = "mailbox_full" if full else "refused"
    return ToolError(code, f"{server.shown} refused every recipient ({each}); nothing was sent.")


def _said(code: int, message: str) -> str:
    return _short(f"{code} {message}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
