"""`[phone]`: who places calls, from which number, and whether they are recorded."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from butler_tui.settings.section import Origin, Section

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,100}$")]
NumberGlob = Annotated[str, Field(pattern=r"^\+[0-9]*\*?$")]
"""A number as it is dialled, or how such numbers begin: `+49*`."""


class PhoneSettings(Section):
    """`[phone]`: the provider of calls and what it knows you by.

    `default_country` is the country of numbers written without one, `language` the one that is
    spoken where a call names none. Where `only` names numbers, no others are called, and those
    under `never` not at all. A call is ended after `most_minutes`. With `elevenlabs_overrides` the
    agent's first message and prompt are replaced, which its security settings must allow.
    `api_base` is only for a server of your own.
    """

    provider: Literal["elevenlabs", "twilio"] | None = None
    elevenlabs_agent: Identifier | None = None
    elevenlabs_number: Identifier | None = None
    elevenlabs_overrides: bool = False
    twilio_account: Identifier | None = None
    twilio_from: Annotated[str, Field(pattern=r"^\+[1-9]\d{4,14}$")] | None = None
    default_country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")] | None = None
    only: Annotated[tuple[NumberGlob, ...], Field(strict=False)] = ()
    never: Annotated[tuple[NumberGlob, ...], Field(strict=False)] = ()
    record: bool = False
    most_minutes: Annotated[int, Field(ge=1, le=25)] = 10
    api_base: Origin | None = None
