"""What the settings of the calendar and of contacts may say, and where both are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from butler_tui.settings import Settings


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"timezone": "Europe/Atlantis"}, "is no time zone"),
        ({"timezone": "../../etc/passwd"}, "is no time zone"),
        ({"folder": "calendars"}, "is no whole path"),
        ({"url": "dav.example.org"}, "is no server's address"),
        ({"url": "https://me:secret@dav.example.org"}, "is no server's address"),
        ({"address": "me"}, "is no mail address"),
        ({"address": "a b@c"}, "is no mail address"),
        ({"password": "x"}, "Extra inputs"),
    ],
)
def test_what_cannot_be_is_refused(section: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate({"calendar": section})


def test_each_has_a_folder_of_its_own(tmp_path: Path) -> None:
    data = tmp_path / "data"
    bare = Settings().stores(data)
    assert bare == {"calendar": data / "calendar", "contacts": data / "contacts"}
    mine = Settings.model_validate({"calendar": {"folder": "~/cal"}}).stores(data)
    assert mine["calendar"] == Path("~/cal").expanduser()
