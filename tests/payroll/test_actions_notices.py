"""A bank's notice of a missed transfer, a contractor's report, and what came first."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.payroll import actions, queries
from services.payroll.errors import NoticeRefused
from services.payroll.models import MissNotice
from services.payroll.rules.notices import CameFirst, ReportStanding, overdue_before
from services.payroll.rules.policies import PolicyKind
from services.payroll.schemas.notices import BankNoticeIn, ContractorReportIn
from services.payroll.schemas.obligations import ObligationFilter
from services.payroll.schemas.policies import PolicyIn
from shared import clock
from shared.auth import Caller
from shared.db import Session
from shared.events.payroll import BankNoticeReceived, ContractorReportReceived, TransferNoted
from shared.problems import NotFound
from shared.workdays import national_calendar
from tests.fixtures.service import Published
from tests.payroll import factories
from tests.payroll.factories import (
    ACCOUNT_NO,
    CONTRACTOR,
    COUNTY,
    EVERYWHERE,
    OTHER_BANK,
    line,
    person,
    statement,
)

FIRST, DUE = date(2023, 1, 10), date(2023, 1, 20)
CALENDAR = national_calendar(range(2022, 2028))
GENERAL = Caller("lao", frozenset({"contractor"}), frozenset({COUNTY}), CONTRACTOR)


@pytest.fixture
async def project_id(session: Session) -> UUID:
    """Give a project with a contract, a source and an account: 100 is due each month."""
    await factories.tree(session)
    found = await factories.contract(session)
    await factories.source(session)
    await factories.account(session, found)
    return found


async def notice(
    session: Session, on: date, caller: Caller | None = None, **changes: Any
) -> list[MissNotice]:
    body = BankNoticeIn(
        **({"account_no": ACCOUNT_NO, "period": "2023-01", "told_on": on, "told_to": "某建设公司"}
           | changes)
    )  # fmt: skip
    told = await actions.notices.receive_bank_notice(
        session, caller or factories.sender(), body, clock.at(on, 10)
    )
    await session.flush()
    return list(told)


async def missed(session: Session) -> None:
    await factories.feeds(session, FIRST, DUE)
    await actions.transfers.mark_missed_transfers(session, clock.at(date(2023, 1, 21), 0, 1))
    await session.flush()


async def test_a_notice_before_the_miss_is_found_came_first(
    session: Session, project_id: UUID, published: Published
) -> None:
    [told] = await notice(session, date(2023, 1, 20))
    assert told.came_first is CameFirst.NOTICE
    await missed(session)
    [again] = await notice(session, date(2023, 1, 22))
    assert again.id == told.id
    [row, *_] = await factories.owed(session, project_id)
    assert (row.told_first, row.bank_notice_at) == (CameFirst.NOTICE, told.received_at)
    [event] = await published(session, BankNoticeReceived)
    assert (event.obligation_id, event.came_first) == (row.id, "notice")


async def test_a_notice_after_the_miss_was_found_came_second(
    session: Session, project_id: UUID, published: Published
) -> None:
    await missed(session)
    [told] = await notice(session, date(2023, 1, 22))
    assert told.came_first is CameFirst.DETECTION
    [row, *_] = await factories.owed(session, project_id)
    report = await actions.notices.receive_contractor_report(
        session, GENERAL, row.id, ContractorReportIn(told_on=date(2023, 1, 22)),
        clock.at(date(2023, 1, 23), 9),
    )  # fmt: skip
    assert report.came_first is CameFirst.DETECTION
    assert row.contractor_report_at == report.received_at
    assert len(await published(session, ContractorReportReceived)) == 1


async def test_a_bank_tells_of_its_own_accounts_only(session: Session, project_id: UUID) -> None:
    with pytest.raises(NotFound):
        await notice(session, DUE, factories.sender(OTHER_BANK))


async def test_a_notice_that_fits_nothing_is_refused(session: Session, project_id: UUID) -> None:
    paid = line("A", "2023-01-12T10:00:00", 100, 100)
    await factories.feed(session, date(2023, 1, 12), statement(0, paid), final=False)
    for changes, codes in (
        ({}, ["paid_already"]),
        ({"period": "2023-02"}, ["not_due_yet"]),
        ({"period": "2024-02", "told_on": date(2023, 2, 1)}, ["nothing_owed", "day_in_future"]),
    ):
        with pytest.raises(NoticeRefused) as refused:
            await notice(session, DUE, **changes)
        assert [one.code for one in refused.value.errors] == codes


# ---- the contractor's own report -------------------------------------------------------------


async def asked(session: Session, day: date) -> int:
    """Let a day begin as the nightly job does, which is only begun where anything is awaited."""
    awaited = await session.scalar(select(queries.reports.REPORT_WAITS))
    found = await actions.reports.find_overdue_reports(session, day, clock.at(day), 500)
    assert awaited or not found
    await session.flush()
    return found


async def reports(session: Session, standing: ReportStanding) -> list[str]:
    page = await queries.obligations.obligations(
        session, EVERYWHERE, ObligationFilter(report=standing),
        cursor=None, changed_after=None, limit=50,
    )  # fmt: skip
    return [row.period for row in page.items]


async def test_a_contractor_that_does_not_report_in_three_working_days_is_told_of_once(
    session: Session, project_id: UUID, published: Published
) -> None:
    await missed(session)
    assert await reports(session, ReportStanding.AWAITED) == ["2023-01"]
    # Found in the holidays: 28 and 29 January are make-up days, so the 30th is the third.
    for day in (date(2023, 1, 22), date(2023, 1, 30)):
        assert await asked(session, day) == 0
    assert [await asked(session, date(2023, 1, 31)) for _ in range(2)] == [1, 0]
    assert await reports(session, ReportStanding.AWAITED) == []
    assert await reports(session, ReportStanding.OVERDUE) == ["2023-01"]
    [row, *_] = await factories.owed(session, project_id)
    assert row.report_overdue_on == date(2023, 1, 31)
    [told] = await published(session, TransferNoted)
    assert (told.what, told.obligation_id, told.occurred_at) == (
        "report_overdue", row.id, clock.at(date(2023, 1, 31)),
    )  # fmt: skip
    assert told.details == {"missed_on": "2023-01-21", "workdays": 3}
    late = ContractorReportIn(told_on=date(2023, 2, 1))
    await actions.notices.receive_contractor_report(
        session, GENERAL, row.id, late, clock.at(date(2023, 2, 1), 9)
    )
    await session.flush()
    # That it came late stays to be seen.
    assert await reports(session, ReportStanding.OVERDUE) == []
    assert await reports(session, ReportStanding.GIVEN) == ["2023-01"]
    assert row.report_overdue_on == date(2023, 1, 31)


async def test_who_reported_or_whose_money_came_is_not_asked_for_a_report(
    session: Session, project_id: UUID, published: Published
) -> None:
    other = await factories.contract(session)
    await factories.account(session, other, account_no=f"{ACCOUNT_NO[:-1]}2")
    await missed(session)
    [paid, *_] = await factories.owed(session, other)
    [told, *_] = await factories.owed(session, project_id)
    await actions.notices.receive_contractor_report(
        session, GENERAL, told.id, ContractorReportIn(told_on=DUE), clock.at(date(2023, 1, 21), 9)
    )
    money = line("A", "2023-01-28T09:00:00", 100, 100)
    await factories.feeds(session, date(2023, 1, 21), date(2023, 1, 27))
    await factories.feed(
        session, date(2023, 1, 28), statement(0, money, account_no=f"{ACCOUNT_NO[:-1]}2")
    )
    assert paid.lacking == 0
    assert await asked(session, date(2023, 2, 10)) == 0
    assert await published(session, TransferNoted) == []


async def test_how_many_days_a_report_has_is_the_area_s_row(
    session: Session, project_id: UUID
) -> None:
    await missed(session)
    body = PolicyIn(
        area_code=COUNTY, kind=PolicyKind.CONTRACTOR_REPORT, version=1,
        valid_from=date(2023, 1, 1), values={"workdays": 1}, basis="县治欠办通知", certainty="B",
    )  # fmt: skip
    await actions.policies.add_policy(session, person(), body, clock.at(date(2023, 1, 21)))
    assert await asked(session, date(2023, 1, 28)) == 0
    assert await asked(session, date(2023, 1, 29)) == 1


@given(st.dates(date(2022, 12, 1), date(2026, 12, 1)), st.integers(1, 20), st.integers(0, 60))
def test_a_report_is_overdue_when_its_last_working_day_is_over(
    found: date, workdays: int, later: int
) -> None:
    calendar = CALENDAR
    today = found + timedelta(days=later)
    over = found < overdue_before(today, workdays, calendar)
    # Counted day by day: the working days after the finding that are over when today begins.
    days = [found + timedelta(days=n) for n in range(1, later)]
    assert over == (sum(calendar.is_workday(day) for day in days) >= workdays)
