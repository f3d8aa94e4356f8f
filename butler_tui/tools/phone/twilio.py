"""Calls by Twilio: a voice reads the script to whoever answers.

The interface is https://www.twilio.com/docs/voice/api/call-resource.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree

from butler_tui.core.errors import ToolError
from butler_tui.core.tool import ToolContext
from butler_tui.tools.phone.placing import Heard, Outcome, Placed, Wanted
from butler_tui.tools.service_calls import Service, in_form, secret_of

BASE = "https://api.twilio.com"
SECRET = "TWILIO_AUTH_TOKEN"  # noqa: S105  (its name)
MOST_TWIML = 4_000
RINGS_SECONDS = 60
_ENDS: Mapping[str, Outcome] = {
    "completed": "completed",
    "busy": "busy",
    "no-answer": "no-answer",
    "failed": "failed",
    "canceled": "canceled",
}


def twiml(script: str, language: str | None) -> str:
    """The script as Twilio's instructions: said once, after a moment for the phone to be lifted."""
    response = ElementTree.Element("Response")
    ElementTree.SubElement(response, "Pause", length="1")
    say = ElementTree.SubElement(response, "Say", {"language": language} if language else {})
    say.text = script
    return ElementTree.tostring(response, encoding="unicode")


@dataclass(frozen=True, slots=True)
class Twilio:
    """An account at Twilio, and a number of it that calls."""

    account: str
    caller: str
    base: str = BASE

    @property
    def name(self) -> str:
        """The provider's name for people."""
        return "Twilio"

    def check(self, wanted: Wanted) -> None:
        """A script is there, and fits into one call's instructions."""
        if not wanted.script:
            raise ToolError(
                "bad_arguments", "Twilio reads a script to the other side; give the script."
            )
        size = len(twiml(wanted.script, wanted.language))
        if size > MOST_TWIML:
            raise ToolError(
                "too_long",
                f"The script is too long for one call ({size:,} characters with its markup, "
                f"{MOST_TWIML:,} fit); shorten it.",
            )

    def preview(self, wanted: Wanted) -> Mapping[str, str]:
        """Who calls, and that nothing said in return is heard."""
        return {
            "By": f"Twilio, from {self.caller}; a voice reads the script once, then hangs up",
            "Recorded": "yes, by Twilio" if wanted.record else "no; what is answered is not heard",
        }

    async def start(self, context: ToolContext, wanted: Wanted) -> Placed:
        """Have the call placed. Raises ToolError; `no_answer` where it may have been."""
        headers, body = in_form(
            {
                "To": wanted.number.e164,
                "From": self.caller,
                "Twiml": twiml(wanted.script or "", wanted.language),
                "Timeout": str(RINGS_SECONDS),
                "TimeLimit": str(wanted.most_seconds),
                "Record": "true" if wanted.record else "false",
            }
        )
        key = await self._key(context)
        reply = await self._service.call(
            context, "POST", self._calls, headers=headers, credentials=key, body=body, acts=True
        )
        placed = self._service.taken(reply).text("sid")
        return Placed(placed, placed)

    async def listen(self, context: ToolContext, wanted: Wanted, placed: Placed) -> Heard:
        """How far the call is now; all that is known to have been said is the script."""
        key = await self._key(context)
        reply = await self._service.call(context, "GET", self._call(placed.id), credentials=key)
        status = self._service.taken(reply).text("status")
        outcome = _ENDS.get(status)
        seconds = reply.text("duration")
        answered = outcome == "completed"
        return Heard(
            status or "on its way",
            outcome,
            connected=answered or status == "in-progress",
            seconds=int(seconds[:9]) if seconds.isdecimal() and seconds.isascii() else 0,
            transcript=f"agent: {wanted.script}" if answered else "",
        )

    async def hang_up(self, context: ToolContext, placed: Placed) -> bool:
        """End the call, also while it rings."""
        headers, body = in_form({"Status": "completed"})
        key = await self._key(context)
        reply = await self._service.call(
            context,
            "POST",
            self._call(placed.twilio_id),
            headers=headers,
            credentials=key,
            body=body,
            seconds=5,
        )
        self._service.taken(reply)
        return True

    @property
    def _service(self) -> Service:
        return Service("Twilio", self.base, SECRET)

    @property
    def _calls(self) -> str:
        return f"/2010-04-01/Accounts/{self.account}/Calls.json"

    def _call(self, name: str) -> str:
        return f"/2010-04-01/Accounts/{self.account}/Calls/{_checked(name)}.json"

    async def _key(self, context: ToolContext) -> dict[str, str]:
        pair = f"{self.account}:{await secret_of(context, SECRET)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _checked(name: str) -> str:
    if name.isalnum() and name.isascii() and len(name) <= 64:
        return name
    raise ToolError("bad_answer", "Twilio named the call in a way that cannot be asked for.")
