"""Settings of the calendar and of contacts: a local folder, or a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from butler_tui.settings.section import Folder, Section, Text


def _whole(value: Path) -> Path:
    if not value.is_absolute():
        raise ValueError(f"{value} is no whole path; begin it with / or ~/")
    return value


def _server(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError(f"{value} is no server's address; write it like https://dav.example.org/")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{value} is no time zone; write it like Europe/Berlin") from error
    return value


def _address(value: str) -> str:
    name, at, host = value.partition("@")
    if not (name and at and host) or any(one.isspace() for one in value) or "@" in host:
        raise ValueError(f"{value} is no mail address")
    return value


WholeFolder = Annotated[Folder, AfterValidator(_whole)]
Server = Annotated[str, AfterValidator(_server)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Address = Annotated[str, AfterValidator(_address)]


class CalendarSettings(Section):
    """`[calendar]`: a folder of .ics files, or a CalDAV server at `url`.

    `address` is the person's own mail address: whoever else organises an event is a stranger.
    `name` is the calendar that new events and tasks go to where the server has several.
    """

    folder: WholeFolder | None = None
    timezone: ZoneName | None = None
    address: Address | None = None
    url: Server | None = None
    user: Text | None = None
    name: Text | None = None


class ContactSettings(Section):
    """`[contacts]`: a folder of .vcf files, or a CardDAV server at `url`."""

    folder: WholeFolder | None = None
    url: Server | None = None
    user: Text | None = None
