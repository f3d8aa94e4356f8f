"""`[mail]`: what a provider's preset knows, what is said beside it, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from butler_tui.settings import Settings
from butler_tui.settings.mail_presets import PRESETS, preset_for


def mail(**given: Any) -> Settings:
    return Settings.model_validate({"mail": given})


@pytest.mark.parametrize("name", PRESETS)
def test_an_address_is_enough_where_its_provider_is_known(name: str) -> None:
    preset = PRESETS[name]  # type: ignore[index]
    for domain in preset.domains:
        settings = mail(address=f"ada@{domain.upper()}")
        assert settings.option("mail.smtp.host") == preset.smtp[0]
        assert settings.option("mail.imap.port") == str(preset.imap[1])
        assert settings.option("mail.imap.security") == preset.imap[2]
        assert settings.option("mail.save_sent") == str(not preset.keeps_sent).lower()
    assert all(server[2] != "plain" for server in (preset.smtp, preset.imap))
    assert preset_for("ada@own.example", name) is preset


def test_what_is_said_goes_before_the_preset() -> None:
    settings = mail(address="a@gmail.com", save_sent=True, smtp={"host": "relay.example"})
    assert settings.option("mail.save_sent") == "true"
    assert settings.option("mail.smtp.host") == "relay.example"
    assert settings.option("mail.smtp.port") is None
    assert settings.option("mail.imap.host") == "imap.gmail.com"
    other = mail(address="a@gmail.com", smtp={"port": 587})
    assert [other.option(f"mail.smtp.{one}") for one in ("host", "port", "security")] == [
        "smtp.gmail.com",
        "587",
        "starttls",
    ]


@pytest.mark.parametrize(
    ("host", "port", "security"),
    [
        ("mail.example", 465, "tls"),
        ("mail.example", 587, "starttls"),
        ("mail.example", None, "starttls"),
        ("127.0.0.1", 1025, "plain"),
        ("localhost", 993, "tls"),
        ("127.0.0.1.example", 25, "starttls"),
    ],
)
def test_a_way_is_encrypted_where_nothing_else_is_said(
    host: str, port: int | None, security: str
) -> None:
    server = {"host": host} | ({"port": port} if port else {})
    assert mail(address="a@b.example", smtp=server).option("mail.smtp.security") == security


@pytest.mark.parametrize(
    "given",
    [
        {"address": "nobody"},
        {"address": "a@b\n.c"},
        {"provider": "mine"},
        {"smtp": {"host": "a b"}},
        {"imap": {"port": 70_000}},
        {"smtp": {"security": "none"}},
        {"password": "x"},
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        mail(**given)
