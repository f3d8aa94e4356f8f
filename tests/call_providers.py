"""Twilio and ElevenLabs as their documentation shows them, on a web site of a test.

    provider = Provider(site)
    provider.states = ["ringing", "in-progress", "completed"]      what each look at the call finds

What was asked is in `site.visits`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from web_site import Site

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
CALL = "CAfedcba9876543210fedcba9876543210"
CONVERSATION = "conv_01jxyz"
TWILIO = {
    "phone.provider": "twilio",
    "phone.twilio_account": ACCOUNT,
    "phone.twilio_from": "+4930901820",
}
ELEVENLABS = {
    "phone.provider": "elevenlabs",
    "phone.elevenlabs_agent": "agent_01ab",
    "phone.elevenlabs_number": "phnum_01ab",
}
CALLS = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
ONE_CALL = f"/2010-04-01/Accounts/{ACCOUNT}/Calls/{CALL}.json"
OUTBOUND = "/v1/convai/twilio/outbound-call"
ONE_CONVERSATION = f"/v1/convai/conversations/{CONVERSATION}"


def answer_json(
    visit: BaseHTTPRequestHandler, value: Any, status: int = 200, headers: Any = None
) -> None:
    """Answer with JSON."""
    data = json.dumps(value).encode()
    visit.send_response(status)
    for name, text in {"Content-Type": "application/json", **(headers or {})}.items():
        visit.send_header(name, text)
    visit.send_header("Content-Length", str(len(data)))
    visit.end_headers()
    visit.wfile.write(data)


@dataclass
class Provider:
    """Both providers on one site; the last of the states stays."""

    site: Site
    states: list[str] = field(default_factory=lambda: ["completed"])
    conversation: dict[str, Any] = field(default_factory=dict)
    seconds: str = "17"

    def __post_init__(self) -> None:
        self.site.on(CALLS, lambda visit: answer_json(visit, self._call("queued"), 201))
        self.site.on(ONE_CALL, self._one_call)
        placed = {
            "success": True,
            "message": "Success",
            "conversation_id": CONVERSATION,
            "callSid": CALL,
        }
        self.site.on(OUTBOUND, lambda visit: answer_json(visit, placed))
        self.site.on(ONE_CONVERSATION, self._conversation)

    def asked(self, method: str, path: str) -> list[Any]:
        """What was asked of that path."""
        return [one for one in self.site.visits if (one.method, one.path) == (method, path)]

    def _state(self) -> str:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def _one_call(self, visit: BaseHTTPRequestHandler) -> None:
        state = "completed" if visit.command == "POST" else self._state()
        answer_json(visit, self._call(state))

    def _call(self, status: str) -> dict[str, Any]:
        """A Call resource."""
        ended = status == "completed"
        return {
            "sid": CALL,
            "account_sid": ACCOUNT,
            "status": status,
            "duration": self.seconds if ended else None,
            "direction": "outbound-api",
            "answered_by": None,
            "uri": ONE_CALL,
        }

    def _conversation(self, visit: BaseHTTPRequestHandler) -> None:
        """A conversation's details."""
        value = {
            "agent_id": "agent_01ab",
            "conversation_id": CONVERSATION,
            "status": self._state(),
            "transcript": [],
            "metadata": {"start_time_unix_secs": 1, "call_duration_secs": int(self.seconds)},
            "has_audio": False,
            **self.conversation,
        }
        answer_json(visit, value)
