"""Heads of units and officers on duty by dated posts: whoever is in office on that day is told."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from services.alerts import handlers
from services.alerts.rules import routing
from services.alerts.rules.routing import Office
from shared import clock
from shared.db import Session
from shared.events.registry import PersonPosted
from tests.alerts import factories, looking
from tests.alerts.factories import COUNTY, DEVELOPER
from tests.alerts.test_rules import LINEAGE, ORG, OTHER, Person, matter

OLD, NEW = uuid4(), uuid4()


def posted(person_id: UUID, **changes: Any) -> PersonPosted:
    said: dict[str, Any] = {
        "organisation_id": DEVELOPER,
        "post_id": uuid4(),
        "area_code": COUNTY,
        "person_id": person_id,
        "unit_id": DEVELOPER,
        "role": "unit_head",
        "from_on": date(2023, 1, 1),
        "occurred_at": clock.at(date(2023, 1, 1), 9),
    }
    return PersonPosted(**(said | changes))


def heads(offices: routing.Offices, *people: Person) -> list[UUID]:
    named = routing.addressees(["unit_head"], matter(), LINEAGE, people, offices)
    return [each.recipient_id for each in named.found]


def test_the_head_is_who_is_in_office_whatever_the_list_of_recipients_says() -> None:
    old = Person(["unit_head"], org_id=ORG, person_id=OLD)
    new = Person([], org_id=OTHER, person_id=NEW)
    desk = Person(["unit_head"], org_id=ORG)
    offices = {(ORG, "unit_head"): Office(frozenset({NEW}))}
    assert heads(offices, old, new, desk) == [new.id, desk.id]
    assert heads({(ORG, "unit_head"): Office(frozenset())}, old, new) == []
    assert heads({}, old, new) == [old.id]


def test_an_office_is_told_by_its_officer_on_duty_and_by_all_where_nobody_is() -> None:
    day, night = (Person(["wage_office"], org_id=ORG, person_id=person) for person in (OLD, NEW))
    for persons, expected in (({NEW}, [night.id]), (set(), [day.id, night.id])):
        offices = {(ORG, routing.DUTY_OFFICER): Office(frozenset(persons))}
        named = routing.addressees(["wage_office"], matter(), LINEAGE, [day, night], offices)
        assert [each.recipient_id for each in named.found] == expected


async def test_a_red_item_reaches_the_head_in_office_on_that_day(session: Session) -> None:
    await factories.areas(session)
    first = posted(OLD, until_on=date(2023, 3, 31))
    for event in (first, posted(NEW, from_on=date(2023, 4, 1)), first):
        await handlers.on_person_posted(session, event)
        await session.flush()
    old = await factories.recipient(session, "unit_head", org_id=DEVELOPER, person_id=OLD)
    new = await factories.recipient(session, "unit_head", person_id=NEW)
    await handlers.on_watch_item_opened(session, factories.opened(level="red"))
    alert = await looking.alert(session, level="red")
    told = {who for _, who in await looking.told(session, alert.id)}
    assert new.id in told
    assert old.id not in told


async def test_a_post_s_days_are_kept_as_told_last(session: Session) -> None:
    await factories.areas(session)
    later = posted(OLD, until_on=date(2023, 2, 28), occurred_at=clock.at(date(2023, 3, 1), 9))
    earlier = later.model_copy(
        update={"until_on": None, "occurred_at": clock.at(date(2023, 1, 1), 9)}
    )
    for event in (later, earlier):
        await handlers.on_person_posted(session, event)
        await session.flush()
    old = await factories.recipient(session, "unit_head", org_id=DEVELOPER, person_id=OLD)
    await handlers.on_watch_item_opened(session, factories.opened(level="red"))
    alert = await looking.alert(session, level="red")
    assert old.id not in {who for _, who in await looking.told(session, alert.id)}
