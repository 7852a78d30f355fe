"""Money that counts, and transfers that are missed: rows and events out."""

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy import select

from services.payroll import actions
from services.payroll.errors import AccountRefused
from services.payroll.models import BankLine, Credit, Obligation
from services.payroll.rules.obligations import ObligationStatus
from shared import clock
from shared.db import Session, new_id
from shared.events.payroll import TransferMissed, TransferReceived
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import line, statement

JAN_20, FEB_24, MAR_24 = date(2023, 1, 20), date(2023, 2, 24), date(2023, 3, 24)


@pytest.fixture
async def project_id(session: Session) -> UUID:
    """Give a project with a contract, a source and an account: 100 is due each month."""
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    return found


async def _left(session: Session) -> dict[str, int]:
    await session.flush()
    rows = await session.scalars(select(BankLine).execution_options(populate_existing=True))
    return {row.serial: int(row.left_amount) for row in rows}


async def _mark(session: Session, day: date) -> int:
    """Look for missed transfers in the morning of a day, until nothing is found."""
    done = 0
    while found := await actions.transfers.mark_missed_transfers(session, clock.at(day, 0, 1)):
        await session.flush()
        done += found
    return done


async def test_money_counts_for_the_oldest_period_and_goes_on(
    session: Session, project_id: UUID
) -> None:
    paid = line("A", "2023-01-12T09:00:00", 250, 250)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    assert await factories.stands(session, project_id) == [
        ("2023-01", "full", 100),
        ("2023-02", "full", 100),
        ("2023-03", "planned", 50),
        ("2023-04", "planned", 0),
    ]
    assert await _left(session) == {"A": 0}


async def test_money_counts_first_for_the_period_that_its_purpose_names(
    session: Session, project_id: UUID
) -> None:
    paid = line("A", "2023-01-12T09:00:00", 150, 150, purpose="2023年3月人工费")
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    assert [amount for *_, amount in await factories.stands(session, project_id)] == [50, 0, 100, 0]


async def test_what_no_period_takes_stays_on_the_line(session: Session, project_id: UUID) -> None:
    paid = line("A", "2023-01-12T09:00:00", 450, 450)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    assert await _left(session) == {"A": 50}


async def test_money_that_goes_out_counts_for_nothing(session: Session, project_id: UUID) -> None:
    paid = line("A", "2023-01-12T09:00:00", -60, 40)
    await factories.feed(session, date(2023, 1, 12), statement(100, paid), final=False)
    assert {amount for *_, amount in await factories.stands(session, project_id)} == {0}
    assert await _left(session) == {"A": 0}


async def test_an_older_line_that_comes_later_takes_its_place(
    session: Session, project_id: UUID
) -> None:
    later = line("B", "2023-01-13T09:00:00", 400, 460)
    await factories.feed(session, date(2023, 1, 13), statement(60, later), final=False)
    first = line("A", "2023-01-12T09:00:00", 60, 60)
    await factories.feed(session, date(2023, 1, 12), statement(0, first), final=False)
    january = (await factories.owed(session, project_id))[0]
    rows = await session.scalars(select(Credit).where(Credit.obligation_id == january.id))
    assert {row.serial: int(row.amount) for row in rows} == {"A": 60, "B": 40}
    assert await _left(session) == {"A": 0, "B": 60}


async def test_early_money_is_told_when_a_period_is_full(
    session: Session, project_id: UUID, published: Published
) -> None:
    paid = line("A", "2023-01-12T09:00:00", 150, 150)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    told = await published(session, TransferReceived)
    assert [(each.period, each.amount, each.lacking, each.bank_serials) for each in told] == [
        ("2023-01", Decimal("100.00"), Decimal("0.00"), ["A"])
    ]
    assert told[0].credited_on == date(2023, 1, 12)


async def test_nothing_is_missed_before_its_day_is_over(session: Session, project_id: UUID) -> None:
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 19))
    assert await _mark(session, JAN_20) == 0
    assert (await factories.stands(session, project_id))[0][1] == "planned"


