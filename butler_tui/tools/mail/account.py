"""The mail account that the settings name: who sends, and which servers send and keep."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from butler_tui.core.errors import ToolError
from butler_tui.core.readiness import Missing, Setup
from butler_tui.core.tool import ToolContext

PASSWORD = "MAIL_PASSWORD"  # noqa: S105  (the name of the secret, not the secret)
SET_UP = "butler mail setup"
SECONDS = 30.0
"""The longest silence of a mail server, unless `[network] silence_seconds` says else."""

Option = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Server:
    """One mail server: `security` is tls, starttls or plain."""

    kind: str
    host: str
    port: int
    security: str

    @property
    def shown(self) -> str:
        """The server in a sentence."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mail it is, and where it goes and lies."""

    address: str
    name: str
    user: str
    ca_file: str | None
    smtp: Server | None
    imap: Server | None
    drafts: str | None = None
    sent: str | None = None
    save_sent: bool = True
    seconds: float = SECONDS

    def sends(self) -> Server:
        """The server that sends; raises ToolError `not_set_up`."""
        return self.smtp or _refuse_server("sends mail", "smtp")

    def keeps(self) -> Server:
        """The server that keeps the mail; raises ToolError `not_set_up`."""
        return self.imap or _refuse_server("keeps your mail", "imap")


_PORTS = {
    ("smtp", "tls"): 465,
    ("smtp", "starttls"): 587,
    ("smtp", "plain"): 25,
    ("imap", "tls"): 993,
    ("imap", "starttls"): 143,
    ("imap", "plain"): 143,
}


def account_of(option: Option) -> Account:
    """The account in the settings; raises ToolError `not_set_up`."""
    address = option("mail.address")
    if not address:
        raise ToolError("not_set_up", f"No mail address is set up; `{SET_UP}` does that.")
    user = option("mail.user")
    return Account(
        address=address,
        name=option("mail.name") or "",
        user=address if user is None else user,
        ca_file=option("mail.ca_file"),
        smtp=_server(option, "smtp"),
        imap=_server(option, "imap"),
        drafts=option("mail.drafts"),
        sent=option("mail.sent"),
        save_sent=option("mail.save_sent") != "false",
        seconds=float(option("network.silence_seconds") or SECONDS),
    )


def password_of(context: ToolContext, account: Account) -> str:
    """The account's password; raises ToolError `not_set_up` where it is needed and not there."""
    if not account.user:
        return ""
    password = context.secret(PASSWORD)
    if not password:
        raise ToolError(
            "not_set_up",
            f"The password of {account.address} is not kept; `butler secrets set {PASSWORD}` does.",
        )
    return checked_password(password)


def checked_password(password: str) -> str:
    """The password, unless no server could be given it; raises ToolError."""
    if any(ord(letter) < 32 for letter in password):
        raise ToolError("bad_password", f"{PASSWORD} holds a line break or control character.")
    return password


def can_send(setup: Setup) -> Missing | None:
    """What lacks for sending."""
    return _lacking(setup, "smtp", "sends mail")


def can_read(setup: Setup) -> Missing | None:
    """What lacks for reading and for drafts."""
    return _lacking(setup, "imap", "keeps your mail")


def _lacking(setup: Setup, kind: str, does: str) -> Missing | None:
    if not setup.option("mail.address"):
        return Missing("No mail address is set up.", SET_UP)
    if not setup.option(f"mail.{kind}.host"):
        return Missing(f"No server is set up that {does} ([mail.{kind}]).", SET_UP)
    logs_in = kind == "imap" or setup.option("mail.user") != ""
    if logs_in and not setup.has_secret(PASSWORD):
        return Missing("The mail password is not kept.", f"butler secrets set {PASSWORD}")
    return None


def verifying(account: Account) -> ssl.SSLContext:
    """TLS that proves who the server is: by the system's certificates, or certifi's; and by own."""
    import certifi

    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        context.load_verify_locations(certifi.where())
    if account.ca_file:
        try:
            context.load_verify_locations(str(Path(account.ca_file).expanduser()))
        except (OSError, ssl.SSLError) as error:
            raise ToolError(
                "bad_setting",
                f"{account.ca_file}, named as ca_file under [mail], holds no certificate that can "
                "be read.",
            ) from error
    return context


def _server(option: Option, kind: str) -> Server | None:
    host = option(f"mail.{kind}.host")
    if not host:
        return None
    security = option(f"mail.{kind}.security") or "tls"
    port = option(f"mail.{kind}.port")
    return Server(kind, host, int(port) if port else _PORTS[kind, security], security)


def _refuse_server(does: str, kind: str) -> Server:
    raise ToolError(
        "not_set_up", f"No server is set up that {does} ([mail.{kind}]); `{SET_UP}` does that."
    )
