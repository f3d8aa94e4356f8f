"""Calls by an agent of ElevenLabs, which holds the conversation by itself.

The interface is https://elevenlabs.io/docs/api-reference/twilio/outbound-call and
https://elevenlabs.io/docs/api-reference/conversations/get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.core.clean import visible_line
from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.phone.placing import Heard, Placed, Wanted
from butler_tui.tools.phone.twilio import Twilio
from butler_tui.tools.service_calls import Reply, Service, in_json, said_in, secret_of

BASE = "https://api.elevenlabs.io"
SECRET = "ELEVENLABS_API_KEY"  # noqa: S105  (its name)
MOST_TURNS = 2_000
LONGEST_TRANSCRIPT = 100_000
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_WHO = {"agent": "agent", "user": "other side"}


@dataclass(frozen=True, slots=True)
class ElevenLabs:
    """An agent at ElevenLabs, and the number that it calls from.

    `line` is the account at Twilio that the number belongs to, if it is known: it hangs up.
    """

    agent: str
    number: str
    overrides: bool = False
    base: str = BASE
    line: Twilio | None = None

    @property
    def name(self) -> str:
        """The provider's name for people."""
        return "ElevenLabs"

    def check(self, wanted: Wanted) -> None:
        """An agent finds its own words: every call will do."""

    def preview(self, wanted: Wanted) -> Mapping[str, str]:
        """Who speaks, and what is kept of it."""
        return {
            "By": f"ElevenLabs: the agent {self.agent} holds the conversation by itself, from "
            f"the number {self.number}",
            "Recorded": "yes, by ElevenLabs"
            if wanted.record
            else "no, but ElevenLabs writes down what is said",
        }

    async def start(self, context: ToolContext, wanted: Wanted) -> Placed:
        """Have the call placed. Raises ToolError; `no_answer` where it may have been."""
        headers, body = in_json(
            {
                "agent_id": self.agent,
                "agent_phone_number_id": self.number,
                "to_number": wanted.number.e164,
                "conversation_initiation_client_data": self._told(wanted),
                "call_recording_enabled": wanted.record,
            }
        )
        reply = await self._service.call(
            context,
            "POST",
            "/v1/convai/twilio/outbound-call",
            headers=headers,
            credentials=await self._key(context),
            body=body,
            acts=True,
        )
        if self._service.taken(reply).at("success") is False:
            said = said_in(reply.value) or "it does not say why"
            raise ToolError("refused", f"ElevenLabs did not place the call: {said}.")
        return Placed(reply.text("conversation_id"), reply.text("callSid"))

    async def listen(self, context: ToolContext, wanted: Wanted, placed: Placed) -> Heard:
        """How far the call is now, with what was said when it is over."""
        if not _ID.fullmatch(placed.id):
            raise ToolError("bad_answer", "ElevenLabs named the call in a way that leads nowhere.")
        reply = await self._service.call(
            context,
            "GET",
            f"/v1/convai/conversations/{placed.id}",
            credentials=await self._key(context),
        )
        return _heard(self._service.taken(reply))

    async def hang_up(self, context: ToolContext, placed: Placed) -> bool:
        """End the call where its line is known; ElevenLabs itself has no way to."""
        if self.line is None or not placed.twilio_id:
            return False
        return await self.line.hang_up(context, placed)

    def _told(self, wanted: Wanted) -> dict[str, Any]:
        """What the agent is told of the call; its prompt names these as {{purpose}} and so on."""
        given = {"purpose": wanted.purpose, "script": wanted.script, "language": wanted.language}
        variables = {name: text or "" for name, text in given.items()}
        if not self.overrides:
            return {"dynamic_variables": variables}
        agent: dict[str, Any] = {"prompt": {"prompt": wanted.purpose}}
        if wanted.script:
            agent["first_message"] = wanted.script
        if wanted.language:
            agent["language"] = wanted.language.partition("-")[0]
        return {
            "dynamic_variables": variables,
            "conversation_config_override": {"agent": agent},
        }

    @property
    def _service(self) -> Service:
        return Service("ElevenLabs", self.base, SECRET)

    async def _key(self, context: ToolContext) -> dict[str, str]:
        return {"xi-api-key": await secret_of(context, SECRET)}


def _heard(reply: Reply) -> Heard:
    status = reply.text("status")
    seconds = reply.at("metadata", "call_duration_secs")
    length = max(0, int(seconds)) if isinstance(seconds, int | float) else 0
    reason = reply.text("metadata", "termination_reason")
    transcript = "\n".join(_turns(reply.at("transcript")))[:LONGEST_TRANSCRIPT]
    match status:
        case "done":
            return Heard(status, "completed", True, length, transcript, reason)
        case "failed":
            said = reply.text("metadata", "error", "reason")
            return Heard(status, "failed", bool(transcript), length, transcript, said or reason)
        case "in-progress" | "processing":
            return Heard(status, None, True)
        case _:
            return Heard("ringing")


def _turns(transcript: Any) -> Iterator[str]:  # noqa: ANN401  (any JSON)
    """What was said, a line for each turn; only Butler's own words begin a line."""
    turns = transcript if isinstance(transcript, list) else []
    for turn in turns[:MOST_TURNS]:
        if not isinstance(turn, dict):
            continue
        said = turn.get("message")
        if isinstance(said, str) and said.strip():
            who = _WHO.get(str(turn.get("role")), "somebody")
            yield f"{who}: {visible_line(' '.join(said.split()))}"