async def test_nothing_is_missed_before_the_bank_is_fed_through_the_day(
    session: Session, project_id: UUID, published: Published
) -> None:
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 19))
    assert await _mark(session, date(2023, 1, 21)) == 1
    assert (await factories.stands(session, project_id))[0][1] == "due"
    assert await published(session, TransferMissed) == []
    await factories.feed(session, JAN_20)
    assert await _mark(session, date(2023, 1, 21)) == 1
    assert (await factories.stands(session, project_id))[0][1] == "none"


async def test_a_miss_is_told_once_with_what_lacks(
    session: Session, project_id: UUID, published: Published
) -> None:
    paid = line("A", "2023-01-12T09:00:00", 30, 30)
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 11))
    await factories.feed(session, date(2023, 1, 12), statement(0, paid))
    await factories.feeds(session, date(2023, 1, 13), JAN_20)
    await _mark(session, date(2023, 1, 21))
    assert await _mark(session, date(2023, 1, 22)) == 0
    (told,) = await published(session, TransferMissed)
    row = (await factories.owed(session, project_id))[0]
    assert (row.status, row.missed_on) == ("short", date(2023, 1, 21))
    assert told.occurred_at == clock.at(date(2023, 1, 21), 0, 1)
    assert (told.obligation_id, told.account_id) == (row.id, row.account_id)
    assert (told.period, told.previous_period, told.due_on) == ("2023-01", None, JAN_20)
    assert (told.due_amount, told.lacking) == (Decimal("100.00"), Decimal("70.00"))
    assert told.project.developer_id == factories.DEVELOPER


async def test_money_of_the_due_day_is_in_time_and_of_the_next_is_not(session: Session) -> None:
    await factories.tree(session)
    projects = [await factories.contract(session) for _ in range(2)]
    await factories.source(session)
    for n, project_id in enumerate(projects):
        await factories.account(session, project_id, account_no=f"1000{n}")
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 19))
    last = line("A", "2023-01-20T23:59:59", 100, 100)
    first = line("A", "2023-01-21T00:00:00", 100, 100)
    await factories.feed(session, JAN_20, statement(0, last, account_no="10000"))
    await factories.feed(session, date(2023, 1, 21), statement(0, first, account_no="10001"))
    await _mark(session, date(2023, 1, 22))
    rows = [(await factories.owed(session, each))[0] for each in projects]
    assert [(row.status.value, row.missed_on) for row in rows] == [
        ("full", None),
        ("full", date(2023, 1, 22)),
    ]


async def test_without_an_account_no_feed_is_waited_for(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    project_id = await factories.contract(session)
    await _mark(session, date(2023, 1, 21))
    (told,) = await published(session, TransferMissed)
    assert (told.project_id, told.account_id, told.lacking) == (project_id, None, 100)


async def test_a_late_feed_tells_the_miss_and_the_money_that_came_too_late(
    session: Session, project_id: UUID, published: Published
) -> None:
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 18))
    paid = line("A", "2023-01-21T09:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 21), statement(0, paid))
    await factories.feed(session, JAN_20)
    await _mark(session, date(2023, 1, 22))
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "due", 100)
    assert await published(session, TransferMissed) == []
    await factories.feed(session, date(2023, 1, 19))
    await _mark(session, date(2023, 1, 26))
    told = await published(session, TransferMissed, TransferReceived)
    # The credit was told when it came; then the miss, and that it is settled already.
    assert [type(each) for each in told] == [TransferReceived, TransferMissed, TransferReceived]
    assert (told[1].lacking, told[2].lacking, told[2].credited_on) == (
        100,
        0,
        date(2023, 1, 21),
    )
    row = (await factories.owed(session, project_id))[0]
    assert (row.status, row.missed_on) == ("full", date(2023, 1, 26))


