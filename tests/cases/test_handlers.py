"""The event door: each event handled twice leaves what it leaves once."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from services.cases.models import ProjectPerson, WatchItemEntry
from services.cases.service import service
from shared.db import Session
from shared.events.alerts import AlertAcknowledged
from shared.events.base import Event
from shared.events.conditions import PayrollConditionEnded, PayrollConditionFound
from shared.events.payroll import CanaryMissed, CanaryReceived, PayMonthMoved
from shared.events.registry import (
    OrganisationChanged,
    OrganisationRegistered,
    ProjectChanged,
    ProjectRegistered,
)
from shared.timers import ARMED, Timer
from tests.cases import factories as make
from tests.cases.factories import COUNTY, an_id, at
from tests.fixtures.service import Published

MAY = an_id("p", "2023-05")


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def handle(session: Session, *events: Event) -> None:
    """Handle events as the inbox does, by the manifest."""
    for event in events:
        await service.handles[type(event)](session, event)
        await session.flush()  # As the end of the inbox's transaction does.


def acknowledged(item_id: UUID, **changes: Any) -> AlertAcknowledged:
    said: dict[str, Any] = {
        "watch_item_id": item_id,
        "alert_id": an_id("alert"),
        "area_code": COUNTY,
        "acknowledged_by": "someone",
        "acknowledged_at": at("2023-05-27 15:00"),
        "promised_on": date(2023, 5, 31),
        "occurred_at": at("2023-05-27 15:00"),
    }
    return AlertAcknowledged(**(said | changes))


async def footprint(session: Session, published: Published) -> tuple[int, int, int]:
    """Give how many events, timeline lines and armed timers there are."""
    lines = await session.scalar(select(func.count()).select_from(WatchItemEntry))
    armed = await session.scalar(select(func.count()).where(Timer.state == ARMED))
    return len(await published(session)), lines or 0, armed or 0


CANARY = CanaryMissed(round_id=an_id("round"), occurred_at=at("2023-05-27 10:00"))
WAGES = PayMonthMoved(
    project_id=an_id("p"), area_code=make.COUNTY, period="2023-05", owed=True,
    employer_id=an_id("employer"), submitted_on=date(2023, 6, 2), reviewed_on=None, sent_on=None,
    settled_on=None, occurred_at=at("2023-06-02 16:00"),
)  # fmt: skip
ORGANISATION = OrganisationRegistered(
    organisation_id=an_id("crew"), name="劳务甲", credit_code="91422828MA4900001X",
    area_code=COUNTY, roles=["subcontractor"], trades=["construction"],
    occurred_at=at("2023-05-01 10:00"),
)  # fmt: skip
STORIES: dict[str, tuple[Event, ...]] = {
    "a month's wages a step further": (make.missed(), WAGES),
    "a miss": (make.missed(),),
    "what came before a miss": (
        make.reminded("forecast", 7, "2023-05-16 09:00"),
        make.noted("funding_requested", "2023-05-17 10:00", amount="100.00"),
        make.missed(),
    ),
    "a miss found late": (make.missed(occurred_at=at("2023-06-30 15:00")),),
    "two misses in a row": (make.missed(), make.missed("2023-06")),
    "part of the money": (make.missed(), make.received("2023-05", "1.00", "2023-05-27 10:00")),
    "all the money": (make.missed(), make.received("2023-05", "0.00", "2023-05-27 10:00")),
    "money that is taken back": (
        make.missed(), make.received("2023-05", "0.00", "2023-05-27 10:00"),
        make.taken_back("2023-05", "300000.00", "2023-05-29 10:00"),
    ),
    "part of it taken back": (
        make.missed(), make.received("2023-05", "1.00", "2023-05-27 10:00"),
        make.taken_back("2023-05", "300000.00", "2023-05-29 10:00"),
    ),
    "a project that is watched after red, and complete": (
        make.missed("2023-04"), make.missed(),
        make.received("2023-04", "0.00", "2023-06-06 10:00"),
        make.received("2023-05", "0.00", "2023-06-07 10:00"),
        ProjectChanged(
            project_id=an_id("p"), project=make.card(status="004"),
            occurred_at=at("2023-06-08 10:00"),
        ),
    ),
    "what a company is called": (ORGANISATION,),
    "a company that is called otherwise now": (
        ORGANISATION,
        OrganisationChanged(
            **ORGANISATION.model_dump(exclude={"id", "name", "occurred_at"}), name="劳务乙",
            occurred_at=at("2023-05-02 10:00"),
        ),
    ),
    "a project that is entered": (
        ProjectRegistered(
            project_id=an_id("p"), project=make.card(), occurred_at=at("2023-05-01 10:00")
        ),
    ),
    "money that was there in time": (
        make.missed(), make.received("2023-05", "0.00", "2023-05-27 10:00", in_time=True),
    ),
    "money that was sent": (make.missed(), make.sent("2023-05", "2023-05-27 10:00")),
    "a bank's notice": (make.missed(), make.bank_notice("2023-05", "2023-05-27 10:00")),
    "a contractor's report": (
        make.missed(), make.contractor_report("2023-05", "2023-05-28 10:00"),
    ),
    "a contractor's report before the miss": (
        make.contractor_report("2023-05", "2023-05-25 17:00"), make.missed(),
    ),
    "a report that is overdue": (
        make.missed(),
        make.noted("report_overdue", "2023-05-31 00:00", missed_on="2023-05-26", workdays=3),
    ),
    "the canary": (CANARY,),
    "the canary and its money": (
        CANARY,
        CanaryReceived(
            round_id=an_id("round"), bank_serials=["1"], occurred_at=at("2023-05-27 10:05")
        ),
    ),
    "a late feed": (make.feed_late(),),
    "a late feed that comes": (
        make.feed_late(), make.feed_completed("2023-06-28", "2023-06-30 09:40"),
    ),
    "a feed in time": (make.feed_completed("2023-06-28", "2023-06-29 09:40"),),
    "a person before the miss": (make.assigned("a", "2023-01-01"), make.missed()),
    "a person after the miss": (
        make.missed(), make.assigned("a", "2023-01-01", said_at="2023-05-28 10:00"),
    ),
    "a person of the area": (
        make.missed(), make.area_assigned("whole", "area"),
    ),
    "a condition that waits": (make.found("deposit_missing", "2023-04-03", "2023-04-03 10:00"),),
    "a condition that is open": (make.found("no_systems", "2023-04-03", "2023-04-03 10:00"),),
    "a condition told anew": (
        make.found("reporting_gap", "2023-04-03", "2023-04-03 10:00"),
        make.found("reporting_gap", "2023-04-01", "2023-04-20 10:00", muted_by="project_stopped"),
    ),
    "a condition that ends": (
        make.found("no_systems", "2023-04-03", "2023-04-03 10:00"),
        make.ended("no_systems", "2023-04-04 10:00"),
    ),
    "a value": (
        PayrollConditionFound(
            **make.condition("cover_low", "2023-04-03", "2023-04-03 10:00", value=Decimal("0.9"))
        ),
    ),
    "a value that is measured no more": (
        PayrollConditionFound(
            **make.condition("cover_low", "2023-04-03", "2023-04-03 10:00", value=Decimal("0.9"))
        ),
        PayrollConditionEnded(
            kind="cover_low",
            subject_id=an_id("cover_low", "s"),
            area_code=COUNTY,
            reason="project_closed",
            occurred_at=at("2023-04-04 10:00"),
        ),
    ),
    "notices that arrived": (make.missed(), make.notices("2023-05", "2023-05-27 10:00")),
    "another calendar": (
        make.missed(),
        make.calendar_told(exceptions={date(2023, 5, 29): "holiday"},
                           occurred_at=at("2023-05-26 12:00")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("events", STORIES.values(), ids=STORIES.keys())
async def test_an_event_handled_twice_leaves_what_it_leaves_once(
    session: Session, published: Published, events: tuple[Event, ...]
) -> None:
    await handle(session, *events)
    once = await footprint(session, published)
    await handle(session, events[-1])
    assert await footprint(session, published) == once


async def test_an_acknowledgement_stands_on_the_timeline_once(session: Session) -> None:
    await handle(session, make.missed())
    item = await make.item_about(session, MAY)
    event = acknowledged(item.id)
    await handle(session, event, event)
    lines = select(WatchItemEntry).where(WatchItemEntry.what == "acknowledged")
    [line] = await session.scalars(lines)
    assert (line.watch_item_id, line.at) == (item.id, at("2023-05-27 15:00"))
    assert line.details == {
        "alert_id": str(an_id("alert")), "acknowledged_by": "someone",
        "promised_on": "2023-05-31",
    }  # fmt: skip
    assert (item.state, item.level) == ("open", "blue")


async def test_a_second_acknowledgement_is_written_down_too(session: Session) -> None:
    await handle(session, make.missed())
    item = await make.item_about(session, MAY)
    await handle(session, acknowledged(item.id), acknowledged(item.id))
    lines = select(func.count()).where(WatchItemEntry.what == "acknowledged")
    assert await session.scalar(lines) == 2


async def test_an_acknowledgement_of_an_unknown_item_parks_nothing(session: Session) -> None:
    await handle(session, acknowledged(an_id("nothing")))


async def test_a_duty_that_changes_is_kept_as_told_last(session: Session) -> None:
    await handle(session, make.assigned("a", "2023-01-01"))
    await handle(session, make.assigned("a", "2023-02-01", "2023-03-31"))
    [duty] = await session.scalars(select(ProjectPerson))
    assert (duty.from_on, duty.until_on) == (date(2023, 2, 1), date(2023, 3, 31))


def test_every_event_of_the_manifest_has_a_story() -> None:
    told = {type(event) for events in STORIES.values() for event in events}
    own = {kind for kind, handler in service.handles.items() if "cases" in handler.__module__}
    assert own == told | {AlertAcknowledged}
