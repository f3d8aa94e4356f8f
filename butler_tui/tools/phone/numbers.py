"""A phone number as a person writes it, as the network wants it, and whether it may be called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from butler_tui.core.errors import ToolError

_WRITTEN = re.compile(r"\(?\+?[0-9][0-9 ().\-/\u00a0\u2009\u202f]*")
_SHORT = 6
"""Numbers of so few digits are no subscribers' but services', emergency services among them."""

_LONGEST = 40
_FREE_ANYWHERE = 800
_NO_COUNTRY = "001"


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number that may be called: `e164` is dialled, `shown` and `about` are for people."""

    e164: str
    shown: str
    about: str


def callable_number(written: str, default_country: str | None) -> PhoneNumber:
    """The number that was meant; raises ToolError `bad_number` or `refused_number`.

    Emergency numbers, short codes, numbers at a higher price and numbers of no country are never
    called.
    """
    import phonenumbers

    text = written.strip()
    if not _WRITTEN.fullmatch(text) or len(text) > _LONGEST:
        raise _bad(written, "is no phone number; write only digits, as in +49 30 901820")
    digits = re.sub(r"\D", "", text)
    abroad = "+" in text
    if not abroad and len(digits) <= _SHORT:
        raise _refused(written, "is an emergency number or a short code")
    if not abroad and default_country is None:
        raise _bad(
            written,
            "has no country; write it with +, as in +49 30 901820, or set default_country under "
            "[phone] in config.toml",
        )
    try:
        number = phonenumbers.parse(text, default_country)
    except phonenumbers.NumberParseException as error:
        raise _bad(written, "is no phone number; check it, with its country after the +") from error
    region = phonenumbers.region_code_for_number(number)
    if _is_emergency(str(number.national_number), number.country_code or 0):
        raise _refused(written, "is an emergency number")
    if not phonenumbers.is_valid_number(number) or region is None:
        raise _bad(written, "is a number that nobody can have; check its digits and its country")
    if region == _NO_COUNTRY and number.country_code != _FREE_ANYWHERE:
        raise _refused(
            written, "belongs to no country but to a satellite or service, at a higher price"
        )
    kind = phonenumbers.number_type(number)
    types = phonenumbers.PhoneNumberType
    if kind in (types.PREMIUM_RATE, types.SHARED_COST):
        raise _refused(written, "is a number at a higher price")
    return PhoneNumber(
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL),
        f"{_country(region)}, {_KINDS.get(types.to_string(kind), 'of an unknown kind')}",
    )


_KINDS = {
    "FIXED_LINE": "a landline",
    "MOBILE": "a mobile phone",
    "FIXED_LINE_OR_MOBILE": "a landline or a mobile phone",
    "TOLL_FREE": "free of charge",
    "VOIP": "an internet phone",
    "PERSONAL_NUMBER": "a personal number",
    "PAGER": "a pager",
    "UAN": "a company's number",
    "VOICEMAIL": "a voice mailbox",
}


def _is_emergency(digits: str, country_code: int) -> bool:
    """True for the number of an emergency service in a country of that code."""
    import phonenumbers

    regions = phonenumbers.region_codes_for_country_code(country_code)
    return any(phonenumbers.is_emergency_number(digits, region) for region in regions)


def _country(region: str) -> str:
    """The country's name in English; for numbers of no country, that they are of all."""
    if region == _NO_COUNTRY:
        return "international"
    from babel import Locale

    return Locale("en").territories.get(region, region)


def _bad(written: str, why: str) -> ToolError:
    return ToolError("bad_number", f"{_quoted(written)} {why}.")


def _refused(written: str, why: str) -> ToolError:
    return ToolError(
        "refused_number", f"{_quoted(written)} {why}, which Butler never calls; dial it yourself."
    )


def _quoted(written: str) -> str:
    """What was written, short."""
    text = written.strip()
    return text if _WRITTEN.fullmatch(text) and len(text) <= _LONGEST else f"{text[:_LONGEST]!r}"