async def test_a_late_feed_that_shows_money_in_time_proves_that_nothing_is_missed(
    session: Session, project_id: UUID, published: Published
) -> None:
    """Money of a later day was counted for January, until older money took its place."""
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 18))
    later = line("B", "2023-01-21T09:00:00", 100, 200)
    await factories.feed(session, JAN_20)
    await factories.feed(session, date(2023, 1, 21), statement(100, later))
    await _mark(session, date(2023, 1, 22))
    first = line("A", "2023-01-19T09:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 19), statement(0, first))
    assert await _mark(session, date(2023, 1, 26)) == 0
    assert await published(session, TransferMissed) == []
    assert (await factories.stands(session, project_id))[:2] == [
        ("2023-01", "full", 100),
        ("2023-02", "full", 100),
    ]


async def test_every_credit_after_the_miss_is_told_until_it_is_settled(
    session: Session, project_id: UUID, published: Published
) -> None:
    await factories.feeds(session, date(2023, 1, 10), JAN_20)
    await _mark(session, date(2023, 1, 21))
    half = line("A", "2023-01-21T09:00:00", 40, 40)
    rest = line("B", "2023-01-22T09:00:00", 60, 100)
    await factories.feed(session, date(2023, 1, 21), statement(0, half))
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "short", 40)
    await factories.feed(session, date(2023, 1, 22), statement(40, rest))
    assert (await factories.stands(session, project_id))[0] == ("2023-01", "full", 100)
    told = await published(session, TransferReceived)
    assert [(each.amount, each.lacking, each.bank_serials) for each in told] == [
        (40, 60, ["A"]),
        (60, 0, ["B"]),
    ]
    assert [each.settled_on for each in told] == [None, date(2023, 1, 22)]
    # A later payment does not erase the miss.
    assert (await factories.owed(session, project_id))[0].missed_on == date(2023, 1, 21)


async def test_it_is_settled_on_the_day_of_the_last_line_whichever_feed_came_last(
    session: Session, project_id: UUID, published: Published
) -> None:
    await factories.feeds(session, date(2023, 1, 10), date(2023, 1, 20))
    rest = line("B", "2023-01-23T09:00:00", 60, 100)
    await factories.feed(session, date(2023, 1, 23), statement(40, rest))
    half = line("A", "2023-01-21T09:00:00", 40, 40)
    await factories.feed(session, date(2023, 1, 21), statement(0, half))
    [*_, last] = await published(session, TransferReceived)
    assert (last.lacking, last.bank_serials) == (0, ["A"])
    assert (last.credited_on, last.settled_on) == (date(2023, 1, 21), date(2023, 1, 23))


async def test_misses_of_a_project_are_told_oldest_first_and_name_the_one_before(
    session: Session, project_id: UUID, published: Published
) -> None:
    await factories.feeds(session, date(2023, 1, 10), MAR_24)
    await _mark(session, date(2023, 3, 25))
    told = await published(session, TransferMissed)
    assert [(each.period, each.previous_period) for each in told] == [
        ("2023-01", None),
        ("2023-02", "2023-01"),
        ("2023-03", "2023-02"),
    ]


async def test_a_poll_takes_no_more_than_its_limit(session: Session, project_id: UUID) -> None:
    await factories.feeds(session, date(2023, 1, 10), MAR_24)
    now = clock.at(date(2023, 3, 25))
    found = [await actions.transfers.mark_missed_transfers(session, now, limit=2) for _ in range(4)]
    assert found == [2, 1, 0, 0]


async def test_nothing_falls_due_while_due_days_are_worked_out(
    session: Session, project_id: UUID
) -> None:
    note = factories.replan(factories.COUNTY)
    session.add(note)
    await session.flush()
    now = clock.at(date(2023, 1, 21))
    assert await actions.transfers.mark_missed_transfers(session, now) == 0
    while await actions.obligations.replan_obligations(session):
        await session.flush()
    assert await actions.transfers.mark_missed_transfers(session, now) == 1


