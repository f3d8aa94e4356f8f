"""The provider of calls that the settings name, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable

from butler_tui.core.errors import ToolError
from butler_tui.core.readiness import Missing, Setup
from butler_tui.tools.phone import elevenlabs, twilio
from butler_tui.tools.phone.elevenlabs import ElevenLabs
from butler_tui.tools.phone.placing import Provider
from butler_tui.tools.phone.twilio import Twilio

Options = Callable[[str], str | None]

_NEEDS = {
    "elevenlabs": (("elevenlabs_agent", "elevenlabs_number"), elevenlabs.SECRET),
    "twilio": (("twilio_account", "twilio_from"), twilio.SECRET),
}
"""What each provider needs of `[phone]`, and the secret that it is asked with."""


def missing(setup: Setup) -> Missing | None:
    """What keeps calls from being placed; None where nothing does."""
    lacking = _lacking(setup.option)
    if lacking is not None:
        return Missing(lacking)
    _, secret = _NEEDS[setup.option("phone.provider") or ""]
    if setup.has_secret(secret):
        return None
    return Missing("The provider of calls wants its key.", f"butler secrets set {secret}")


def chosen(option: Options) -> Provider:
    """The provider that is set up. Raises ToolError `not_set_up`."""
    lacking = _lacking(option)
    if lacking is not None:
        raise ToolError("not_set_up", lacking)
    base = option("phone.api_base")
    line = _line(option, base)
    if option("phone.provider") == "twilio" and line is not None:
        return line
    return ElevenLabs(
        option("phone.elevenlabs_agent") or "",
        option("phone.elevenlabs_number") or "",
        option("phone.elevenlabs_overrides") == "true",
        base or elevenlabs.BASE,
        line,
    )


def _line(option: Options, base: str | None) -> Twilio | None:
    account, caller = option("phone.twilio_account"), option("phone.twilio_from")
    return Twilio(account, caller or "", base or twilio.BASE) if account else None


def _lacking(option: Options) -> str | None:
    """The settings that are not there, in a sentence that says where they go."""
    provider = option("phone.provider")
    if provider not in _NEEDS:
        return 'Nobody places calls yet: set provider = "elevenlabs" or "twilio" under [phone].'
    names = [name for name in _NEEDS[provider][0] if not option(f"phone.{name}")]
    if not names:
        return None
    return f"Calls by {provider} need {' and '.join(names)} under [phone] in config.toml."
