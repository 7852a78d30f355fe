"""Calendars and API keys: rows and events out."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.registry import actions, queries
from services.registry.errors import (
    RegistrationRefused,
)
from services.registry.models import Calendar
from services.registry.schemas.calendars import CalendarIn
from services.registry.schemas.keys import ApiKeyIn
from shared import auth, clock, known
from shared.areas import Scope
from shared.db import Session
from shared.events.registry import (
    ApiKeyIssued,
    ApiKeyRevoked,
    CalendarPublished,
)
from shared.problems import Problem
from shared.workdays import NOTICES
from tests.fixtures.service import Published
from tests.registry import factories
from tests.registry.factories import COUNTY, NATION

NOW = clock.at(date(2023, 1, 10), 9)
NEIGHBOUR = Scope(frozenset({"422822"}))


def codes(refused: pytest.ExceptionInfo[Problem]) -> list[tuple[str, str]]:
    return [(finding.place, finding.code) for finding in refused.value.errors]


async def _publish(session: Session, scope: Scope = NATION, **body: Any) -> Calendar:
    made = await actions.calendars.publish_calendar(
        session, scope, CalendarIn.model_validate(body), NOW
    )
    await session.flush()
    return made


async def test_a_year_is_published_from_its_notice_and_known_here_at_once(
    session: Session, published: Published
) -> None:
    made = await _publish(session, year=2023)
    (told,) = await published(session, CalendarPublished)
    calendar = await known.calendar(session, "422828")
    assert (made.version, made.provisional, made.source) == (1, False, NOTICES[2023])
    assert told.exceptions[date(2023, 6, 25)] == "makeup_workday"
    assert calendar.is_workday(date(2023, 6, 25))
    assert not calendar.is_provisional(date(2023, 6, 25))


async def test_the_same_year_again_is_no_news_and_other_days_are_a_new_version(
    session: Session, published: Published
) -> None:
    first = await _publish(session, year=2027)
    assert first.provisional
    assert (await _publish(session, year=2027)).id == first.id
    days = {"2027-01-01": "holiday", "2027-01-02": "makeup_workday"}
    second = await _publish(session, year=2027, exceptions=days, source="国办发明电〔2026〕1号")
    assert (second.version, second.provisional) == (2, False)
    assert second.digest != first.digest
    assert [event.provisional for event in await published(session, CalendarPublished)] == [
        True, False,
    ]  # fmt: skip
    assert (await known.calendar(session, "0")).is_workday(date(2027, 1, 2))


async def test_an_area_lays_its_own_days_over_the_nation_s(session: Session) -> None:
    await factories.areas(session)
    await _publish(session, year=2023)
    await _publish(
        session, COUNTY, year=2023, area_code="422828",
        exceptions={"2023-08-21": "holiday"}, source="州庆通知",
    )  # fmt: skip
    monday = date(2023, 8, 21)
    assert not (await known.calendar(session, "422828101")).is_workday(monday)
    assert (await known.calendar(session, "422822")).is_workday(monday)


@pytest.mark.parametrize(
    ("area_code", "place"), [("0", "area_code"), ("422822", "area_code"), ("99", "area_code")]
)
async def test_days_of_a_foreign_area_are_refused(
    session: Session, area_code: str, place: str
) -> None:
    await factories.areas(session)
    with pytest.raises(RegistrationRefused) as refused:
        await _publish(session, COUNTY, year=2023, area_code=area_code, exceptions={})
    assert codes(refused) == [(place, "AreaUnknown")]


def _key(**changes: Any) -> ApiKeyIn:
    body = {"name": "州平台", "areas": ["422828"], "roles": ["provincial_system"]}
    return ApiKeyIn.model_validate(body | changes)


async def test_a_new_key_is_told_by_its_hash_and_opens_the_door_here_at_once(
    session: Session, published: Published
) -> None:
    await factories.areas(session)
    made = await actions.keys.issue_api_key(session, NATION, _key(), NOW)
    (told,) = await published(session, ApiKeyIssued)
    row = await auth.find_key(session, auth.hash_of(made.key))
    assert made.key not in told.model_dump_json()
    assert told.key_hash == auth.hash_of(made.key)
    assert row is not None
    assert (row.id, row.roles, row.areas) == (made.id, ["provincial_system"], ["422828"])


async def test_a_key_s_findings_come_at_once(session: Session) -> None:
    await factories.areas(session)
    body = _key(areas=["422828", "422822", "43"], roles=["operator", "x"], org_id=str(uuid4()))
    with pytest.raises(RegistrationRefused) as refused:
        await actions.keys.issue_api_key(session, COUNTY, body, NOW)
    assert codes(refused) == [
        ("roles[0]", "RoleNotForKeys"),
        ("roles[1]", "RoleUnknown"),
        ("areas[1]", "AreaUnknown"),
        ("areas[2]", "AreaUnknown"),
        ("org_id", "OrganisationUnknown"),
    ]


async def test_a_key_is_revoked_once_and_told(session: Session, published: Published) -> None:
    await factories.areas(session)
    made = await actions.keys.issue_api_key(session, NATION, _key(), NOW)
    later = clock.at(date(2023, 1, 11))
    for instant in (NOW, later):
        row = await actions.keys.revoke_api_key(session, NATION, made.id, instant)
        assert row.revoked_at == NOW
    (told,) = await published(session, ApiKeyRevoked)
    assert (told.api_key_id, told.revoked_at) == (made.id, NOW)


async def test_keys_are_seen_by_those_who_hold_all_their_areas(session: Session) -> None:
    await factories.areas(session)
    await actions.keys.issue_api_key(session, NATION, _key(areas=["422828101"]), NOW)
    await actions.keys.issue_api_key(session, NATION, _key(areas=["422828", "422822"]), NOW)
    for scope, count in ((NATION, 2), (COUNTY, 1), (NEIGHBOUR, 0)):
        found = await queries.keys.api_keys(session, scope, cursor=None, limit=10)
        assert len(found.items) == count
