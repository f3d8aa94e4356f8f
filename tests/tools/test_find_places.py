"""find_places against servers in the shapes of Nominatim and Google Places (New)."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any
from urllib.parse import parse_qs

import pytest
from web_site import Site

from butler_tui.core.errors import ToolError
from butler_tui.tools.maps import find_places, nominatim
from butler_tui.tools.maps.google_places import FIELDS

OSM = {
    "name": "Bella",
    "display_name": "Bella, 1, Am Fluss, München",
    "lat": "48.1",
    "lon": "11.5",
    "boundingbox": ["48.0", "48.3", "11.3", "11.8"],
    "extratags": {"contact:phone": "+49 89 1", "website": "https://bella.example/"},
}
GOOGLE = {
    "displayName": {"text": "Bella", "languageCode": "de"},
    "formattedAddress": "Am Fluss 1",
    "nationalPhoneNumber": "089 1",
    "websiteUri": "javascript:alert(1)",
    "location": {"latitude": 48.1, "longitude": 11.5},
}


async def error_of(work: Awaitable[Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await work
    assert str(caught.value).endswith(".") and str(caught.value).isprintable()
    return caught.value


def osm(context: Any, site: Site, answer: Any, **more: Any) -> None:
    site.page("/search", json.dumps(answer), kind="application/json", **more)
    context.options["places.nominatim"] = site.origin


def google(context: Any, site: Site, answer: Any, **more: Any) -> None:
    path = "/v1/places:searchText"
    site.page(path, json.dumps(answer), kind="application/json", **more)
    context.options["places.google"] = site.origin
    context.secrets["GOOGLE_PLACES_KEY"] = "g-key"


async def test_openstreetmap_is_asked_around_the_town(context: Any, web_site: Site) -> None:
    osm(context, web_site, [OSM, {"lat": "x"}, 3])
    result = await find_places.run(context, "restaurant", "München")
    assert [one.model_dump() for one in result.output.places] == [
        {
            "name": "Bella",
            "address": "Bella, 1, Am Fluss, München",
            "phone": "+49 89 1",
            "url": "https://bella.example/",
            "latitude": 48.1,
            "longitude": 11.5,
        }
    ]
    where, what = (parse_qs(visit.query) for visit in web_site.visits)
    assert where["q"] == ["München"]
    assert (what["q"], what["bounded"]) == (["restaurant"], ["1"])
    assert what["viewbox"] == ["11.30000,48.00000,11.80000,48.30000"]
    assert all(one.headers["user-agent"] == nominatim.AGENT for one in web_site.visits)
    assert find_places.untrusted and find_places.reaches


async def test_coordinates_are_not_looked_up(context: Any, web_site: Site) -> None:
    osm(context, web_site, [])
    assert (await find_places.run(context, "cafe", "48.1, 11.5")).output.places == []
    assert len(web_site.visits) == 1


async def test_a_place_that_is_not_there(context: Any, web_site: Site) -> None:
    osm(context, web_site, [])
    assert (await error_of(find_places.run(context, "cafe", "Nirgends"))).code == "not_found"


async def test_the_public_server_is_asked_once_a_second() -> None:
    now, slept = [100.0], list[float]()

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    pace = nominatim.Pace(1.0, lambda: now[0], sleep)
    for _ in range(3):
        await pace.turn()
    assert slept == [1.0, 2.0]
    now[0] += 10
    await pace.turn()
    assert slept == [1.0, 2.0]
    for _ in range(61):
        last = pace.turn()
        if pace._next - now[0] > 60:
            assert (await error_of(last)).code == "rate_limited"
        else:
            await last


async def test_google_is_asked_when_its_key_is_set(context: Any, web_site: Site) -> None:
    google(context, web_site, {"places": [GOOGLE]})
    [place] = (await find_places.run(context, "restaurant", "München")).output.places
    assert (place.name, place.phone, place.url) == ("Bella", "089 1", "")
    [visit] = web_site.visits
    assert visit.headers["x-goog-fieldmask"] == FIELDS
    assert visit.headers["x-goog-api-key"] == "g-key"
    assert json.loads(visit.body) == {"textQuery": "restaurant near München", "pageSize": 10}


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (403, {"error": {"message": "Places API is off"}}, "key_refused"),
        (429, {}, "rate_limited"),
        (500, {}, "site_failed"),
        (200, [], "bad_answer"),
    ],
)
async def test_what_google_says_against_it(
    context: Any, web_site: Site, status: int, answer: Any, code: str
) -> None:
    google(context, web_site, answer, status=status)
    error = await error_of(find_places.run(context, "cafe"))
    assert error.code == code and "g-key" not in str(error)


@pytest.mark.parametrize("answer", [{"error": "no"}, "words"])
async def test_what_is_no_answer_of_nominatim(context: Any, web_site: Site, answer: Any) -> None:
    osm(context, web_site, answer)
    assert (await error_of(find_places.run(context, "cafe"))).code == "bad_answer"


async def test_there_must_be_something_to_look_for(context: Any) -> None:
    assert (await error_of(find_places.run(context, "  "))).code == "bad_arguments"
