"""The services that messages go to: what each is sent, and how its answer reads.

Each is one documented request. A secret is in the address or in a header and nowhere else, and no
failure tells either.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from butler_tui.core.errors import ToolError
from butler_tui.tools.addresses import checked_url

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Service:
    """One service of the settings, with its secret where that has been read."""

    name: str
    kind: str
    to: str = ""
    sender: str = ""
    account: str = ""
    server: str = ""
    secret_name: str = ""
    secret: str = field(default="", repr=False)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The one request that sends a message."""

    url: str = field(repr=False)
    body: bytes
    headers: Mapping[str, str] = field(repr=False)
    method: str = "POST"


@dataclass(frozen=True, slots=True)
class Kind:
    """`longest` counts as `measure` does; `identity` finds the message's id in the answer."""

    title: str
    host: str
    longest: int
    request: Callable[[Service, str], Outgoing]
    identity: Callable[[Any], object]
    measure: Callable[[str], int] = len
    unit: str = "characters"


def _json(value: Any) -> bytes:  # noqa: ANN401  (any JSON)
    return json.dumps(value, ensure_ascii=False).encode()


def _address(service: Service) -> str:
    """The webhook's address, which is the secret itself."""
    try:
        url = checked_url(service.secret)
    except ToolError:
        url = None
    if url is None or (url.scheme != "https" and not url.host.startswith("127.")):
        raise ToolError(
            "bad_secret",
            f"The secret {service.secret_name} is no webhook address; it starts with https://.",
        )
    return service.secret.strip()


def _slack(service: Service, text: str) -> Outgoing:
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Outgoing(_address(service), _json({"text": plain, "link_names": 0}), JSON)


def _discord(service: Service, text: str) -> Outgoing:
    url = checked_url(_address(service)).copy_set_param("wait", "true")
    return Outgoing(str(url), _json({"content": text, "allowed_mentions": {"parse": []}}), JSON)


def _telegram(service: Service, text: str) -> Outgoing:
    base = service.server or "https://api.telegram.org"
    url = f"{base}/bot{quote(service.secret, safe=':')}/sendMessage"
    return Outgoing(url, _json({"chat_id": service.to, "text": text}), JSON)


def _matrix(service: Service, text: str) -> Outgoing:
    room, once = quote(service.to, safe=""), quote(service.key, safe="")
    url = f"{service.server}/_matrix/client/v3/rooms/{room}/send/m.room.message/{once}"
    return Outgoing(url, _json({"msgtype": "m.text", "body": text}), _bearer(service), "PUT")


def _ntfy(service: Service, text: str) -> Outgoing:
    url = service.server or "https://ntfy.sh"
    return Outgoing(f"{url}/", _json({"topic": service.to, "message": text}), _bearer(service))


def _sms(service: Service, text: str) -> Outgoing:
    base = service.server or "https://api.twilio.com"
    login = base64.b64encode(f"{service.account}:{service.secret}".encode()).decode()
    return Outgoing(
        f"{base}/2010-04-01/Accounts/{service.account}/Messages.json",
        urlencode({"To": service.to, "From": service.sender, "Body": text}).encode(),
        {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {login}"},
    )


def _bearer(service: Service) -> dict[str, str]:
    return JSON | ({"Authorization": f"Bearer {service.secret}"} if service.secret else {})


def _bytes(text: str) -> int:
    return len(text.encode())


KINDS: Mapping[str, Kind] = {
    "slack": Kind("Slack", "", 40_000, _slack, lambda _: ""),
    "discord": Kind("Discord", "", 2_000, _discord, lambda said: said["id"]),
    "telegram": Kind(
        "Telegram",
        "https://api.telegram.org",
        4_096,
        _telegram,
        lambda said: said["result"]["message_id"],
    ),
    "matrix": Kind("Matrix", "", 60_000, _matrix, lambda said: said["event_id"], _bytes, "bytes"),
    "ntfy": Kind("ntfy", "https://ntfy.sh", 4_096, _ntfy, lambda said: said["id"], _bytes, "bytes"),
    "sms": Kind("SMS by Twilio", "https://api.twilio.com", 1_600, _sms, lambda said: said["sid"]),
}


def reason_in(said: object) -> str:
    """Why a service refused, in its own words, wherever it puts them."""
    if isinstance(said, dict):
        for name in ("description", "error", "message"):
            if isinstance(said.get(name), str):
                return said[name]
    return ""
