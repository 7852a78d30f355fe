"""The clock door on a database where everything commits; each job run twice."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update

from services.payroll import jobs
from services.payroll.models import BankFeed, BankLine, Obligation, Source
from services.payroll.rules.feeds import FeedStatus
from services.payroll.rules.obligations import ObligationStatus
from services.payroll.service import service
from shared import clock, migrations, telemetry, timers
from shared.db import Sessions
from shared.events.payroll import BankFeedCompleted, BankFeedLate, TransferMissed, TransferReceived
from shared.jobs import run_due
from tests.fixtures.database import heard
from tests.fixtures.service import Published, Time, Token
from tests.payroll import factories
from tests.payroll.factories import line, statement

FIRST = date(2023, 1, 10)


@pytest.fixture
async def project_id(sessions: Sessions, time: Time) -> UUID:
    """Give a project with a contract, a source and an account, at noon of 10 January."""
    time.move_to(clock.at(FIRST, 12))
    async with sessions.begin() as session:
        await factories.tree(session)
        found = await factories.contract(session)
        await factories.source(session)
        await factories.account(session, found)
    return found


async def _feeds(sessions: Sessions, first: date, last: date) -> None:
    async with sessions.begin() as session:
        await factories.feeds(session, first, last)


async def _statuses(sessions: Sessions, project_id: UUID) -> list[str]:
    async with sessions.begin() as session:
        return [status for _, status, _ in await factories.stands(session, project_id)]


async def test_the_database_stands_as_the_models_say(database: str) -> None:
    assert await migrations.check(service, database) == []


async def test_every_day_is_expected_once_and_missed_nights_are_caught_up(
    sessions: Sessions, project_id: UUID, time: Time
) -> None:
    await run_due(sessions, service.jobs)
    time.move_to(clock.at(date(2023, 1, 14)))
    for _ in range(2):
        await run_due(sessions, service.jobs)
        await jobs.expect_bank_feeds(sessions, date(2023, 1, 14))
    async with sessions.begin() as session:
        days = (await session.scalars(select(BankFeed.day).order_by(BankFeed.day))).all()
        source = (await session.scalars(select(Source))).one()
    assert [day.day for day in days] == [10, 11, 12, 13, 14]
    assert source.expected_until == date(2023, 1, 14)


async def test_a_feed_is_late_at_its_hour_and_not_before(
    sessions: Sessions, project_id: UUID, time: Time, published: Published
) -> None:
    due = clock.at(date(2023, 1, 11), 10)
    time.move_to(clock.at(date(2023, 1, 11), 9, 59))
    assert await timers.run_due(sessions, service.timers) == 0
    time.move_to(clock.at(date(2023, 1, 11), 15))
    for _ in range(2):
        await timers.run_due(sessions, service.timers)
    (told,) = await published(None, BankFeedLate)
    assert told.occurred_at == due
    async with sessions.begin() as session:
        feed = (await session.scalars(select(BankFeed))).one()
    assert (feed.status, feed.late_at) == (FeedStatus.LATE, due)


async def test_a_missed_transfer_is_found_once(
    sessions: Sessions, project_id: UUID, time: Time, published: Published
) -> None:
    await _feeds(sessions, FIRST, date(2023, 1, 20))
    time.move_to(clock.at(date(2023, 1, 20), 23, 59))
    assert await jobs.find_missed_transfers(sessions) == 0
    time.move_to(clock.at(date(2023, 1, 21)))
    assert await jobs.find_missed_transfers(sessions) == 1
    assert await jobs.find_missed_transfers(sessions) == 0
    (told,) = await published(None, TransferMissed)
    assert (told.period, told.occurred_at) == ("2023-01", clock.at(date(2023, 1, 21)))


async def test_a_late_bank_is_no_debtor(
    sessions: Sessions, project_id: UUID, time: Time, published: Published
) -> None:
    """The day comes, the bank does not: it is told late, and only its feed tells the miss."""
    await _feeds(sessions, FIRST, date(2023, 1, 19))
    time.move_to(clock.at(date(2023, 1, 20)))
    await jobs.expect_bank_feeds(sessions, date(2023, 1, 20))
    time.move_to(clock.at(date(2023, 1, 30), 10))
    await timers.run_due(sessions, service.timers)
    await jobs.find_missed_transfers(sessions)
    assert (await _statuses(sessions, project_id))[0] == "due"
    told = await published(None, BankFeedLate, TransferMissed)
    assert [type(each) for each in told] == [BankFeedLate]
    await _feeds(sessions, date(2023, 1, 20), date(2023, 1, 20))
    await jobs.find_missed_transfers(sessions)
    told = await published(None, BankFeedLate, BankFeedCompleted, TransferMissed)
    assert [type(each) for each in told[-2:]] == [BankFeedCompleted, TransferMissed]


async def test_many_misses_are_written_in_as_many_statements_as_two(
    sessions: Sessions, time: Time
) -> None:
    """Nothing makes the session write what changed row by row, before all of it is known."""
    time.move_to(clock.at(FIRST, 12))
    async with sessions.begin() as session:
        await factories.tree(session)
        for _ in range(2):
            await factories.contract(session)
    time.move_to(clock.at(date(2023, 1, 21)))
    with heard(sessions) as said:
        assert await jobs.find_missed_transfers(sessions) == 2
    assert [values for words, values in said if words.startswith("UPDATE")] == []
    assert sum("UPDATE obligations" in words for words, _ in said) == 1


async def test_replicas_at_once_tell_each_miss_once(
    sessions: Sessions, time: Time, published: Published
) -> None:
    time.move_to(clock.at(FIRST, 12))
    async with sessions.begin() as session:
        await factories.tree(session)
        for _ in range(10):
            await factories.contract(session)
    time.move_to(clock.at(date(2023, 5, 1)))
    while sum(await asyncio.gather(*(jobs.find_missed_transfers(sessions) for _ in range(4)))):
        pass
    told = await published(None, TransferMissed)
    assert len(told) == len({each.obligation_id for each in told}) == 40


async def test_a_feed_and_the_poll_at_once_agree(
    sessions: Sessions, project_id: UUID, time: Time, published: Published
) -> None:
    """Money of the due day comes while the poll looks: it is either in time or not yet known."""
    await _feeds(sessions, FIRST, date(2023, 1, 19))
    time.move_to(clock.at(date(2023, 1, 21), 3))
    paid = line("A", "2023-01-20T09:00:00", 100, 100)

    async def send() -> None:
        async with sessions.begin() as session:
            await factories.feed(session, date(2023, 1, 20), statement(0, paid))

    async def look() -> None:
        for _ in range(20):
            await jobs.find_missed_transfers(sessions)
            await asyncio.sleep(0)

    await asyncio.gather(send(), look(), look())
    await jobs.find_missed_transfers(sessions)
    assert (await _statuses(sessions, project_id))[0] == "full"
    assert await published(None, TransferMissed) == []


async def test_one_batch_sent_by_many_at_once_counts_once(
    sessions: Sessions,
    project_id: UUID,
    client: AsyncClient,
    token: Token,
    published: Published,
) -> None:
    paid = line("A", "2023-01-10T09:00:00", 100, 100)
    body = factories.batch(FIRST, statement(0, paid))
    headers = token("bank", areas=[factories.COUNTY], org=factories.BANK)
    answers = await asyncio.gather(
        *(client.post("/payroll/v1/bank-feeds", json=body, headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    async with sessions.begin() as session:
        count = (await session.execute(select(func.count()).select_from(BankLine))).scalar_one()
    assert count == 1
    assert len(await published(None, TransferReceived)) == 1


async def test_due_days_are_worked_out_again_in_steps(sessions: Sessions, project_id: UUID) -> None:
    async with sessions.begin() as session:
        session.add(factories.replan("0"))
        await session.execute(update(Obligation).values(due_on=date(2023, 2, 1)))
    while await jobs.replan_obligations(sessions):
        pass
    assert await jobs.replan_obligations(sessions) == 0
    async with sessions.begin() as session:
        rows = await factories.owed(session, project_id)
    assert [row.due_on.isoformat() for row in rows][:2] == ["2023-01-20", "2023-02-24"]
    assert {row.status for row in rows} == {ObligationStatus.PLANNED}


async def test_batches_that_come_at_the_very_hour_and_its_timers_never_block_each_other(
    sessions: Sessions, project_id: UUID, time: Time
) -> None:
    """Days of a weekend are all owed on Monday at ten, when the bank sends the last of them."""
    time.move_to(clock.at(date(2023, 1, 16), 10))
    await jobs.expect_bank_feeds(sessions, date(2023, 1, 16))

    async def send(day: int) -> None:
        async with sessions.begin() as session:
            await factories.feed(session, date(2023, 1, day), now=clock.now())

    await asyncio.gather(
        *(timers.run_due(sessions, service.timers) for _ in range(2)),
        *(send(day) for day in (15, 14, 13, 12, 11, 10)),
    )
    while await timers.run_due(sessions, service.timers):
        pass
    async with sessions.begin() as session:
        source = (await session.scalars(select(Source))).one()
        statuses = (await session.scalars(select(BankFeed.status).order_by(BankFeed.day))).all()
    assert source.fed_until == date(2023, 1, 15)
    assert [status.value for status in statuses] == ["complete"] * 6 + ["expected"]


async def test_how_projects_stand_is_shown_by_area_and_unit(sessions: Sessions, time: Time) -> None:
    time.move_to(clock.at(date(2023, 2, 26), 12))
    async with sessions.begin("test") as session:
        await factories.tree(session)
        await factories.contract(session)
    await jobs.measure_standings(sessions)
    labels = {"service": "payroll", "area": factories.COUNTY, "unit": "县交通运输局"}
    shown = {
        standing: telemetry.REGISTRY.get_sample_value(
            "xinqing_supervised_projects", labels | {"standing": standing}
        )
        for standing in ("none", "short", "full")
    }
    assert shown == {"none": 1, "short": 0, "full": 0}
