"""The servers of the large mail providers, chosen by the domain of an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Security = Literal["tls", "starttls", "plain"]
Provider = Literal[
    "gmail",
    "microsoft",
    "icloud",
    "fastmail",
    "yahoo",
    "gmx",
    "web.de",
    "posteo",
    "mailbox.org",
    "proton",
]


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider: its servers, where it makes an app password, whether it keeps what is sent."""

    title: str
    domains: tuple[str, ...]
    smtp: tuple[str, int, Security]
    imap: tuple[str, int, Security]
    password: str
    keeps_sent: bool = False

    def as_settings(self) -> dict[str, Any]:
        """The preset as `[mail]` would hold it."""
        made: dict[str, Any] = {"save_sent": not self.keeps_sent}
        for name, (host, port, security) in (("smtp", self.smtp), ("imap", self.imap)):
            made[name] = {"host": host, "port": port, "security": security}
        return made


PRESETS: dict[Provider, Preset] = {
    "gmail": Preset(
        "Gmail",
        ("gmail.com", "googlemail.com"),
        ("smtp.gmail.com", 465, "tls"),
        ("imap.gmail.com", 993, "tls"),
        "an app password from https://myaccount.google.com/apppasswords (needs 2-step "
        "verification)",
        keeps_sent=True,
    ),
    "microsoft": Preset(
        "Outlook and Microsoft 365",
        ("outlook.com", "outlook.de", "hotmail.com", "live.com", "msn.com"),
        ("smtp.office365.com", 587, "starttls"),
        ("outlook.office365.com", 993, "tls"),
        "an app password from https://account.live.com/proofs/manage; Microsoft takes passwords "
        "only where your account or its administrator still allows them",
        keeps_sent=True,
    ),
    "icloud": Preset(
        "iCloud",
        ("icloud.com", "me.com", "mac.com"),
        ("smtp.mail.me.com", 587, "starttls"),
        ("imap.mail.me.com", 993, "tls"),
        "an app-specific password from https://account.apple.com (Sign-In and Security)",
    ),
    "fastmail": Preset(
        "Fastmail",
        ("fastmail.com", "fastmail.fm"),
        ("smtp.fastmail.com", 465, "tls"),
        ("imap.fastmail.com", 993, "tls"),
        "an app password from https://app.fastmail.com/settings/security",
    ),
    "yahoo": Preset(
        "Yahoo",
        ("yahoo.com", "yahoo.de", "yahoo.co.uk", "yahoo.fr", "yahoo.it", "yahoo.es", "ymail.com"),
        ("smtp.mail.yahoo.com", 465, "tls"),
        ("imap.mail.yahoo.com", 993, "tls"),
        "an app password from https://login.yahoo.com/account/security",
        keeps_sent=True,
    ),
    "gmx": Preset(
        "GMX",
        ("gmx.de", "gmx.net", "gmx.at", "gmx.ch"),
        ("mail.gmx.net", 465, "tls"),
        ("imap.gmx.net", 993, "tls"),
        "your password, or an app password where two-factor login is on; switch on POP3 and IMAP "
        "in GMX's settings first",
    ),
    "web.de": Preset(
        "web.de",
        ("web.de",),
        ("smtp.web.de", 465, "tls"),
        ("imap.web.de", 993, "tls"),
        "your password, or an app password where two-factor login is on; switch on POP3 and IMAP "
        "in web.de's settings first",
    ),
    "posteo": Preset(
        "Posteo",
        ("posteo.de", "posteo.net", "posteo.org", "posteo.eu"),
        ("posteo.de", 465, "tls"),
        ("posteo.de", 993, "tls"),
        "your password, or an app password from Posteo's settings (Password and security)",
    ),
    "mailbox.org": Preset(
        "mailbox.org",
        ("mailbox.org",),
        ("smtp.mailbox.org", 465, "tls"),
        ("imap.mailbox.org", 993, "tls"),
        "your password, or an application password from mailbox.org's settings (Security)",
    ),
    "proton": Preset(
        "Proton Mail through Proton Bridge",
        ("proton.me", "protonmail.com", "pm.me"),
        ("127.0.0.1", 1025, "starttls"),
        ("127.0.0.1", 1143, "starttls"),
        "the password that Proton Bridge shows for this account; Bridge must run, and its "
        "certificate (exported in Bridge's settings) be named as ca_file",
        keeps_sent=True,
    ),
}


def preset_for(address: str, provider: str | None = None) -> Preset | None:
    """The provider that is named, else the one whose domain the address has; None for others."""
    if provider is not None:
        return next((one for name, one in PRESETS.items() if name == provider), None)
    domain = address.rpartition("@")[2].lower()
    return next((one for one in PRESETS.values() if domain in one.domains), None)