async def test_two_contracts_of_a_project_share_its_account_by_age(
    session: Session, project_id: UUID
) -> None:
    card = factories.card(project_id)
    await factories.contract(session, card, transfer_day=10, labour_cost=Decimal(30))
    paid = line("A", "2023-01-12T09:00:00", 140, 140)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    rows = await factories.owed(session, project_id)
    got = {(row.period, int(row.due_amount)): int(row.credited_amount) for row in rows}
    assert got["2023-01", 30] == 30
    assert got["2023-01", 100] == 100
    assert got["2023-02", 30] == 10
    assert got["2023-02", 100] == 0


async def test_a_source_of_another_area_takes_no_account(session: Session) -> None:
    await factories.tree(session)
    await factories.source(session, code="S9", area_code=factories.NEIGHBOUR)
    found = await factories.contract(session)
    with pytest.raises(AccountRefused) as refused:
        await factories.account(session, found, source="S9")
    assert [finding.code for finding in refused.value.errors] == ["source_unknown"]
    await factories.source(session, code="S8", area_code="4228")
    assert await factories.account(session, found, source="S8")


async def test_a_serial_of_another_account_is_another_line(session: Session) -> None:
    await factories.tree(session)
    await factories.source(session)
    for n in range(2):
        found = await factories.contract(session)
        await factories.account(session, found, account_no=f"1000{n}")
    paid = line("A", "2023-01-12T09:00:00", 50, 50)
    both = [statement(0, paid, account_no=f"1000{n}") for n in range(2)]
    await factories.feed(session, date(2023, 1, 12), *both, final=False)
    rows = (await session.scalars(select(BankLine))).all()
    assert [row.serial for row in rows] == ["A", "A"]


async def test_a_batch_without_known_accounts_credits_nothing(session: Session) -> None:
    await factories.tree(session)
    await factories.source(session)
    paid = line("A", "2023-01-12T09:00:00", 50, 50)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid))
    assert (await session.scalars(select(Credit))).all() == []
    row = (await session.scalars(select(BankLine))).one()
    assert (row.account_id, row.account_no, int(row.left_amount)) == (
        None,
        factories.ACCOUNT_NO,
        50,
    )


async def test_money_of_an_account_counts_once_the_account_is_registered(
    session: Session, published: Published
) -> None:
    await factories.tree(session)
    project_id = await factories.contract(session)
    await factories.source(session)
    paid = [
        line("A", "2023-01-12T09:00:00", 150, 150),
        line("B", "2023-01-12T10:00:00", -20, 130),
    ]
    await factories.feed(session, date(2023, 1, 12), statement(0, *paid))
    account = await factories.account(session, project_id)
    assert (await factories.stands(session, project_id))[:2] == [
        ("2023-01", "full", 100),
        ("2023-02", "planned", 50),
    ]
    rows = (await session.scalars(select(BankLine).order_by(BankLine.serial))).all()
    assert [(row.account_id, row.account_no, int(row.left_amount)) for row in rows] == [
        (account.id, None, 0),
        (account.id, None, 0),
    ]
    assert {row.source_id for row in await factories.owed(session, project_id)} == {
        account.source_id
    }
    assert len(await published(session, TransferReceived)) == 1


async def test_what_is_judged_keeps_that_there_was_no_account(session: Session) -> None:
    await factories.tree(session)
    project_id = await factories.contract(session)
    await _mark(session, date(2023, 1, 21))
    await factories.source(session)
    await factories.account(session, project_id)
    rows = await factories.owed(session, project_id)
    assert rows[0].account_id is None
    assert all(row.account_id for row in rows[1:])


def test_a_miss_is_news_only_once_and_only_when_it_may_be_told() -> None:
    row = Obligation(
        id=new_id(),
        source_id=new_id(),
        due_on=JAN_20,
        due_amount=Decimal(100),
        credited_amount=Decimal(0),
        on_time_amount=Decimal(0),
        status=ObligationStatus.DUE,
    )
    assert not row.miss(JAN_20, JAN_20)
    assert not row.miss(date(2023, 1, 21), None)
    assert not row.miss(date(2023, 1, 21), date(2023, 1, 19))
    assert row.miss(date(2023, 1, 21), JAN_20)
    assert not row.miss(date(2023, 1, 21), JAN_20)
