"""What was foretold, reminded of and asked for stands in one history with the item."""

from typing import Any

import pytest
from sqlalchemy import func, select

from services.cases.models import Precursor, WatchItem, WatchItemEntry
from services.cases.service import service
from shared.db import Session
from shared.events.base import Event
from shared.events.cases import WatchItemStepReached
from tests.cases import factories as make
from tests.fixtures.service import Published


@pytest.fixture(autouse=True)
async def _world(session: Session) -> None:
    await make.world(session)


async def handle(session: Session, *events: Event) -> None:
    for event in events:
        await service.handles[type(event)](session, event)
        await session.flush()


async def history(session: Session) -> list[tuple[str, str, dict[str, Any]]]:
    rows = await session.scalars(
        select(WatchItemEntry).order_by(WatchItemEntry.at, WatchItemEntry.id)
    )
    return [(f"{row.at:%m-%d}", row.what.value, row.details) for row in rows]


async def test_forecast_reminders_and_item_share_one_history(session: Session) -> None:
    forecast = make.reminded("forecast", 7, "2023-05-16 09:00")
    asked = make.noted("funding_requested", "2023-05-17 10:00", amount="100.00")
    reminder = make.reminded("reminder", 1, "2023-05-24 09:00")
    await handle(session, forecast, asked, reminder)
    assert await session.scalar(select(func.count()).select_from(WatchItem)) == 0, "no item yet"
    await handle(session, forecast, reminder)
    assert await session.scalar(select(func.count()).select_from(Precursor)) == 3, "kept once"
    miss = make.missed()
    await handle(session, miss, miss)
    told = await history(session)
    assert [what for _, what, _ in told][:3] == ["foretold", "funding_requested", "reminded"]
    assert told[0][0] == "05-16"
    assert told[0][2] == {
        "workdays": 7, "due_on": "2023-05-25", "lacking": "100", "projected": "40",
        "promised_on": "2023-05-24", "reasons": ["funding_open"],
    }  # fmt: skip
    assert sum(what == "foretold" for _, what, _ in told) == 1


async def test_an_answer_stands_on_the_open_item_and_moves_no_rung(session: Session) -> None:
    await handle(session, make.missed())
    (item,) = (await session.scalars(select(WatchItem))).all()
    before = (item.level, item.step, item.due_at)
    answered = make.noted("funding_answered", "2023-05-29 10:00", promised_on="2023-06-20")
    await handle(session, answered, answered)
    assert (item.level, item.step, item.due_at) == before
    told = [(what, details) for _, what, details in await history(session)]
    assert told.count(("funding_answered", {"promised_on": "2023-06-20"})) == 1


async def test_who_told_of_a_miss_before_it_was_found_stands_on_its_item(session: Session) -> None:
    first = make.bank_notice("2023-05", "2023-05-25 16:00")
    report = make.contractor_report("2023-05", "2023-05-25 17:00")
    await handle(session, first, first, report, make.missed(), report)
    told = [what for _, what, _ in await history(session)]
    assert told[:3] == ["bank_notice", "contractor_report", "opened"]
    assert told.count("contractor_report") == 1


async def test_people_are_told_once_that_a_contractor_did_not_report(
    session: Session, published: Published
) -> None:
    """On the level on which the item stands by then; what was asked for is told to nobody."""
    overdue = make.noted("report_overdue", "2023-05-31 00:00", missed_on="2023-05-26", workdays=3)
    asked = make.noted("funding_requested", "2023-05-30 10:00", amount="100.00")
    await handle(session, make.missed(), asked, overdue, overdue)
    (item,) = (await session.scalars(select(WatchItem))).all()
    assert (item.level, item.step) == ("yellow", "yellow"), "D+3 working days was 30 May"
    (told,) = [
        event
        for event in await published(session, WatchItemStepReached)
        if event.step == "report_overdue"
    ]
    assert (told.watch_item_id, told.level) == (item.id, "yellow")
    assert told.occurred_at == overdue.occurred_at
    whats = [what for _, what, _ in await history(session)]
    assert whats.count("report_overdue") == 1


async def test_of_an_item_that_is_closed_nobody_is_told(
    session: Session, published: Published
) -> None:
    overdue = make.noted("report_overdue", "2023-05-31 00:00", missed_on="2023-05-26", workdays=3)
    received = make.received("2023-05", "0.00", "2023-05-27 10:00")
    await handle(session, make.missed(), received, overdue)
    assert "report_overdue" not in {
        event.step for event in await published(session, WatchItemStepReached)
    }
